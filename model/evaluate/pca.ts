/** Principal components, in float64. No Node and no device in here: pages use it as commands do. */
import { ModelError } from '../errors.ts';

export interface Pca {
  readonly dim: number;
  /** [dim] */
  readonly mean: Float64Array;
  /** [dim, dim], row-major: one axis of length 1 a row, by falling variance; of each the largest entry is positive. */
  readonly axes: Float64Array;
  /** [dim], falling: of the values along each axis, over count - 1. */
  readonly variances: Float64Array;
  /** Sum of the variances. */
  readonly total: number;
}

/**
 * Axes of the rows of `values` [rows, dim], row-major. Ties of variance go by the order of columns.
 * @throws ModelError for fewer than two rows, or values that are no whole rows or not finite.
 */
export function pca(values: ArrayLike<number>, dim: number): Pca {
  const rows = values.length / dim;
  if (!Number.isInteger(rows) || rows < 2) {
    throw new ModelError(
      `${values.length} values of ${dim} columns; principal components need at least two whole rows.`,
    );
  }
  const mean = meanOf(values, dim);
  const covariance = covarianceOf(values, mean);
  if (!covariance.every(Number.isFinite)) {
    throw new ModelError('Principal components need finite values; some here are not, or overflow.');
  }
  const { values: variances, vectors } = eigen(covariance, dim);
  const order = Array.from(variances, (_, i) => i).sort(
    (a, b) => (variances[b] as number) - (variances[a] as number) || a - b,
  );
  const axes = new Float64Array(dim * dim);
  for (const [to, from] of order.entries()) {
    const axis = vectors.subarray(from * dim, (from + 1) * dim);
    const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    for (let i = 0; i < dim; i++) axes[to * dim + i] = (axis[i] as number) * (largest < 0 ? -1 : 1);
  }
  const sorted = Float64Array.from(order, (from) => variances[from] as number);
  return { dim, mean, axes, variances: sorted, total: sorted.reduce((sum, value) => sum + value, 0) };
}

/** Part of the variance that lies along an axis; 0 where nothing varies. */
export const shareOf = ({ variances, total }: Pca, axis: number): number =>
  total > 0 ? (variances[axis] ?? 0) / total : 0;

/** Rows [rows, dim] along the first `count` axes: [rows, count], row-major. */
export function project({ dim, mean, axes }: Pca, values: ArrayLike<number>, count: number): Float64Array {
  const rows = values.length / dim;
  const out = new Float64Array(rows * count);
  const centred = new Float64Array(dim);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < dim; i++) centred[i] = (values[row * dim + i] as number) - (mean[i] as number);
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += (axes[k * dim + i] as number) * (centred[i] as number);
      out[row * count + k] = sum;
    }
  }
  return out;
}

function meanOf(values: ArrayLike<number>, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  for (let at = 0; at < values.length; at += dim)
    for (let i = 0; i < dim; i++) mean[i] = (mean[i] as number) + (values[at + i] as number);
  return mean.map((sum) => (sum * dim) / values.length);
}

function covarianceOf(values: ArrayLike<number>, mean: Float64Array): Float64Array {
  const dim = mean.length;
  const sums = new Float64Array(dim * dim);
  const centred = new Float64Array(dim);
  for (let at = 0; at < values.length; at += dim) {
    for (let i = 0; i < dim; i++) centred[i] = (values[at + i] as number) - (mean[i] as number);
    for (let i = 0; i < dim; i++) {
      const value = centred[i] as number;
      for (let j = 0, to = i * dim; j <= i; j++)
        sums[to + j] = (sums[to + j] as number) + value * (centred[j] as number);
    }
  }
  const scale = 1 / (values.length / dim - 1);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j <= i; j++) {
      const value = (sums[i * dim + j] as number) * scale;
      sums[i * dim + j] = value;
      sums[j * dim + i] = value;
    }
  return sums;
}

const MOST_SWEEPS = 60;
/** Part of the matrix's size that is rounding. */
const ROUNDING = 1e-15;

/**
 * Eigenvalues of a symmetric matrix that has none below zero, and its eigenvectors as rows, by one-sided Jacobi rotations
 * (Hestenes): its rows are turned in pairs until all are at right angles, and the same turns make the unit matrix's rows
 * its eigenvectors. Overwrites the matrix.
 */
function eigen(matrix: Float64Array, dim: number): { values: Float64Array; vectors: Float64Array } {
  const vectors = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) vectors[i * dim + i] = 1;
  const least = ROUNDING * Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let turned = false;
    const squares = Float64Array.from({ length: dim }, (_, i) => dotRows(matrix, dim, i, i));
    for (let p = 0; p < dim - 1; p++)
      for (let q = p + 1; q < dim; q++) {
        const along = dotRows(matrix, dim, p, q);
        const [first, second] = [squares[p] as number, squares[q] as number];
        if (!(Math.abs(along) > least * Math.sqrt(Math.max(first, second)))) continue;
        const theta = (second - first) / (2 * along);
        const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        turnRows(matrix, dim, p, q, cosine, tangent * cosine);
        turnRows(vectors, dim, p, q, cosine, tangent * cosine);
        squares[p] = first - tangent * along;
        squares[q] = second + tangent * along;
        turned = true;
      }
    if (!turned) break;
  }
  const values = Float64Array.from({ length: dim }, (_, i) => Math.sqrt(dotRows(matrix, dim, i, i)));
  return { values, vectors };
}

function dotRows(rows: Float64Array, dim: number, p: number, q: number): number {
  let sum = 0;
  for (let i = 0, a = p * dim, b = q * dim; i < dim; i++, a++, b++)
    sum += (rows[a] as number) * (rows[b] as number);
  return sum;
}

function turnRows(rows: Float64Array, dim: number, p: number, q: number, cosine: number, sine: number): void {
  for (let i = 0, a = p * dim, b = q * dim; i < dim; i++, a++, b++) {
    const [first, second] = [rows[a] as number, rows[b] as number];
    rows[a] = cosine * first - sine * second;
    rows[b] = sine * first + cosine * second;
  }
}
