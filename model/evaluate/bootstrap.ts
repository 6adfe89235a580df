/** How far a number depends on who happened to be in the test set. */
import { Random } from '../../engine/index.ts';
import { ModelError } from '../errors.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** Part of the resamples that the interval holds. Default 0.95. */
  readonly level?: number;
}

/**
 * Percentile interval of `statistic` over resamples of whole groups (subjects) with replacement: windows of one person are not
 * independent. `groups` has the group of each row; `statistic` gets the rows of a resample, and may give NaN where
 * they do not tell (one class only), which is left out.
 * @throws ModelError where fewer than half of the resamples tell anything.
 */
export function bootstrapInterval(
  groups: readonly string[],
  statistic: (rows: readonly number[]) => number,
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): Interval {
  const members = new Map<string, number[]>();
  for (const [row, group] of groups.entries()) {
    const own = members.get(group);
    if (own) own.push(row);
    else members.set(group, [row]);
  }
  const names = [...members.keys()].sort();
  const random = new Random(seed, 'bootstrap');
  const told: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const rows = names.flatMap((_, place) => {
      const drawn = Math.floor(random.uniform(i * names.length + place) * names.length);
      return members.get(names[drawn] as string) as number[];
    });
    const value = statistic(rows);
    if (!Number.isNaN(value)) told.push(value);
  }
  if (told.length < resamples / 2) {
    throw new ModelError(
      `Only ${told.length} of ${resamples} resamples of ${names.length} groups tell anything; more subjects of each class are needed for an interval.`,
    );
  }
  told.sort((a, b) => a - b);
  return { low: quantile(told, (1 - level) / 2), high: quantile(told, (1 + level) / 2) };
}

/** Linear between neighbours, as numpy's default. */
function quantile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (place - below) * (high - low);
}
