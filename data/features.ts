/**
 * Handcrafted features of windows: what a learned representation has to beat. All are free of scale and offset, as SPOTR's
 * input is: a channel is z-scored first.
 */
import { welch } from './preprocess/welch.ts';
import { meanOf, moments, zScored } from './preprocess/z-score.ts';

/** Hz. Delta in three parts: beats of a heart lie within it. */
const BANDS: readonly (readonly [name: string, low: number, high: number])[] = [
  ['0.5 to 1 Hz', 0.5, 1],
  ['1 to 2 Hz', 1, 2],
  ['2 to 4 Hz', 2, 4],
  ['theta', 4, 8],
  ['alpha', 8, 13],
  ['beta', 13, 30],
  ['gamma', 30, 45],
];

const OTHERS = [
  'mean of differences',
  'spread of differences',
  'mobility',
  'complexity',
  'skew',
  'kurtosis',
  'zero crossings',
] as const;

/** Of one channel, in the order of the values. */
export const FEATURE_NAMES: readonly string[] = [...BANDS.map(([name]) => `log of ${name}`), ...OTHERS];

/** Seconds of a spectrum's segment at most: a quarter of a Hz is fine enough for bands. */
const SEGMENT_SECONDS = 4;
/** Below every power that a recorder could distinguish from nothing, so that the logarithm exists. */
const FLOOR = 1e-12;

/**
 * Features of a window [channels, samples], row-major, at `rate` Hz: [channels, FEATURE_NAMES], row-major. Band powers are
 * logarithms of parts of the power from 0.5 to 45 Hz, or to what the rate can hold; mobility and complexity are Hjorth's. A
 * channel that never changes has zeros throughout.
 */
export function featuresOf(signal: ArrayLike<number>, channels: number, rate: number): Float64Array {
  const samples = signal.length / channels;
  const features = new Float64Array(channels * FEATURE_NAMES.length);
  for (let channel = 0; channel < channels; channel++) {
    const values = zScored(signal, channel * samples, samples);
    if (values) features.set(ofChannel(values, rate), channel * FEATURE_NAMES.length);
  }
  return features;
}

function ofChannel(values: Float64Array, rate: number): number[] {
  const first = differences(values);
  const second = differences(first);
  const [steps, bends] = [moments(first), moments(second)];
  const sizes = moments(first.map(Math.abs));
  const mobility = steps.deviation;
  const complexity = mobility > 0 ? bends.deviation / mobility / mobility : 0;
  return [
    ...bandPowers(values, rate),
    sizes.mean,
    sizes.deviation,
    mobility,
    complexity,
    meanOf(values, (value) => value ** 3),
    meanOf(values, (value) => value ** 4),
    values.reduce(
      (count, value, i) => count + Number(i > 0 && value >= 0 !== (values[i - 1] as number) >= 0),
      0,
    ) / values.length,
  ];
}

function bandPowers(values: Float64Array, rate: number): number[] {
  const length = Math.min(values.length, Math.round(SEGMENT_SECONDS * rate));
  const step = rate / length;
  const [lowest, highest] = [BANDS[0]?.[1] ?? 0, BANDS.at(-1)?.[2] ?? 0];
  const bins = Array.from({ length: Math.floor(length / 2) }, (_, i) => (i + 1) * step);
  const frequencies = bins.filter(
    (frequency) => frequency >= lowest && frequency < Math.min(highest, rate / 2),
  );
  const { power } = welch(values, rate, length, frequencies);
  const total = power.reduce((sum, each) => sum + each, 0);
  return BANDS.map(([, low, high]) => {
    const own = power.reduce((sum, each, i) => {
      const frequency = frequencies[i] as number;
      return frequency >= low && frequency < high ? sum + each : sum;
    }, 0);
    // A window of a few samples has no frequency between 0 and 45 Hz.
    return Math.log((total === 0 ? 0 : own / total) + FLOOR);
  });
}

function differences(values: Float64Array): Float64Array {
  return Float64Array.from(
    { length: Math.max(0, values.length - 1) },
    (_, i) => (values[i + 1] as number) - (values[i] as number),
  );
}
