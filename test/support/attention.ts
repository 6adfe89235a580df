import fc from 'fast-check';
import { at, type NdArray } from './ndarray.ts';

/** Scores of the order of 1 and of 10; a softmax of larger ones has no gradient to speak of. */
export const attentionScales = fc.constantFrom(1, 1, 1e-2, 3);

/**
 * Widths of a head: whole vectors that one invocation holds (4, 8) or not (32), and widths that are not whole
 * vectors, in one run of columns (1, 2, 3, 6) or several (34). Few, since each kind is a pipeline to compile.
 */
export const headSizes = fc.constantFrom(4, 8, 32, 1, 2, 3, 6, 34);

/** Rows of numbers, float64. */
export type Matrix = number[][];

/** Where one head's rows lie in a tensor: flat index of the first element, step from row to row, extents. */
export interface Window {
  readonly start: number;
  readonly step: number;
  readonly rows: number;
  readonly columns: number;
}

export function readWindow(array: NdArray, { start, step, rows, columns }: Window): Matrix {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, c) => at(array, start + i * step + c)),
  );
}

export function addWindow(array: NdArray, { start, step }: Window, values: Matrix): void {
  for (const [i, row] of values.entries()) {
    for (const [c, value] of row.entries()) {
      array.data[start + i * step + c] = at(array, start + i * step + c) + value;
    }
  }
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

/** a^T b of two matrices with the same rows. */
function transposedProduct(a: Matrix, b: Matrix): Matrix {
  const [n, m] = [(a[0] as number[]).length, (b[0] as number[]).length];
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: m }, (_, j) =>
      a.reduce((sum, row, r) => sum + (row[i] as number) * ((b[r] as number[])[j] as number), 0),
    ),
  );
}

const transposed = (a: Matrix): Matrix => (a[0] as number[]).map((_, j) => a.map((row) => row[j] as number));

/** One head: softmax(q k^T / sqrt(columns)) with one query a row, and its product with the values. */
export function attendHead(q: Matrix, k: Matrix, v: Matrix): { probabilities: Matrix; output: Matrix } {
  const scale = 1 / Math.sqrt((q[0] as number[]).length);
  const probabilities = q.map((query) => {
    const scores = k.map((key) => scale * dot(query, key));
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
  return { probabilities, output: transposedProduct(transposed(probabilities), v) };
}

/** Gradients of sum(grad * output) of one head. */
export function attendHeadBackward(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  grad: Matrix,
): { dq: Matrix; dk: Matrix; dv: Matrix } {
  const scale = 1 / Math.sqrt((q[0] as number[]).length);
  const { probabilities } = attendHead(q, k, v);
  const dv = transposedProduct(probabilities, grad);
  // One probability is 1 whatever its score: queries and keys have no gradient, not even where they are no numbers.
  if (k.length === 1)
    return { dq: q.map((row) => row.map(() => 0)), dk: k.map((row) => row.map(() => 0)), dv };
  const dScores = probabilities.map((row, i) => {
    const dRow = v.map((value) => dot(grad[i] as number[], value));
    const mean = dot(row, dRow);
    return row.map((p, j) => scale * p * ((dRow[j] as number) - mean));
  });
  return {
    dq: transposedProduct(transposed(dScores), k),
    dk: transposedProduct(dScores, q),
    dv,
  };
}
