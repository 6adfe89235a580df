/** What scores of the test windows are worth. */
import {
  bootstrap,
  countsOf,
  type Epoch,
  type Interval,
  intervalOf,
  METRICS,
  type Metrics,
  meanOf,
  ScoredRows,
  type Targets,
  takeRows,
} from '../../model/index.ts';
import { rowsOf, type Task } from './task.ts';

/** Means over seeds (or draws), with their intervals over resamples of subjects. */
export interface TableRow {
  readonly name: string;
  /** One a seed or draw; one alone where nothing is random. */
  readonly seeds: readonly Metrics[];
  /** Of the means over seeds. NaN where there are too few subjects to resample. */
  readonly intervals: Readonly<Record<keyof Metrics, Interval>>;
  /** AUROC of the first row less that of this one, on the same resamples. */
  readonly behind?: Interval & { readonly mean: number };
  /** Mean over seeds; true classes down, predicted ones across. Absent for several labels a window. */
  readonly confusion?: readonly (readonly number[])[];
  /** Of the mean scores over seeds: of two classes that of the positive one. */
  readonly roc: readonly {
    readonly label: string;
    readonly points: readonly (readonly [falsePositives: number, truePositives: number])[];
  }[];
  /** Training of each seed, where it has epochs. */
  readonly histories?: readonly (readonly Epoch[])[];
}

/** Scores by one way: [test windows, classes] of each seed. */
export interface Scored {
  readonly name: string;
  readonly scores: readonly Float64Array[];
  readonly histories?: readonly (readonly Epoch[])[];
}

/** Resamples of test subjects: how many there were, and in how many a class of the test part had no window. */
export interface Resampled {
  readonly count: number;
  /** A class lacks there: means are over the others. Of two classes nothing is told. */
  readonly lacking: number;
}

/** Classes beyond which a confusion matrix or ROC curves show nothing any more. */
const MOST_CLASSES = 12;
const MOST_POINTS = 200;

/** Rows of the table in the order given; the first is what the others are compared with. */
export function tableRows(task: Task, contenders: readonly Scored[], options: ResamplingOptions): TableRow[] {
  const { targets, groups } = testRows(task);
  const { classes } = targets;
  const positive = task.positive && { positive: task.positive.index };
  let first: { readonly auroc: number; readonly drawn: readonly number[] } | undefined;
  return contenders.map(({ name, scores, histories }) => {
    const scored = scores.map((values) => new ScoredRows({ values, classes }, targets, positive));
    const seeds = scored.map((one) => one.metrics());
    const drawn = resampled(groups, options, (weights) =>
      telling(targets, weights) > 0 ? meanMetrics(scored.map((one) => one.metrics(weights))) : NOTHING,
    );
    const aurocs = drawn.map((metrics) => metrics.auroc);
    const auroc = meanOf(seeds.map((metrics) => metrics.auroc));
    const behind = first && {
      mean: first.auroc - auroc,
      ...intervalOf(first.drawn.map((other, i) => other - (aurocs[i] as number))),
    };
    first ??= { auroc, drawn: aurocs };
    const mean = new ScoredRows({ values: meanScores(scores), classes }, targets, positive);
    const shown = classes <= MOST_CLASSES;
    return {
      name,
      seeds,
      intervals: Object.fromEntries(
        METRICS.map((key) => [key, intervalOf(drawn.map((metrics) => metrics[key]))]),
      ) as TableRow['intervals'],
      ...(behind && { behind }),
      ...(shown && !targets.many && { confusion: meanMatrix(scored.map((one) => one.confusion())) }),
      roc: shown
        ? mean.rocCurves().map(({ index, points }) => ({
            label: task.classes[index] as string,
            points: thinned(
              points.map(({ falsePositives, truePositives }) => [falsePositives, truePositives]),
            ),
          }))
        : [],
      ...(histories && { histories }),
    };
  });
}

export interface ResamplingOptions {
  readonly seed: number;
  readonly resamples: number;
}

/** What resamples of the test subjects have of its classes: the same ones as of every row of the table. */
export function resampledClasses(task: Task, options: ResamplingOptions): Resampled {
  const { targets, groups } = testRows(task);
  const there = countsOf(targets).filter((count) => count > 0).length;
  const drawn = resampled(groups, options, (weights) => ({
    there: weightsOf(targets, weights).filter(Boolean).length,
  }));
  return { count: drawn.length, lacking: drawn.filter((one) => one.there < there).length };
}

function testRows(task: Task) {
  const test = rowsOf(task, 'test');
  return {
    targets: takeRows(task.targets, test),
    groups: test.map((row) => task.groups[row] as string),
  };
}

/** None of a single group: all of its resamples are alike, which says nothing. */
function resampled<Key extends string>(
  groups: readonly string[],
  options: ResamplingOptions,
  statistics: (weights: Float64Array) => Readonly<Record<Key, number>>,
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
  const stride = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
}
