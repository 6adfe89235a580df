/** Metrics over seeds or draws: what they come to, how people read it, and how it comes back from a file. */
import type { Interval } from './bootstrap.ts';
import type { Metrics } from './metrics.ts';

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over seeds. */
export const aurocOf = ({ seeds }: { readonly seeds: readonly Pick<Metrics, 'auroc'>[] }): number =>
  meanOf(seeds.map(({ auroc }) => auroc));

export const showMetric = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(3));

/** `0.812 ± 0.014`: the mean over seeds, and their deviation (over count - 1) where there are several. */
export function withDeviation(values: readonly number[]): string {
  const mean = meanOf(values);
  if (values.length < 2 || Number.isNaN(mean)) return showMetric(mean);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${showMetric(mean)} ± ${Math.sqrt(squares / (values.length - 1)).toFixed(3)}`;
}

export function showInterval({ low, high }: Interval): string {
  return Number.isNaN(low) ? '-' : `${low.toFixed(2)} to ${high.toFixed(2)}`;
}

/** What `JSON.parse` takes beside the text: JSON has no NaN, so null stands where a number is undefined. */
export const numbersBack = (_key: string, value: unknown): unknown => (value === null ? Number.NaN : value);
