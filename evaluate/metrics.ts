/**
 * What a classifier's scores are worth. Scores are [rows, classes], row-major, larger for a likelier class and
 * comparable between rows (probabilities or their logarithms, not logits); of several labels a row they are log-odds. The definitions are scikit-learn's.
 */
import { ModelError } from '../model/errors.ts';
import { Ranking } from './ranking.ts';
import { classTargets, labelsOf, rowCount, type Targets } from './targets.ts';

export interface Scores {
  readonly values: ArrayLike<number>;
  readonly classes: number;
}

/** NaN where a metric is not defined: its rows are of one class. */
export interface Metrics {
  /**
   * Of two classes the area under the ROC curve of the positive one, which is that of the other where scores are probabilities or
   * their logarithms. Otherwise macro, each class against the rest: the mean over classes of which there are rows and others.
   */
  readonly auroc: number;
  /** Average precision: of two classes that of the positive one, otherwise macro over classes of which there are rows. */
  readonly auprc: number;
  /** Mean recall over classes of which there are rows. */
  readonly balancedAccuracy: number;
  /** Macro, whatever the number of classes: the mean over classes that are there or predicted. */
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

export interface ScoringOptions {
  /** Of two classes the one that is looked for. Default 1, the second, as scikit-learn's. */
  readonly positive?: number;
}

/** True classes down, predicted ones across; counts or sums of weights. */
type Matrix = readonly (readonly number[])[];

/** Scored rows, ranked once: their metrics under any weights of the rows. */
export class ScoredRows {
  readonly #targets: Targets;
  /** Classes that are ranked: of two, the positive one. */
  readonly #ranked: readonly number[];
  readonly #rankings: readonly Ranking[];
  readonly #positives: readonly Uint8Array[];
  /** [rows]; empty where rows may be of many. */
  readonly #labels: Uint32Array;
  /** [rows] classes, or [rows, classes] of 0 and 1. */
  readonly #predicted: Uint32Array | Uint8Array;

  /**
   * @throws ModelError where scores and rows are not as many, where a score is not a number, where a row is not of one class though
   * rows are of one each, and for a positive class that there is not.
   */
  constructor({ values, classes }: Scores, targets: Targets, { positive = 1 }: ScoringOptions = {}) {
    const rows = rowCount(targets);
    if (classes !== targets.classes || values.length !== rows * classes || rows === 0)
      throw new ModelError(
        `${values.length} scores for ${rows} rows of ${targets.classes} classes; there must be ${rows * targets.classes}, and a row at least.`,
      );
    if (!Number.isInteger(positive) || positive < 0 || (classes === 2 && positive > 1))
      throw new ModelError(`The positive class is ${positive}; of two classes it is 0 or 1.`);
    for (let i = 0; i < values.length; i++)
      if (Number.isNaN(values[i]))
        throw new ModelError(
          `The score of row ${Math.floor(i / classes)} for class ${i % classes} is not a number; nothing can be ranked by it.`,
        );
    this.#targets = targets;
    this.#labels = targets.many ? new Uint32Array() : labelsOf(targets);
    const all = Array.from({ length: classes }, (_, index) => index);
    this.#ranked = classes === 2 && !targets.many ? [positive] : all;
    const column = (of: ArrayLike<number>, index: number) =>
      Array.from({ length: rows }, (_, row) => of[row * classes + index] as number);
    this.#rankings = this.#ranked.map((index) => new Ranking(column(values, index)));
    this.#positives = this.#ranked.map((index) => Uint8Array.from(column(targets.marks, index)));
    this.#predicted = targets.many
      ? Uint8Array.from({ length: rows * classes }, (_, i) => Number((values[i] as number) > 0))
      : predictions({ values, classes }, rows);
  }

  /**
   * Classes without a row do not count in means. `weights` has one for each row; 1 by default.
   * @throws ModelError for weights that are not one a row, finite and at least 0.
   */
  metrics(weights?: ArrayLike<number>): Metrics {
    if (weights) requireWeights(weights, rowCount(this.#targets));
    const over = (measure: (ranking: Ranking, positives: Uint8Array) => number) =>
      meanOf(this.#rankings.map((ranking, i) => measure(ranking, this.#positives[i] as Uint8Array)));
    const ranked = {
      auroc: over((ranking, positives) => ranking.auroc(positives, weights)),
      auprc: over((ranking, positives) => ranking.averagePrecision(positives, weights)),
    };
    if (this.#targets.many) {
      const matrices = this.#ranked.map((index) => this.#binary(index, weights));
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
      f1: meanOf(matrix.map((_, index) => f1(matrix, index))),
      kappa: kappa(matrix),
      accuracy: trace(matrix) / total(matrix),
    };
  }

  /** Of one class a row. @throws ModelError where rows may be of many. */
  confusion(weights?: ArrayLike<number>): number[][] {
    const { classes, many } = this.#targets;
    if (many) throw new ModelError('Rows of several labels have no confusion matrix.');
    const matrix = square(classes);
    for (const [row, label] of this.#labels.entries()) {
      const line = matrix[label] as number[];
      const column = this.#predicted[row] as number;
      line[column] = (line[column] as number) + (weights ? (weights[row] as number) : 1);
    }
    return matrix;
  }

  /** The ROC curve of each class that is ranked: of two classes that of the positive one. */
  rocCurves(): { index: number; points: ReturnType<Ranking['rocCurve']> }[] {
    return this.#ranked.map((index, i) => ({
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

function requireWeights(weights: ArrayLike<number>, rows: number): void {
  if (weights.length !== rows)
    throw new ModelError(`${weights.length} weights for ${rows} rows; there must be one a row.`);
  for (let row = 0; row < rows; row++) {
    const weight = weights[row] as number;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw new ModelError(`The weight of row ${row} is ${weight}; it must be finite and at least 0.`);
  }
}

/** All metrics of rows of one class each. `labels` and rows of scores are as many. */
export function metricsOf(scores: Scores, labels: ArrayLike<number>, options?: ScoringOptions): Metrics {
  return new ScoredRows(scores, classTargets(labels, scores.classes), options).metrics();
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

/** NaN marks a class that says nothing; of no class that does there is no mean. */
function meanOf(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
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

/** Cohen's kappa: agreement beyond what the counts of the classes give by chance. NaN where chance leaves no room: one class only. */
function kappa(matrix: Matrix): number {
  const all = total(matrix);
  const isOne = matrix.some((row, index) => (row[index] ?? 0) === all);
  if (isOne || all === 0) return Number.NaN;
  const chance = matrix.reduce(
    (sum, _, index) => sum + (rowSum(matrix, index) * columnSum(matrix, index)) / all ** 2,
    0,
  );
  return (trace(matrix) / all - chance) / (1 - chance);
}
