/** Spectra of whole windows, in float64. */
import FFT from 'fft.js';

const transforms = new Map<number, FFT>();

function transformOf(size: number): FFT {
  const known = transforms.get(size);
  if (known) return known;
  const made = new FFT(size);
  transforms.set(size, made);
  return made;
}

/** The least power of two that is not below `count`, and at least 4, which the transform needs. */
export const transformSize = (count: number): number => 2 ** Math.max(2, Math.ceil(Math.log2(count)));

/** |X_k|^2 of `values`, filled up with zeros to `size` (a power of two): `size` / 2 + 1 bins, k times rate / size Hz each. */
export function squaredSpectrum(values: Float64Array, size: number): Float64Array {
  const padded = new Array<number>(size).fill(0);
  for (const [i, value] of values.entries()) padded[i] = value;
  const transform = transformOf(size);
  const out = transform.createComplexArray() as number[];
  transform.realTransform(out, padded);
  return Float64Array.from(
    { length: size / 2 + 1 },
    (_, k) => (out[2 * k] as number) ** 2 + (out[2 * k + 1] as number) ** 2,
  );
}

/** Sums over t of x[t] x[t + lag] for the lags 0 to `values.length` - 1, by way of the spectrum. */
export function lagProducts(values: Float64Array): Float64Array {
  const size = transformSize(2 * values.length);
  const half = squaredSpectrum(values, size);
  const spectrum = new Array<number>(2 * size).fill(0);
  for (let k = 0; k < size; k++) spectrum[2 * k] = half[Math.min(k, size - k)] as number;
  const transform = transformOf(size);
  const out = transform.createComplexArray() as number[];
  transform.inverseTransform(out, spectrum);
  return Float64Array.from({ length: values.length }, (_, lag) => out[2 * lag] as number);
}
