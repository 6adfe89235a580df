/** Whether windows hold what no arithmetic of 32 bits can take. */
export interface TooLarge {
  /** Of the batch, from 0. */
  readonly window: number;
  readonly channel: number;
  /** The largest magnitude, or a value that is not finite. */
  readonly value: number;
}

const LARGEST = 3.4028234663852886e38;

/**
 * The first channel of windows [batch, channels, samples] whose sum of squared deviations, by which it is normalised, is beyond the
 * largest 32-bit number, or that has a value that is not finite. Undefined where every channel can be normalised.
 */
export function tooLarge(
  signal: ArrayLike<number>,
  [batch, channels, samples]: readonly [batch: number, channels: number, samples: number],
): TooLarge | undefined {
  for (let at = 0; at < batch * channels; at++) {
    let [sum, value] = [0, 0];
    for (let i = at * samples; i < (at + 1) * samples; i++) {
      const own = signal[i] as number;
      sum += own;
      if (!(Math.abs(own) <= Math.abs(value))) value = own;
      if (!Number.isFinite(own)) break;
    }
    const mean = sum / samples;
    let squares = 0;
    for (let i = at * samples; i < (at + 1) * samples; i++) squares += ((signal[i] as number) - mean) ** 2;
    if (Number.isFinite(value) && Math.abs(sum) < LARGEST && squares < LARGEST) continue;
    return { window: Math.floor(at / channels), channel: at % channels, value };
  }
  return undefined;
}
