/** Numbers from repeated timings. Timings have long tails: medians and quantiles, never means. */

/**
 * The `q` quantile (0 to 1), interpolated between the two nearest of the sorted values.
 * @throws RangeError without values, or with `q` outside 0 to 1.
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError('A quantile of no values; time at least one repetition.');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`The quantile ${q}; it must be from 0 to 1.`);
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
export const p95 = (values: readonly number[]): number => quantile(values, 0.95);

/**
 * Median over pairs timed one right after the other of theirs over ours: above 1, ours is faster. A machine that
 * slows down slows both of a pair, so the ratio holds where absolute times drift.
 * @throws RangeError when the lists differ in length.
 */
export function pairRatio(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) {
    throw new RangeError(
      `${ours.length} timings of ours and ${theirs.length} of theirs; pairs need as many of each.`,
    );
  }
  return median(ours.map((time, index) => (theirs[index] as number) / time));
}
