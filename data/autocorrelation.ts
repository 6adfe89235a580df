/** How a channel resembles itself some time later: rhythms, which a spectrum of few bands does not show. */
import { lagProducts } from './preprocess/fft.ts';
import { zScored } from './preprocess/z-score.ts';

/** Lags of one channel. */
export const LAG_COUNT = 50;
const [SHORTEST_SECONDS, LONGEST_SECONDS] = [0.04, 2.5];
/** Of a window: beyond it too few pairs of samples are left. */
const LONGEST_PART = 0.7;

/** The lags, in samples, of windows of `samples` at `rate` Hz: LAG_COUNT of them, evenly from 0.04 s to 2.5 s or 0.7 of a window. */
export function lagsOf(samples: number, rate: number): number[] {
  const last = Math.max(0, Math.min(LONGEST_SECONDS * rate, LONGEST_PART * samples, samples - 1));
  const first = Math.min(SHORTEST_SECONDS * rate, last);
  return Array.from({ length: LAG_COUNT }, (_, i) =>
    Math.floor(first + ((last - first) * i) / (LAG_COUNT - 1)),
  );
}

/**
 * Autocorrelation of each channel of a window [channels, samples], row-major, at `rate` Hz: [channels, LAG_COUNT], row-major. A
 * channel is z-scored; each value is the mean of the products of the samples a lag apart. A channel that never changes has zeros.
 */
export function autocorrelations(signal: ArrayLike<number>, channels: number, rate: number): Float64Array {
  const samples = signal.length / channels;
  const lags = lagsOf(samples, rate);
  const out = new Float64Array(channels * LAG_COUNT);
  for (let channel = 0; channel < channels; channel++) {
    const values = zScored(signal, channel * samples, samples);
    if (!values) continue;
    const products = lagProducts(values);
    for (const [i, lag] of lags.entries())
      out[channel * LAG_COUNT + i] = (products[lag] as number) / (samples - lag);
  }
  return out;
}
