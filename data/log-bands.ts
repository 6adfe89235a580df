/**
 * Powers of 24 bands as logarithms: what the throw-away head of pretraining predicts, and a plain baseline that a token has to
 * beat where labels are about the spectrum.
 */
import { squaredSpectrum, transformSize } from './preprocess/fft.ts';
import { zScored } from './preprocess/z-score.ts';

/** Bands of one channel. */
export const LOG_BAND_COUNT = 24;
const [LOWEST, HIGHEST] = [0.5, 80];

/** Hz: each band is from one of these to the next, all of the same ratio. */
export const LOG_BAND_EDGES: readonly number[] = Array.from(
  { length: LOG_BAND_COUNT + 1 },
  (_, i) => LOWEST * (HIGHEST / LOWEST) ** (i / LOG_BAND_COUNT),
);

/** Added to a power, so that the logarithm of nothing exists: far below what a band of a z-scored signal holds. */
const FLOOR = 1e-4;
/** Seconds that a window is filled up to with zeros, so that even the narrowest band has a frequency of its own. */
const LEAST_SECONDS = 5;

/**
 * Of a window [channels, samples], row-major, at `rate` Hz: [channels, LOG_BAND_COUNT], row-major, natural logarithms. Each
 * channel is z-scored and weighted with a Hann window; a band's power is the mean of the periodogram's bins in it, or the bin
 * nearest to its middle where none lies in it. A channel that never changes, and bands above half the rate, have log(1e-4).
 */
export function logBandPowers(signal: ArrayLike<number>, channels: number, rate: number): Float64Array {
  const samples = signal.length / channels;
  const out = new Float64Array(channels * LOG_BAND_COUNT).fill(Math.log(FLOOR));
  const hann = Float64Array.from({ length: samples }, (_, t) =>
    samples === 1 ? 1 : 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / (samples - 1)),
  );
  // Of two samples the window leaves nothing.
  const weight = hann.reduce((sum, value) => sum + value * value, 0) || 1;
  const size = transformSize(Math.max(samples, LEAST_SECONDS * rate));
  const bins = binsOf(size, rate);
  for (let channel = 0; channel < channels; channel++) {
    const values = zScored(signal, channel * samples, samples);
    if (!values) continue;
    const spectrum = squaredSpectrum(
      values.map((value, t) => value * (hann[t] as number)),
      size,
    );
    for (const [band, [first, end]] of bins.entries()) {
      let sum = 0;
      for (let bin = first; bin < end; bin++) sum += spectrum[bin] as number;
      const power = end > first ? sum / (end - first) / weight : 0;
      out[channel * LOG_BAND_COUNT + band] = Math.log(power + FLOOR);
    }
  }
  return out;
}

/** First bin of each band, and the one after its last. */
function binsOf(size: number, rate: number): (readonly [first: number, end: number])[] {
  const last = size / 2;
  return LOG_BAND_EDGES.slice(0, -1).map((low, band) => {
    const high = LOG_BAND_EDGES[band + 1] as number;
    const [first, end] = [Math.ceil((low * size) / rate), Math.ceil((high * size) / rate)];
    if (end > first) return [Math.min(first, last + 1), Math.min(end, last + 1)] as const;
    const nearest = Math.round(((low + high) / 2) * (size / rate));
    return nearest <= last ? ([nearest, nearest + 1] as const) : ([0, 0] as const);
  });
}
