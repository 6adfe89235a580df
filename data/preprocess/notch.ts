/**
 * Removal of mains hum without phase shift, in float64: the second-order notch of scipy.signal.iirnotch and the
 * forward-backward filtering of scipy.signal.filtfilt, with its padding and initial states.
 */
import { SignalError } from '../errors.ts';

/** Mains frequency in Hz, or `none` to leave the hum in. */
export type Mains = 50 | 60 | 'none';

const QUALITY = 30;

/** Coefficients of a second-order filter with a[0] = 1. */
export interface Biquad {
  b: readonly [number, number, number];
  a: readonly [1, number, number];
}

/** A notch at `frequency` that is frequency/quality Hz wide at -3 dB (once through). */
export function notch(frequency: number, rate: number, quality = QUALITY): Biquad {
  if (!(frequency > 0 && frequency < rate / 2)) {
    throw new SignalError(
      `A notch at ${frequency} Hz needs a sampling rate above ${2 * frequency} Hz, got ${rate} Hz.`,
    );
  }
  const centre = (2 * Math.PI * frequency) / rate;
  const gain = 1 / (1 + Math.tan(centre / quality / 2));
  const middle = -2 * gain * Math.cos(centre);
  return { b: [gain, middle, gain], a: [1, middle, 2 * gain - 1] };
}

/** Notches for the mains frequency and its harmonics below the Nyquist frequency. */
export function mainsNotches(mains: Mains, rate: number): Biquad[] {
  if (mains === 'none') return [];
  const filters: Biquad[] = [];
  // A notch right at the Nyquist frequency has no upper side; its hum is gone with the resampling anyway.
  for (let frequency = mains; frequency < 0.49 * rate; frequency += mains)
    filters.push(notch(frequency, rate));
  return filters;
}

const PAD = 9;

/** Filters forwards, then backwards: no phase shift, and the gain squared. Short signals are padded by what they have. */
export function filtfilt({ b, a }: Biquad, signal: Float64Array): Float64Array {
  const count = signal.length;
  if (count === 0) return new Float64Array(0);
  const pad = Math.min(PAD, count - 1);
  // Odd reflection about the end points keeps both value and slope continuous.
  const extended = new Float64Array(count + 2 * pad);
  extended.set(signal, pad);
  const [first, last] = [signal[0] as number, signal[count - 1] as number];
  for (let i = 1; i <= pad; i++) {
    extended[pad - i] = 2 * first - (signal[i] as number);
    extended[pad + count - 1 + i] = 2 * last - (signal[count - 1 - i] as number);
  }
  runInPlace(b, a, extended);
  extended.reverse();
  runInPlace(b, a, extended);
  extended.reverse();
  return extended.slice(pad, pad + count);
}

/** Transposed direct form II, started as if the first value had been there for ever. */
function runInPlace(b: Biquad['b'], a: Biquad['a'], signal: Float64Array): void {
  const start = signal[0] as number;
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
