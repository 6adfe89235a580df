/** What scores of the test windows are worth. */
import {
  bootstrap,
  type Epoch,
  type Interval,
  intervalOf,
  METRICS,
  type Metrics,
  meanOf,
  ScoredRows,
  takeRows,
} from '../../model/index.ts';
import { rowsOf, type Task } from './task.ts';

/** Means over seeds (or draws), with their intervals over resamples of subjects. */
export interface TableRow {
  readonly name: string;
  /** One a seed or draw; one alone where nothing is random. */
  readonly seeds: readonly Metrics[];
  /** Of the means over seeds. NaN where there are too few subjects. */
  readonly intervals: Readonly<Record<keyof Metrics, Interval>>;
  /** AUROC of the first row less that of this one, on the same resamples. */
  readonly behind?: Interval & { readonly mean: number };
  /** Mean over seeds; true classes down, predicted ones across. Absent for several labels a window. */
  readonly confusion?: readonly (readonly number[])[];
  /** Of the mean scores over seeds. */
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

/** Classes beyond which a confusion matrix or ROC curves show nothing any more. */
const MOST_CLASSES = 12;
const MOST_POINTS = 200;

/** Rows of the table in the order given; the first is what the others are compared with. */
export function tableRows(
  task: Task,
  contenders: readonly Scored[],
  { seed, resamples }: { readonly seed: number; readonly resamples: number },
): TableRow[] {
  const test = rowsOf(task, 'test');
  const targets = takeRows(task.targets, test);
  const { classes } = targets;
  const groups = test.map((row) => task.groups[row] as string);
  let first: { readonly auroc: number; readonly drawn: readonly number[] } | undefined;
  return contenders.map(({ name, scores, histories }) => {
    const scored = scores.map((values) => new ScoredRows({ values, classes }, targets));
    const seeds = scored.map((one) => one.metrics());
    const drawn = bootstrap(groups, (weights) => meanMetrics(scored.map((one) => one.metrics(weights))), {
      seed,
      resamples,
    });
    const aurocs = drawn.map((metrics) => metrics.auroc);
    const auroc = meanOf(seeds.map((metrics) => metrics.auroc));
    const behind = first && {
      mean: first.auroc - auroc,
      ...intervalOf(first.drawn.map((other, i) => other - (aurocs[i] as number))),
    };
    first ??= { auroc, drawn: aurocs };
    const mean = new ScoredRows({ values: meanScores(scores), classes }, targets);
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

function meanMetrics(all: readonly Metrics[]): Metrics {
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
