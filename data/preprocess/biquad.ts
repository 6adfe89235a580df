/** Filters of second-order sections, in float64: applying them zero-phase (forward and backward), and how long they ring. */

/** Coefficients of a filter of second order (of first, where b[2] and a[2] are 0) with a[0] = 1. */
export interface Biquad {
  b: readonly [number, number, number];
  a: readonly [1, number, number];
}

/**
 * Filters through all sections forwards, then backwards, as scipy.signal.sosfiltfilt: no phase shift, and the gain
 * squared. The ends are padded by scipy's default length; short signals by what they have.
 */
export function sosfiltfilt(sections: readonly Biquad[], signal: Float64Array): Float64Array {
  const count = signal.length;
  if (count === 0 || sections.length === 0) return signal.slice();
  const pad = Math.min(padding(sections), count - 1);
  // Odd reflection about the end points keeps both value and slope continuous.
  const extended = new Float64Array(count + 2 * pad);
  extended.set(signal, pad);
  const [first, last] = [signal[0] as number, signal[count - 1] as number];
  for (let i = 1; i <= pad; i++) {
    extended[pad - i] = 2 * first - (signal[i] as number);
    extended[pad + count - 1 + i] = 2 * last - (signal[count - 1 - i] as number);
  }
  for (let pass = 0; pass < 2; pass++) {
    for (const section of sections) runInPlace(section, extended, extended[0] as number);
    extended.reverse();
  }
  return extended.slice(pad, pad + count);
}

function padding(sections: readonly Biquad[]): number {
  const firstOrder = sections.filter(({ b, a }) => b[2] === 0 && a[2] === 0).length;
  return 3 * (2 * sections.length + 1 - firstOrder);
}

/** Transposed direct form II, started as if `start` had been there for ever. */
function runInPlace({ b, a }: Biquad, signal: Float64Array, start: number): void {
  const steady = (b[0] + b[1] + b[2]) / (1 + a[1] + a[2]);
  let z2 = (b[2] - a[2] * steady) * start;
  let z1 = (b[1] - a[1] * steady) * start + z2;
  for (let i = 0; i < signal.length; i++) {
    const x = signal[i] as number;
    const y = b[0] * x + z1;
    z1 = b[1] * x - a[1] * y + z2;
    z2 = b[2] * x - a[2] * y;
    signal[i] = y;
  }
}

/** Time constants a block: long enough that each block of the impulse response is far below the one before. */
const BLOCK = 3;

/**
 * Samples after which nothing that came before a signal's start (or comes after its end) weighs more than `tolerance`
 * of the largest value that may have been there, when all sections are applied zero-phase.
 *
 * The weight of all that lies more than n samples back is the sum of |h| beyond n, h being the impulse response; the
 * backward pass multiplies it by no more than the sum of all |h|.
 */
export function settling(sections: readonly Biquad[], tolerance: number): number {
  if (sections.length === 0) return 0;
  const radius = Math.max(...sections.map(largestPole));
  const length = Math.ceil(Math.max(16, -BLOCK / Math.log(radius)));
  const state = sections.map(() => [0, 0] as [number, number]);
  const weights: Float64Array[] = [];
  let total = 0;
  for (let block = 0; ; block++) {
    const magnitudes = impulse(sections, state, length, block === 0);
    const sum = magnitudes.reduce((a, b) => a + b, 0);
    weights.push(magnitudes);
    total += sum;
    // The blocks to come fall at least as a geometric series, and are together smaller than this one.
    if (block > 0 && sum * total < 0.1 * tolerance) break;
  }
  let rest = 0;
  for (let block = weights.length - 1; block >= 0; block--) {
    const magnitudes = weights[block] as Float64Array;
    for (let i = length - 1; i >= 0; i--) {
      rest += magnitudes[i] as number;
      // Twice: for what is taken to lie out there, and for what does.
      if (2 * rest * total > 0.9 * tolerance) return block * length + i + 1;
    }
  }
  return 0;
}

/** |h| of the next `length` samples; `state` goes on from call to call. */
function impulse(
  sections: readonly Biquad[],
  state: readonly [number, number][],
  length: number,
  starts: boolean,
): Float64Array {
  const out = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    let x = starts && t === 0 ? 1 : 0;
    sections.forEach(({ b, a }, i) => {
      const z = state[i] as [number, number];
      const y = b[0] * x + z[0];
      z[0] = b[1] * x - a[1] * y + z[1];
      z[1] = b[2] * x - a[2] * y;
      x = y;
    });
    out[t] = Math.abs(x);
  }
  return out;
}

/** Distance of a section's farther pole from 0: the roots of z^2 + a1 z + a2. */
function largestPole({ a: [, a1, a2] }: Biquad): number {
  const discriminant = a1 * a1 - 4 * a2;
  return discriminant < 0 ? Math.sqrt(a2) : (Math.abs(a1) + Math.sqrt(discriminant)) / 2;
}
