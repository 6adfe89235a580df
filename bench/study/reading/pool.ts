/** One number over seeds of pretraining, with an interval over test subjects and seeds. */
import { aurocOf, type Interval, intervalOf, meanOf } from '../../../evaluate/index.ts';
import type { ProbeRow } from '../outcomes.ts';

export interface Pooled extends Interval {
  /** One a seed. */
  readonly values: readonly number[];
  /** Of all seeds; NaN where one of them has none. */
  readonly mean: number;
}

/** `unknown` where there are too few subjects for an interval. */
export type Verdict = 'above' | 'open' | 'below' | 'unknown';

/**
 * Each seed's probe has resampled the test subjects; all of its resamples count, those of each seed alike. It is as if for each resample of
 * subjects one of the seeds were drawn, so the interval is where a single training lies, not the mean of several: a mean of so few drawn
 * again scatters too little.
 */
export const pooled = (rows: readonly ProbeRow[]): Pooled =>
  ofSeeds(rows.map((row) => ({ value: aurocOf(row), drawn: row.drawn })));

export interface Pair {
  readonly one: ProbeRow;
  readonly other: ProbeRow;
}

/** AUROC of one row less that of another of the same probe, on the same resamples. */
export const pooledDifference = (pairs: readonly Pair[]): Pooled =>
  ofSeeds(
    pairs.map(({ one, other }) => ({
      value: aurocOf(one) - aurocOf(other),
      drawn: one.drawn.map((auroc, i) => auroc - (other.drawn[i] as number)),
    })),
  );

function ofSeeds(seeds: readonly { readonly value: number; readonly drawn: readonly number[] }[]): Pooled {
  const values = seeds.map(({ value }) => value);
  // A seed without resamples would leave the interval to the others.
  const each = seeds.map(({ drawn }) => intervalOf(drawn));
  const isWhole = each.length > 0 && each.every(({ low }) => !Number.isNaN(low));
  return {
    values,
    mean: meanOf(values),
    ...(isWhole ? intervalOf(seeds.flatMap(({ drawn }) => drawn)) : { low: Number.NaN, high: Number.NaN }),
  };
}

export function verdictOf({ mean, low, high }: Pooled): Verdict {
  if (Number.isNaN(mean + low + high)) return 'unknown';
  return low > 0 ? 'above' : high < 0 ? 'below' : 'open';
}
