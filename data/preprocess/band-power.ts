/** How a signal's power lies in bands of frequency. */
import type { Modality } from '../recording.ts';
import { welch } from './welch.ts';

/** Frequencies from `low` on and below `high`, in Hz. */
export interface FrequencyBand {
  readonly name?: string;
  readonly low: number;
  readonly high: number;
}

const BRAIN: readonly FrequencyBand[] = [
  { name: 'delta', low: 0.5, high: 4 },
  { name: 'theta', low: 4, high: 8 },
  { name: 'alpha', low: 8, high: 13 },
  { name: 'beta', low: 13, high: 30 },
  { name: 'gamma', low: 30, high: 45 },
];

/** These have no names of their own: beats and slow waves below, the edges of the QRS complex above. */
const HEART: readonly FrequencyBand[] = [
  { low: 0.5, high: 4 },
  { low: 4, high: 8 },
  { low: 8, high: 15 },
  { low: 15, high: 40 },
];

/** What is usually looked at in a kind of signal. */
export const BANDS_OF: Readonly<Record<Modality, readonly FrequencyBand[]>> = {
  ecg: HEART,
  ppg: HEART,
  eeg: BRAIN,
  ieeg: BRAIN,
};

/** Seconds of a spectrum's segment at most: half a Hz tells the lowest band from a drift. */
const SEGMENT_SECONDS = 2;

/**
 * Power in each band, in units of the signal squared, and last what lies outside of all of them, but for the constant: means
 * over segments of at most two seconds that overlap by half, each under a Hann window.
 */
export function bandPowers(
  signal: Float64Array,
  rate: number,
  bands: readonly FrequencyBand[],
): Float64Array {
  const length = Math.min(signal.length, Math.round(SEGMENT_SECONDS * rate));
  const width = rate / length;
  // Below half the rate, where `welch` would count twice.
  const frequencies = Array.from({ length: Math.floor((length - 1) / 2) }, (_, i) => (i + 1) * width);
  const owners = frequencies.map((frequency) => {
    // Half a rounding error must not move a bin that lies on an edge.
    const band = bands.findIndex(({ low, high }) => frequency >= low - 1e-9 && frequency < high - 1e-9);
    return band < 0 ? bands.length : band;
  });
  const powers = new Float64Array(bands.length + 1);
  const step = length - Math.floor(length / 2);
  let segments = 0;
  for (let start = 0; start + length <= signal.length; start += step) {
    const { power } = welch(signal.subarray(start, start + length), rate, length, frequencies);
    for (const [i, owner] of owners.entries())
      powers[owner] = (powers[owner] as number) + (power[i] as number) * width;
    segments++;
  }
  return powers.map((power) => power / segments);
}
