/**
 * What a classifier's scores are worth. Scores are [rows, classes], row-major, larger for a likelier class and
 * comparable between rows (probabilities or their logarithms, not logits); of several labels a row they are log-odds. The definitions are scikit-learn's.
 */
import { ModelError } from '../errors.ts';
import { Ranking } from './ranking.ts';
import { classTargets, rowCount, type Targets } from './targets.ts';

export interface Scores {
  readonly values: ArrayLike<number>;
  readonly classes: number;
}

export interface Metrics {
  /** Macro, one against the rest; of two classes that of the second. Over classes of which there are rows. */
  readonly auroc: number;
  readonly auprc: number;
  readonly balancedAccuracy: number;
  /** Macro over classes; of two classes that of the second. */
  readonly f1: number;
  readonly kappa: number;
  /** Of several labels a row: part of the labels that are right. */
  readonly accuracy: number;
}

export const METRICS = [
  'auroc',
  'auprc',
  'balancedAccuracy',
  'f1',
  'kappa',
  'accuracy',
] as const satisfies readonly (keyof Metrics)[];

/** True classes down, predicted ones across; counts or sums of weights. */
type Matrix = readonly (readonly number[])[];

/** Scored rows, ranked once: their metrics under any weights of the rows. */
export class ScoredRows {
  readonly #targets: Targets;
  /** Classes that means run over: of two, the second. */
  readonly #counted: readonly number[];
  readonly #rankings: readonly Ranking[];
  readonly #positives: readonly Uint8Array[];
  /** [rows] classes, or [rows, classes] of 0 and 1. */
  readonly #predicted: Uint32Array | Uint8Array;

  /** @throws ModelError where scores and rows are not as many, and where a score is not a number. */
  constructor({ values, classes }: Scores, targets: Targets) {
    const rows = rowCount(targets);
    if (classes !== targets.classes || values.length !== rows * classes || rows === 0)
      throw new ModelError(
        `${values.length} scores for ${rows} rows of ${targets.classes} classes; there must be ${rows * targets.classes}, and a row at least.`,
      );
    this.#targets = targets;
    const all = Array.from({ length: classes }, (_, index) => index);
    this.#counted = classes === 2 && !targets.many ? [1] : all;
    const column = (of: ArrayLike<number>, index: number) =>
      Array.from({ length: rows }, (_, row) => of[row * classes + index] as number);
    this.#rankings = this.#counted.map((index) => new Ranking(column(values, index)));
    this.#positives = this.#counted.map((index) => Uint8Array.from(column(targets.marks, index)));
    this.#predicted = targets.many
      ? Uint8Array.from({ length: rows * classes }, (_, i) => Number((values[i] as number) > 0))
      : predictions({ values, classes }, rows);
  }

  /** Classes without a row do not count in means. `weights` has one for each row; 1 by default. */
  metrics(weights?: ArrayLike<number>): Metrics {
    const over = (measure: (ranking: Ranking, positives: Uint8Array) => number) =>
      meanOf(this.#rankings.map((ranking, i) => measure(ranking, this.#positives[i] as Uint8Array)));
    const ranked = {
      auroc: over((ranking, positives) => ranking.auroc(positives, weights)),
      auprc: over((ranking, positives) => ranking.averagePrecision(positives, weights)),
    };
    if (this.#targets.many) {
      const matrices = this.#counted.map((index) => this.#binary(index, weights));
      return {
        ...ranked,
        balancedAccuracy: meanOf(matrices.map(balancedAccuracy)),
        f1: meanOf(matrices.map((matrix) => f1(matrix, 1))),
        kappa: meanOf(matrices.map(kappa)),
        accuracy: meanOf(matrices.map((matrix) => trace(matrix) / total(matrix))),
      };
    }
    const matrix = this.confusion(weights);
    return {
      ...ranked,
      balancedAccuracy: balancedAccuracy(matrix),
      f1: meanOf(this.#counted.map((index) => f1(matrix, index))),
      kappa: kappa(matrix),
      accuracy: trace(matrix) / total(matrix),
    };
  }

  /** Of one class a row. */
  confusion(weights?: ArrayLike<number>): number[][] {
    const { classes, marks } = this.#targets;
    const matrix = square(classes);
    for (let row = 0; row < this.#predicted.length; row++) {
      const line = matrix[marks.subarray(row * classes, (row + 1) * classes).indexOf(1)] as number[];
      const column = this.#predicted[row] as number;
      line[column] = (line[column] as number) + (weights ? (weights[row] as number) : 1);
    }
    return matrix;
  }

  /** The ROC curve of each class that means run over. */
  rocCurves(): { index: number; points: ReturnType<Ranking['rocCurve']> }[] {
    return this.#counted.map((index, i) => ({
      index,
      points: (this.#rankings[i] as Ranking).rocCurve(this.#positives[i] as Uint8Array),
    }));
  }

  #binary(index: number, weights: ArrayLike<number> | undefined): number[][] {
    const { classes, marks } = this.#targets;
    const matrix = square(2);
    for (let row = 0; row * classes < marks.length; row++) {
      const at = row * classes + index;
      const line = matrix[marks[at] as number] as number[];
      const column = this.#predicted[at] as number;
      line[column] = (line[column] as number) + (weights ? (weights[row] as number) : 1);
    }
    return matrix;
  }
}

/** All metrics of rows of one class each. `labels` and rows of scores are as many. */
export function metricsOf(scores: Scores, labels: ArrayLike<number>): Metrics {
  return new ScoredRows(scores, classTargets(labels, scores.classes)).metrics();
}

/** The class of the largest score in each row, the first of equal ones. */
export function predictions({ values, classes }: Scores, rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let index = 1; index < classes; index++)
      if ((values[row * classes + index] as number) > (values[row * classes + best] as number)) best = index;
    return best;
  });
}

const square = (classes: number) => Array.from({ length: classes }, () => new Array<number>(classes).fill(0));

/** NaN marks a class that says nothing. */
function meanOf(values: readonly number[]): number {
  const told = values.filter((value) => !Number.isNaN(value));
  return told.reduce((sum, value) => sum + value, 0) / told.length;
}

const rowSum = (matrix: Matrix, row: number) => (matrix[row] ?? []).reduce((a, b) => a + b, 0);
const columnSum = (matrix: Matrix, column: number) =>
  matrix.reduce((sum, row) => sum + (row[column] ?? 0), 0);
const trace = (matrix: Matrix) => matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
const total = (matrix: Matrix) => matrix.reduce((sum, _, row) => sum + rowSum(matrix, row), 0);

/** Mean recall over classes of which there are rows. */
function balancedAccuracy(matrix: Matrix): number {
  return meanOf(matrix.map((row, index) => (row[index] ?? 0) / rowSum(matrix, index)));
}

/** Of one class; of one that is neither there nor predicted there is none. */
function f1(matrix: Matrix, index: number): number {
  const hits = matrix[index]?.[index] ?? 0;
  const both = rowSum(matrix, index) + columnSum(matrix, index);
  return both === 0 ? Number.NaN : (2 * hits) / both;
}

/** Cohen's kappa: agreement beyond what the counts of the classes give by chance. */
function kappa(matrix: Matrix): number {
  const all = total(matrix);
  const chance = matrix.reduce(
    (sum, _, index) => sum + (rowSum(matrix, index) * columnSum(matrix, index)) / all ** 2,
    0,
  );
  const agreement = trace(matrix) / all;
  return chance === 1 ? Number.NaN : (agreement - chance) / (1 - chance);
}
