/** Windows as the model is to give them back, and what is left of them when one waveform is repeated. */

const EPSILON = 1e-6;

/**
 * Windows [windows, channels, samples] free of offset and scale, channel by channel: as the model makes its targets, before these are
 * filled up with zeros. A constant channel becomes zeros.
 */
export function zScored(
  signal: ArrayLike<number>,
  [windows, channels, samples]: readonly [windows: number, channels: number, samples: number],
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(windows * channels * samples);
  for (let at = 0; at < out.length; at += samples) {
    // From the first sample: so the mean of a constant leaves no rounding.
    const first = signal[at] as number;
    let [mean, squares] = [0, 0];
    for (let i = at; i < at + samples; i++) mean += ((signal[i] as number) - first) / samples;
    for (let i = at; i < at + samples; i++) squares += ((signal[i] as number) - first - mean) ** 2;
    const scale = Math.sqrt(squares / (samples - 1)) + EPSILON;
    for (let i = at; i < at + samples; i++) out[i] = ((signal[i] as number) - first - mean) / scale;
  }
  return out;
}

export interface Patches {
  /** Samples of a channel of a window, as they are in the values. */
  readonly samples: number;
  /** Samples after filling up with zeros: whole patches; the same as `samples` where the zeros do not count. */
  readonly length: number;
  /** P, samples of a patch. */
  readonly patch: number;
}

/**
 * Sum of squares of values [..., samples], and the part of it that differs between the patches of a channel of a window: what is left
 * when the best waveform of one patch, their mean, is repeated in each, the one that is filled up with zeros too.
 */
export function betweenPatches(
  values: ArrayLike<number>,
  { samples, length, patch }: Patches,
): { readonly all: number; readonly between: number } {
  const sums = new Float64Array(patch);
  let [all, alike] = [0, 0];
  for (let at = 0; at < values.length; at += samples) {
    sums.fill(0);
    for (let i = 0; i < samples; i++) {
      const value = values[at + i] as number;
      all += value * value;
      sums[i % patch] = (sums[i % patch] as number) + value;
    }
    // The first samples of a patch are in its part at the end too, if there is one.
    for (let i = 0; i < Math.min(patch, length); i++) {
      const sum = sums[i] as number;
      alike += (sum * sum) / Math.ceil((length - i) / patch);
    }
  }
  return { all, between: Math.max(0, all - alike) };
}
