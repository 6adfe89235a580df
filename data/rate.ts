/** Hz: the rate that SPOTR works at. Recordings are resampled to it, synthetic signals are made at it. */
export const MODEL_RATE = 200;

/** Hz, a tenth of the rate of the model. Slower channels hold temperatures, saturations and the like, not waves. */
export const SLOWEST_RATE = 20;

/** Hz: no amplifier of these signals samples faster; a higher rate comes of a wrong unit of time. */
export const FASTEST_RATE = 100_000;

/** Samples of the longest window: as far as the position table of the model reaches. */
export const MAXIMUM_SAMPLES = 12_800;

/** Samples in some seconds at the model's rate; undefined where that is not a whole number. */
export function wholeSamples(seconds: number): number | undefined {
  const samples = Math.round(seconds * MODEL_RATE);
  // 1.1 * 200 is 220.00000000000003.
  return Math.abs(samples - seconds * MODEL_RATE) < 1e-6 ? samples : undefined;
}

/** Samples of a window of so many seconds; undefined where there is no such window. */
export function windowSamples(seconds: number): number | undefined {
  const samples = wholeSamples(seconds);
  return samples !== undefined && samples >= 1 && samples <= MAXIMUM_SAMPLES ? samples : undefined;
}
