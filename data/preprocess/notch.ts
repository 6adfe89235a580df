/**
 * Removal of mains hum without phase shift, in float64: the second-order notch of scipy.signal.iirnotch and the
 * forward-backward filtering of scipy.signal.filtfilt.
 */
import { SignalError } from '../errors.ts';
import { type Biquad, sosfiltfilt } from './biquad.ts';

/** Mains frequency in Hz, or `none` to leave the hum in. */
export type Mains = 50 | 60 | 'none';

const QUALITY = 30;

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

/** Forwards and backwards through one filter, as scipy.signal.filtfilt. */
export function filtfilt(filter: Biquad, signal: Float64Array): Float64Array {
  return sosfiltfilt([filter], signal);
}
