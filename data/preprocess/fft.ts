/** Spectra of whole windows, in float64, by the fast Fourier transform of Cooley and Tukey for powers of two. */

/** cos and -sin of 2 pi k / size for the first half of k. */
interface Turns {
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
}

const turns = new Map<number, Turns>();

function turnsOf(size: number): Turns {
  const known = turns.get(size);
  if (known) return known;
  const of = (f: (angle: number) => number) =>
    Float64Array.from({ length: size / 2 }, (_, k) => f((2 * Math.PI * k) / size));
  const made = { cosine: of(Math.cos), sine: of((angle) => -Math.sin(angle)) };
  turns.set(size, made);
  return made;
}

/** Transforms complex values in place; their number is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  const { cosine, sine } = turnsOf(size);
  for (let i = 1, j = 0; i < size; i++) {
    // j is i with its bits in reverse order.
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    swap(real, i, j);
    swap(imaginary, i, j);
  }
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let first = 0; first < size; first += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [even, odd] = [first + k, first + k + half];
        const [c, s] = [cosine[k * stride] as number, sine[k * stride] as number];
        const [a, b] = [real[odd] as number, imaginary[odd] as number];
        const [x, y] = [a * c - b * s, a * s + b * c];
        real[odd] = (real[even] as number) - x;
        imaginary[odd] = (imaginary[even] as number) - y;
        real[even] = (real[even] as number) + x;
        imaginary[even] = (imaginary[even] as number) + y;
      }
    }
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const value = values[i] as number;
  values[i] = values[j] as number;
  values[j] = value;
}

/** The least power of two that is not below `count`. */
export const transformSize = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, count)));

/** |X_k|^2 of `values`, filled up with zeros to `size` (a power of two): `size` / 2 + 1 bins, k times rate / size Hz each. */
export function squaredSpectrum(values: Float64Array, size: number): Float64Array {
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
  real.set(values);
  transform(real, imaginary);
  return Float64Array.from(
    { length: Math.floor(size / 2) + 1 },
    (_, k) => (real[k] as number) ** 2 + (imaginary[k] as number) ** 2,
  );
}

/** Sums over t of x[t] x[t + lag] for the lags 0 to `values.length` - 1, by way of the spectrum. */
export function lagProducts(values: Float64Array): Float64Array {
  const size = transformSize(2 * values.length);
  const half = squaredSpectrum(values, size);
  // Real and even, so that the inverse transform is the transform over its size.
  const real = Float64Array.from({ length: size }, (_, k) => half[Math.min(k, size - k)] as number);
  transform(real, new Float64Array(size));
  return real.subarray(0, values.length).map((sum) => sum / size);
}
