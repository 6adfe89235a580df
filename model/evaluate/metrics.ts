/**
 * What a classifier's scores are worth. Scores are [n, classes], row-major, larger for a likelier class (probabilities or
 * logits alike); labels are class numbers. The definitions are scikit-learn's.
 */
import { ModelError } from '../errors.ts';

export interface Scores {
  readonly values: ArrayLike<number>;
  readonly classes: number;
}

/** Area under the ROC curve of one score per row against 0 and 1: the chance that a positive outranks a negative, ties half. */
export function auroc(scores: ArrayLike<number>, positive: ArrayLike<boolean>): number {
  const order = ranked(scores);
  let [positives, rankSum] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number]) end++;
    // Ties share the mean of their ranks, which count from 1.
    const rank = (start + end + 1) / 2;
    for (let i = start; i < end; i++) {
      if (!positive[order[i] as number]) continue;
      positives++;
      rankSum += rank;
    }
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Average precision: precisions at each threshold, weighted by the recall that it adds. No interpolation. */
export function averagePrecision(scores: ArrayLike<number>, positive: ArrayLike<boolean>): number {
  const order = ranked(scores).reverse();
  const total = order.reduce((sum, row) => sum + Number(positive[row]), 0);
  if (total === 0) return Number.NaN;
  let [found, area] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    let here = 0;
    do here += Number(positive[order[end++] as number]);
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number]);
    found += here;
    area += (here / total) * (found / end);
    start = end;
  }
  return area;
}

/** Rows by score, lowest first. */
function ranked(scores: ArrayLike<number>): number[] {
  const rows = Array.from({ length: scores.length }, (_, row) => row);
  for (const row of rows)
    if (Number.isNaN(scores[row]))
      throw new ModelError(`The score of row ${row} is not a number; nothing can be ranked by it.`);
  return rows.sort((a, b) => (scores[a] as number) - (scores[b] as number));
}

/** Rows are true classes, columns predicted ones. */
export function confusionMatrix(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = matrix[labels[i] as number];
    const column = predicted[i] as number;
    if (!row || row[column] === undefined)
      throw new ModelError(
        `Row ${i} is of class ${labels[i]} and taken for ${column}; classes are 0 to ${classes - 1}.`,
      );
    row[column]++;
  }
  return matrix;
}

export interface Metrics {
  /** Macro, one against the rest; of two classes that of the second. Over classes of which there are rows. */
  readonly auroc: number;
  readonly auprc: number;
  readonly balancedAccuracy: number;
  /** Macro over classes; of two classes that of the second. */
  readonly f1: number;
  readonly kappa: number;
  readonly accuracy: number;
}

/** All metrics. Classes without a row do not count in means. `labels` and rows of scores are as many. */
export function metricsOf({ values, classes }: Scores, labels: ArrayLike<number>): Metrics {
  if (values.length !== labels.length * classes || labels.length === 0) {
    throw new ModelError(
      `${values.length} scores for ${labels.length} rows of ${classes} classes; there must be ${labels.length * classes}, and a row at least.`,
    );
  }
  const counted = classes === 2 ? [1] : Array.from({ length: classes }, (_, index) => index);
  const columns = counted.map((index) => ({
    scores: Float64Array.from({ length: labels.length }, (_, row) => values[row * classes + index] as number),
    positive: Array.from({ length: labels.length }, (_, row) => labels[row] === index),
  }));
  const predicted = predictions({ values, classes }, labels.length);
  const matrix = confusionMatrix(predicted, labels, classes);
  return {
    auroc: meanOf(columns.map(({ scores, positive }) => auroc(scores, positive))),
    auprc: meanOf(columns.map(({ scores, positive }) => averagePrecision(scores, positive))),
    balancedAccuracy: balancedAccuracy(matrix),
    f1: meanOf(counted.map((index) => f1(matrix, index))),
    kappa: kappa(matrix),
    accuracy: trace(matrix) / labels.length,
  };
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

/** NaN marks a class that says nothing. */
function meanOf(values: readonly number[]): number {
  const told = values.filter((value) => !Number.isNaN(value));
  return told.reduce((sum, value) => sum + value, 0) / told.length;
}

const rowSum = (matrix: readonly (readonly number[])[], row: number) =>
  (matrix[row] ?? []).reduce((a, b) => a + b, 0);
const columnSum = (matrix: readonly (readonly number[])[], column: number) =>
  matrix.reduce((sum, row) => sum + (row[column] ?? 0), 0);
const trace = (matrix: readonly (readonly number[])[]) =>
  matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);

/** Mean recall over classes of which there are rows. */
function balancedAccuracy(matrix: readonly (readonly number[])[]): number {
  return meanOf(matrix.map((row, index) => (row[index] ?? 0) / rowSum(matrix, index)));
}

/** Of one class; of one that is neither there nor predicted there is none. */
function f1(matrix: readonly (readonly number[])[], index: number): number {
  const hits = matrix[index]?.[index] ?? 0;
  const both = rowSum(matrix, index) + columnSum(matrix, index);
  return both === 0 ? Number.NaN : (2 * hits) / both;
}

/** Cohen's kappa: agreement beyond what the counts of the classes give by chance. */
function kappa(matrix: readonly (readonly number[])[]): number {
  const total = matrix.reduce((sum, _, row) => sum + rowSum(matrix, row), 0);
  const chance = matrix.reduce(
    (sum, _, index) => sum + (rowSum(matrix, index) * columnSum(matrix, index)) / total ** 2,
    0,
  );
  const agreement = trace(matrix) / total;
  return chance === 1 ? Number.NaN : (agreement - chance) / (1 - chance);
}
