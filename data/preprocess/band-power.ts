/** How a signal's power lies in bands of frequency. */
import { MODEL_RATE } from '../rate.ts';
import type { Modality } from '../recording.ts';
import { welch } from './welch.ts';
import { meanOf } from './z-score.ts';

/** Frequencies from `low` on and below `high`, in Hz. */
export interface FrequencyBand {
  readonly name?: string;
  readonly low: number;
  readonly high: number;
}

/** What signals at the model's rate can hold. */
const HIGHEST = MODEL_RATE / 2;

const BRAIN: readonly FrequencyBand[] = [
  { low: 0, high: 0.5 },
  { name: 'delta', low: 0.5, high: 4 },
  { name: 'theta', low: 4, high: 8 },
  { name: 'alpha', low: 8, high: 13 },
  { name: 'beta', low: 13, high: 30 },
  { name: 'gamma', low: 30, high: 45 },
  { low: 45, high: HIGHEST },
];

/** These have no names of their own: drifts, beats and slow waves below, the edges of the QRS complex above. */
const HEART: readonly FrequencyBand[] = [
  { low: 0, high: 0.5 },
  { low: 0.5, high: 4 },
  { low: 4, high: 8 },
  { low: 8, high: 15 },
  { low: 15, high: 40 },
  { low: 40, high: HIGHEST },
];

/** What is usually looked at in a kind of signal, and what lies below and above it: together all of the power. */
export const BANDS_OF: Readonly<Record<Modality, readonly FrequencyBand[]>> = {
  ecg: HEART,
  ppg: HEART,
  eeg: BRAIN,
  ieeg: BRAIN,
};

/** Seconds of a spectrum's segment at most: a tenth of a Hz distinguishes a drift from the lowest band that is looked at. */
const SEGMENT_SECONDS = 10;

/**
 * Power in each band, in units of the signal squared: means over segments of at most ten seconds that overlap by half, each under
 * a Hann window. What changes more slowly than a segment, down to the constant, is of frequency 0.
 */
export function bandPowers(
  signal: Float64Array,
  rate: number,
  bands: readonly FrequencyBand[],
): Float64Array {
  const length = Math.min(signal.length, Math.round(SEGMENT_SECONDS * rate));
  const width = rate / length;
  // Below half the rate, where `welch` would count twice.
  const frequencies = Array.from({ length: Math.floor((length + 1) / 2) }, (_, i) => i * width);
  const owners = frequencies.map((frequency) =>
    // Half a rounding error must not move a bin that lies on an edge.
    bands.findIndex(({ low, high }) => frequency >= low - 1e-9 && frequency < high - 1e-9),
  );
  const [slowest = -1] = owners;
  const powers = new Float64Array(bands.length);
  const add = (band: number, power: number) => {
    if (band >= 0) powers[band] = (powers[band] as number) + power;
  };
  const step = length - Math.floor(length / 2);
  let segments = 0;
  for (let start = 0; start + length <= signal.length; start += step) {
    const segment = signal.subarray(start, start + length);
    const { power } = welch(segment, rate, length, frequencies);
    // Frequency 0 is its own negative, and `welch` takes the mean away.
    for (const [i, owner] of owners.entries())
      add(owner, (power[i] as number) * (i === 0 ? width / 2 : width));
    add(slowest, meanOf(segment, (value) => value) ** 2);
    segments++;
  }
  return powers.map((power) => power / segments);
}
