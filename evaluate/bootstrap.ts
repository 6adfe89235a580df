/** How far a number depends on who happened to be in the test set. */
import { Random } from '../engine/index.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** Default 1000. */
  readonly resamples?: number;
}

/** How often each of `count` training seeds is in a resample: as many are drawn, with replacement. */
export type DrawnSeeds = (count: number) => Uint32Array;

/**
 * Statistics over resamples of whole groups (subjects) with replacement: windows of one person are not independent. `groups`
 * has the group of each row; `statistics` gets how often each row is in a resample, and gives one or several numbers, NaN
 * where a resample has no value (one class only). What is trained from several seeds can weight them as `drawnSeeds` says, so
 * that intervals hold both how other people and how other seeds would change a number. Returns the numbers of each
 * resample: those of one seed and one set of groups belong together, so that two classifiers can be compared on the same
 * resamples, and two of as many seeds on the same draws of seeds.
 */
export function bootstrap<Key extends string>(
  groups: readonly string[],
  statistics: (weights: Float64Array, drawnSeeds: DrawnSeeds) => Readonly<Record<Key, number>>,
  { seed, resamples = 1000 }: BootstrapOptions,
): Readonly<Record<Key, number>>[] {
  const names = [...new Set(groups)].sort();
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const places = Uint32Array.from(groups, (group) => placeOf.get(group) as number);
  const random = new Random(seed, 'bootstrap');
  const randoms = new Map<number, Random>();
  const seedsOf = (resample: number, count: number): Uint32Array => {
    const own = randoms.get(count) ?? new Random(seed, `bootstrap of ${count} seeds`);
    randoms.set(count, own);
    const drawn = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const other = Math.floor(own.uniform(resample * count + i) * count);
      drawn[other] = (drawn[other] as number) + 1;
    }
    return drawn;
  };
  const weights = new Float64Array(groups.length);
  return Array.from({ length: resamples }, (_, i) => {
    const drawn = new Uint32Array(names.length);
    for (let place = 0; place < names.length; place++) {
      const other = Math.floor(random.uniform(i * names.length + place) * names.length);
      drawn[other] = (drawn[other] as number) + 1;
    }
    for (const [row, place] of places.entries()) weights[row] = drawn[place] as number;
    return statistics(weights, (count) => seedsOf(i, count));
  });
}

/**
 * Percentile interval of one number over resamples, which holds `level` of them (default 0.95). NaN at both ends where
 * fewer than half of the resamples have a value: there are too few subjects of a class.
 */
export function intervalOf(values: readonly number[], level = 0.95): Interval {
  const defined = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (defined.length < values.length / 2 || defined.length === 0)
    return { low: Number.NaN, high: Number.NaN };
  return { low: quantile(defined, (1 - level) / 2), high: quantile(defined, (1 + level) / 2) };
}

/** Linear between neighbours, as numpy's default. */
function quantile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (place - below) * (high - low);
}
