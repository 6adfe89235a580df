/** Principal components, in float64. No Node and no device in here: pages use it as commands do. */
import { ModelError } from '../model/errors.ts';
import { BLOCK, crossProducts } from './cross-products.ts';
import { finish } from './steps.ts';
import { symmetricEigenSteps } from './symmetric-eigen.ts';

export interface Pca {
  readonly dim: number;
  /** [dim] */
  readonly mean: Float64Array;
  /** [count, dim], row-major: one axis of length 1 a row, by falling variance; of each the largest entry is positive. */
  readonly axes: Float64Array;
  /** [dim], falling: of the values along each axis, over count - 1. */
  readonly variances: Float64Array;
  /** Sum of the variances. */
  readonly total: number;
}

/**
 * The first `count` axes (by default all) of the rows of `values` [rows, dim], row-major, and the variances along all. The same
 * values give the same bits.
 * @throws ModelError for fewer than two rows, or values that are no whole rows or not finite.
 */
export function pca(values: ArrayLike<number>, dim: number, count = dim): Pca {
  return finish(pcaSteps(values, dim, count));
}

/** The same, which yields how many multiplications were done since the last time: others can have a turn in between. */
export function* pcaSteps(values: ArrayLike<number>, dim: number, count = dim): Generator<number, Pca> {
  const rows = values.length / dim;
  if (!Number.isInteger(rows) || rows < 2) {
    throw new ModelError(
      `${values.length} values of ${dim} columns; principal components need at least two whole rows.`,
    );
  }
  const mean = meanOf(values, dim);
  const covariance = yield* covarianceSteps(values, mean);
  if (!covariance.every(Number.isFinite)) {
    throw new ModelError('Principal components need finite values; some here are not, or overflow.');
  }
  const { values: found, vectors: axes } = yield* symmetricEigenSteps(covariance, dim, count);
  for (let at = 0; at < axes.length; at += dim) {
    const axis = axes.subarray(at, at + dim);
    const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    if (largest < 0) for (let i = 0; i < dim; i++) axis[i] = -(axis[i] as number);
  }
  // Rounding can leave a variance of nothing below zero.
  const variances = found.map((value) => Math.max(0, value));
  return { dim, mean, axes, variances, total: variances.reduce((sum, value) => sum + value, 0) };
}

/** Part of the variance that lies along an axis; 0 where nothing varies. */
export const shareOf = ({ variances, total }: Pca, axis: number): number =>
  total > 0 ? (variances[axis] ?? 0) / total : 0;

/**
 * Rows [rows, dim] along the first `count` axes: [rows, count], row-major.
 * @throws ModelError where there are fewer axes.
 */
export function project({ dim, mean, axes }: Pca, values: ArrayLike<number>, count: number): Float64Array {
  if (count * dim > axes.length)
    throw new ModelError(`${axes.length / dim} axes are there to project on, and ${count} were asked for.`);
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

function* covarianceSteps(values: ArrayLike<number>, mean: Float64Array): Generator<number, Float64Array> {
  const dim = mean.length;
  const rows = values.length / dim;
  const sums = yield* crossProducts(dim, rows, (block, from, count) => {
    for (let row = 0; row < count; row++) {
      const at = (from + row) * dim;
      for (let i = 0; i < dim; i++) block[i * BLOCK + row] = (values[at + i] as number) - (mean[i] as number);
    }
  });
  return sums.map((sum) => sum / (rows - 1));
}
