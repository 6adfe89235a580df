/** What the best linear code of so many numbers loses: windows rebuilt from their first principal components. */
import { ModelError } from '../model/errors.ts';
import { BLOCK, crossProducts } from './cross-products.ts';
import { pcaSteps } from './pca.ts';
import { symmetricEigenSteps } from './symmetric-eigen.ts';

export interface LinearCode {
  /** Components that the rows have: fewer than were asked for where there are too few rows, or rows that lie in fewer directions. */
  readonly components: number;
  /**
   * Sums of squared errors of rows [rows, dim] that are rebuilt from the mean and the first `counts[i]` components: for every
   * count the sum over the rows. A count above `components` means all of them.
   * @throws ModelError for values that are no whole rows, or not finite.
   */
  squaredErrors(values: ArrayLike<number>, counts: readonly number[]): Float64Array;
}

/** Variance beside the largest below which a component of the Gram matrix is rounding. */
const NOTHING = 1e-12;

/** Multiplications of fitting to `rows` rows and of measuring `measured` further ones, as far as they depend on the rows. */
export function costOfLinearCode(rows: number, dim: number, measured: number): number {
  const smaller = Math.min(rows, dim);
  return rows * dim * (smaller / 2) + 4 * smaller ** 3 + measured * dim * smaller;
}

/**
 * Fits the first `count` principal components to the rows of `values` [rows, dim], which it keeps and overwrites where there are fewer
 * rows than columns: by the covariance of the columns, or by the Gram matrix of the rows, whichever is smaller. Yields how many
 * multiplications were done since the last time. One row is its own mean, without components.
 * @throws ModelError for values that are no whole rows, or not finite.
 */
export function* linearCodeSteps(
  values: Float32Array,
  dim: number,
  count: number,
): Generator<number, LinearCode> {
  const rows = values.length / dim;
  if (!Number.isInteger(rows) || rows < 1)
    throw new ModelError(`${values.length} values of ${dim} columns; a linear code needs whole rows.`);
  return yield* rows > dim ? byCovariance(values, dim, count) : byGram(values, dim, count);
}

function* byCovariance(values: Float32Array, dim: number, count: number): Generator<number, LinearCode> {
  const components = Math.min(count, dim);
  const { mean, axes } = yield* pcaSteps(values, dim, components);
  return codeOf(mean, components, (centred, scores) => {
    for (let k = 0; k < components; k++) scores[k] = dot(axes, k * dim, centred);
  });
}

function* byGram(values: Float32Array, dim: number, count: number): Generator<number, LinearCode> {
  const rows = values.length / dim;
  const mean = new Float64Array(dim);
  for (let at = 0; at < values.length; at += dim) {
    for (let i = 0; i < dim; i++) mean[i] = (mean[i] as number) + (values[at + i] as number) / rows;
    yield dim;
  }
  // In place: many rows of many columns fill the memory once.
  for (let at = 0; at < values.length; at += dim) {
    for (let i = 0; i < dim; i++) values[at + i] = (values[at + i] as number) - (mean[i] as number);
    yield dim;
  }
  const gram = yield* crossProducts(rows, dim, (block, from, width) => {
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < width; i++) block[row * BLOCK + i] = values[row * dim + from + i] as number;
  });
  if (!gram.every(Number.isFinite)) throw notFinite();
  const found = yield* symmetricEigenSteps(gram, rows, Math.min(count, rows));
  const least = NOTHING * (found.values[0] as number);
  const components = found.values.slice(0, count).filter((value) => value > 0 && value > least).length;
  const alike = new Float64Array(rows);
  return codeOf(mean, components, (centred, scores) => {
    for (let row = 0; row < rows; row++) alike[row] = dotSingle(values, row * dim, centred);
    for (let k = 0; k < components; k++)
      scores[k] = dot(found.vectors, k * rows, alike) / Math.sqrt(found.values[k] as number);
  });
}

/** `project` writes the scores of a row without the mean. */
function codeOf(
  mean: Float64Array,
  components: number,
  project: (centred: Float64Array, scores: Float64Array) => void,
): LinearCode {
  const dim = mean.length;
  return {
    components,
    squaredErrors(values, counts) {
      if (!Number.isInteger(values.length / dim))
        throw new ModelError(`${values.length} values of ${dim} columns; a linear code needs whole rows.`);
      const sums = new Float64Array(counts.length);
      const centred = new Float64Array(dim);
      const scores = new Float64Array(components);
      for (let at = 0; at < values.length; at += dim) {
        for (let i = 0; i < dim; i++) centred[i] = (values[at + i] as number) - (mean[i] as number);
        const power = dot(centred, 0, centred);
        if (!Number.isFinite(power)) throw notFinite();
        project(centred, scores);
        for (const [i, count] of counts.entries()) {
          let left = power;
          for (let k = 0; k < Math.min(count, components); k++) left -= (scores[k] as number) ** 2;
          // Rounding can leave less than nothing.
          sums[i] = (sums[i] as number) + Math.max(0, left);
        }
      }
      return sums;
    },
  };
}

/** Of `b` with the values of `a` from a place on. */
function dot(a: Float64Array, from: number, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += (a[from + i] as number) * (b[i] as number);
  return sum;
}

/** The same of single precision (one function of both is slow at either), in four sums, none of which waits for another. */
function dotSingle(a: Float32Array, from: number, b: Float64Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const whole = b.length - (b.length % 4);
  for (let i = 0, at = from; i < whole; i += 4, at += 4) {
    first += (a[at] as number) * (b[i] as number);
    second += (a[at + 1] as number) * (b[i + 1] as number);
    third += (a[at + 2] as number) * (b[i + 2] as number);
    fourth += (a[at + 3] as number) * (b[i + 3] as number);
  }
  for (let i = whole; i < b.length; i++) first += (a[from + i] as number) * (b[i] as number);
  return first + second + (third + fourth);
}

const notFinite = () => new ModelError('A linear code needs finite values; some here are not, or overflow.');
