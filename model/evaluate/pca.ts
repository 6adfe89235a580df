/** Principal components, in float64. No Node and no device in here: pages use it as commands do. */
import { ModelError } from '../errors.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

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
  const { values: found, vectors: axes } = symmetricEigen(covariance, dim, count);
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

/** Rows whose columns are at hand together. */
const ROWS = 128;
/** Columns are taken by fours. */
const TILE = 4;

/** By tiles of 4 by 2 columns over some rows at a time: so the sums stay in registers, and the rows in the cache. */
function covarianceOf(values: ArrayLike<number>, mean: Float64Array): Float64Array {
  const dim = mean.length;
  const rows = values.length / dim;
  const width = TILE * Math.ceil(dim / TILE);
  const sums = new Float64Array(width * width);
  const columns = new Float64Array(width * ROWS);
  for (let from = 0; from < rows; from += ROWS) {
    const count = Math.min(ROWS, rows - from);
    if (count < ROWS) columns.fill(0);
    for (let row = 0; row < count; row++) {
      const at = (from + row) * dim;
      for (let i = 0; i < dim; i++)
        columns[i * ROWS + row] = (values[at + i] as number) - (mean[i] as number);
    }
    for (let i = 0; i < width; i += TILE)
      for (let j = i; j < width; j += TILE / 2) addTile(sums, columns, width, i, j);
  }
  const covariance = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++)
    for (let j = i; j < dim; j++) {
      const value = (sums[i * width + j] as number) / (rows - 1);
      covariance[i * dim + j] = value;
      covariance[j * dim + i] = value;
    }
  return covariance;
}

function addTile(sums: Float64Array, columns: Float64Array, width: number, i: number, j: number): void {
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  let a = i * ROWS;
  let y = j * ROWS;
  for (const end = y + ROWS; y < end; a++, y++) {
    const first = columns[y] as number;
    const second = columns[y + ROWS] as number;
    const p = columns[a] as number;
    const q = columns[a + ROWS] as number;
    const r = columns[a + 2 * ROWS] as number;
    const s = columns[a + 3 * ROWS] as number;
    s00 += p * first;
    s01 += p * second;
    s10 += q * first;
    s11 += q * second;
    s20 += r * first;
    s21 += r * second;
    s30 += s * first;
    s31 += s * second;
  }
  const at = i * width + j;
  add(sums, at, s00, s01);
  add(sums, at + width, s10, s11);
  add(sums, at + 2 * width, s20, s21);
  add(sums, at + 3 * width, s30, s31);
}

function add(sums: Float64Array, at: number, first: number, second: number): void {
  sums[at] = (sums[at] as number) + first;
  sums[at + 1] = (sums[at + 1] as number) + second;
}
