/** What scores of the test windows are worth. */
import {
  bootstrap,
  countsOf,
  type DrawnSeeds,
  type Epoch,
  type Interval,
  intervalOf,
  METRICS,
  type Metrics,
  meanOf,
  ScoredRows,
  type Targets,
} from '../../evaluate/index.ts';
import { SAY_NOTHING, type Say } from '../progress.ts';
import { type Level, windowLevel } from './levels.ts';
import type { Task } from './task.ts';

/** A difference of AUROC, on the same resamples. */
export interface Difference extends Interval {
  readonly mean: number;
}

/** Means over seeds (or draws), with their intervals over resamples of subjects and seeds. */
export interface TableRow {
  /** What it is, whatever it is called. Absent in files of earlier versions. */
  readonly id?: string;
  readonly name: string;
  /** One a seed or draw; one alone where nothing is random. */
  readonly seeds: readonly Metrics[];
  /** Of the means over seeds, both drawn again. NaN where there are too few subjects to resample. */
  readonly intervals: Readonly<Record<keyof Metrics, Interval>>;
  /**
   * AUROC of each resample, to six digits; NaN where one tells nothing, none where there is a single group. The same resamples in
   * every row of a table: any two rows can be compared, and runs be pooled. Absent in files of earlier versions.
   */
  readonly drawn?: readonly number[];
  /** AUROC of the first row less that of this one, on the same resamples. */
  readonly behind?: Difference;
  /** AUROC of this row less that of another, which it has everything of: what was added is worth. */
  readonly added?: Difference & { readonly to: string };
  /** Mean over seeds; true classes down, predicted ones across. Absent for several labels a window. */
  readonly confusion?: readonly (readonly number[])[];
  /** Of the mean scores over seeds: of two classes that of the positive one. */
  readonly roc: readonly {
    readonly label: string;
    readonly points: readonly (readonly [falsePositives: number, truePositives: number])[];
  }[];
  /** Training of each seed, where it has epochs. */
  readonly histories?: readonly (readonly Epoch[])[];
  /** Of each seed the epoch whose weights were taken. Absent in files of earlier versions: the first of the highest AUROC. */
  readonly taken?: readonly number[];
  /** Of each seed of a probe the epoch at which its loss lies still (`convergedAt`); NaN where it never does. */
  readonly convergedAt?: readonly number[];
}

/** Scores by one way: [test windows, classes] of each seed. */
export interface Scored {
  /** One of its kind in a table. */
  readonly id: string;
  readonly name: string;
  readonly scores: readonly Float64Array[];
  readonly histories?: readonly (readonly Epoch[])[];
  readonly taken?: readonly number[];
  readonly convergedAt?: readonly number[];
  /** The id of a row before it, which it has everything of and more. */
  readonly addsTo?: string;
}

/** Resamples of test subjects: how many there were, and in how many a class of the test part had no window. */
export interface Resampled {
  readonly count: number;
  /** A class lacks there: means are over the others. Of two classes nothing is told. */
  readonly lacking: number;
}

/** Classes beyond which a confusion matrix or ROC curves show nothing any more. */
const MAX_CLASSES = 12;
const MAX_POINTS = 200;

/**
 * Rows of the table in the order given; the first is what the others are compared with. Each resample draws subjects, and of each row
 * as many of its seeds as it has, both with replacement; rows of as many seeds share the draws.
 */
export async function tableRows(
  task: Task,
  scored: readonly Scored[],
  options: ResamplingOptions,
  { targets, groups, scoresOf }: Level = windowLevel(task),
  say: Say = SAY_NOTHING,
): Promise<TableRow[]> {
  const { classes } = targets;
  const positive = task.positive && { positive: task.positive.index };
  const known = new Map<string, Known>();
  const rows: TableRow[] = [];
  for (const [i, { id, name, scores, addsTo, ...curves }] of scored.entries()) {
    await say('intervals', i, scored.length);
    const own = scores.map(scoresOf);
    const each = own.map((values) => new ScoredRows({ values, classes }, targets, positive));
    const seeds = each.map((one) => one.metrics());
    const drawn = resampled(groups, options, (weights, drawnSeeds) =>
      telling(targets, weights) > 0 ? drawnMetrics(each, weights, drawnSeeds) : NOTHING,
    );
    const found: Known = {
      name,
      auroc: meanOf(seeds.map((metrics) => metrics.auroc)),
      drawn: drawn.map((metrics) => metrics.auroc),
    };
    const [first] = known.values();
    const base = addsTo === undefined ? undefined : known.get(addsTo);
    known.set(id, found);
    const mean = new ScoredRows({ values: meanScores(own), classes }, targets, positive);
    const shown = classes <= MAX_CLASSES;
    rows.push({
      id,
      name,
      seeds,
      intervals: Object.fromEntries(
        METRICS.map((key) => [key, intervalOf(drawn.map((metrics) => metrics[key]))]),
      ) as TableRow['intervals'],
      drawn: found.drawn.map((auroc) => Math.round(auroc * 1e6) / 1e6),
      ...(first && { behind: differenceOf(first, found) }),
      ...(base && { added: { to: base.name, ...differenceOf(found, base) } }),
      ...(shown && !targets.many && { confusion: meanMatrix(each.map((one) => one.confusion())) }),
      roc: shown
        ? mean.rocCurves().map(({ index, points }) => ({
            label: task.classes[index] as string,
            points: thinned(
              points.map(({ falsePositives, truePositives }) => [falsePositives, truePositives]),
            ),
          }))
        : [],
      ...curves,
    });
  }
  return rows;
}

/** AUROC of a row, and of each resample. */
interface Known {
  readonly name: string;
  readonly auroc: number;
  readonly drawn: readonly number[];
}

const differenceOf = (one: Known, other: Known): Difference => ({
  mean: one.auroc - other.auroc,
  ...intervalOf(one.drawn.map((auroc, i) => auroc - (other.drawn[i] as number))),
});

/** Means over drawn seeds, of drawn rows. */
function drawnMetrics(scored: readonly ScoredRows[], weights: Float64Array, drawnSeeds: DrawnSeeds): Metrics {
  const often = drawnSeeds(scored.length);
  const all = scored.flatMap((one, i) => {
    const times = often[i] as number;
    if (times === 0) return [];
    const metrics = one.metrics(weights);
    return Array.from({ length: times }, () => metrics);
  });
  return meanMetrics(all);
}

export interface ResamplingOptions {
  readonly seed: number;
  readonly resamples: number;
}

/** What resamples of the test subjects have of its classes: the same ones as of every row of the table. */
export function resampledClasses(
  task: Task,
  options: ResamplingOptions,
  { targets, groups }: Level = windowLevel(task),
): Resampled {
  const there = countsOf(targets).filter((count) => count > 0).length;
  const drawn = resampled(groups, options, (weights) => ({
    there: weightsOf(targets, weights).filter(Boolean).length,
  }));
  return { count: drawn.length, lacking: drawn.filter((one) => one.there < there).length };
}

/** None of a single group: all of its resamples are alike, which says nothing. */
function resampled<Key extends string>(
  groups: readonly string[],
  options: ResamplingOptions,
  statistics: (weights: Float64Array, drawnSeeds: DrawnSeeds) => Readonly<Record<Key, number>>,
): Readonly<Record<Key, number>>[] {
  return new Set(groups).size < 2 ? [] : bootstrap(groups, statistics, options);
}

/** Weights of the rows of each class. */
function weightsOf({ marks, classes }: Targets, weights: Float64Array): number[] {
  const sums = new Array<number>(classes).fill(0);
  for (const [i, mark] of marks.entries())
    if (mark === 1)
      sums[i % classes] = (sums[i % classes] as number) + (weights[Math.floor(i / classes)] as number);
  return sums;
}

/** Classes that tell the rows of a resample apart: others of which there are rows as well. */
function telling(targets: Targets, weights: Float64Array): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weightsOf(targets, weights).filter((weight) => weight > 0 && weight < all).length;
}

/** What a resample of a single class says. */
const NOTHING = Object.fromEntries(METRICS.map((key) => [key, Number.NaN])) as unknown as Metrics;

export function meanMetrics(all: readonly Metrics[]): Metrics {
  return Object.fromEntries(
    METRICS.map((key) => [key, meanOf(all.map((one) => one[key]))]),
  ) as unknown as Metrics;
}

function meanScores(scores: readonly Float64Array[]): Float64Array {
  return (scores[0] ?? new Float64Array()).map((_, i) => meanOf(scores.map((one) => one[i] as number)));
}

function meanMatrix(matrices: readonly (readonly (readonly number[])[])[]): number[][] {
  return (matrices[0] ?? []).map((row, i) =>
    row.map((_, j) => meanOf(matrices.map((matrix) => matrix[i]?.[j] ?? 0))),
  );
}

/** No more points than can be seen; the first and the last stay. */
function thinned<Point>(points: readonly Point[]): Point[] {
  const stride = Math.max(1, Math.ceil(points.length / MAX_POINTS));
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
}
