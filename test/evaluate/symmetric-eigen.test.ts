import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pca, project } from '../../evaluate/index.ts';
import { symmetricEigen } from '../../evaluate/symmetric-eigen.ts';
import { ModelError } from '../../model/index.ts';
import { randomArray } from '../support/ndarray.ts';

/** Rows at right angles of length 1: the unit matrix between reflections at random directions. */
function orthogonal(dim: number, seed: number): Float64Array {
  const rows = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) rows[i * dim + i] = 1;
  for (let k = 0; k < 3; k++) {
    const v = Float64Array.from(randomArray([dim], 10 * seed + k).data);
    const square = v.reduce((sum, value) => sum + value * value, 0);
    for (let row = 0; row < rows.length; row += dim) {
      let along = 0;
      for (let i = 0; i < dim; i++) along += (rows[row + i] as number) * (v[i] as number);
      for (let i = 0; i < dim; i++)
        rows[row + i] = (rows[row + i] as number) - ((2 * along) / square) * (v[i] as number);
    }
  }
  return rows;
}

/** The symmetric matrix of these eigenvalues, and of the rows of `vectors`. */
function composed(values: readonly number[], vectors: Float64Array): Float64Array {
  const dim = values.length;
  const matrix = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < dim; j++)
      for (let k = 0; k < dim; k++)
        matrix[i * dim + j] =
          (matrix[i * dim + j] as number) +
          (values[k] as number) * (vectors[k * dim + i] as number) * (vectors[k * dim + j] as number);
  return matrix;
}

const dot = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

const rowOf = (rows: Float64Array, dim: number, i: number) => rows.subarray(i * dim, (i + 1) * dim);

/** Alike, zero, negative, and of sizes far apart. */
const spectrum = fc.oneof(
  fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }),
  fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 40 }),
  fc.integer({ min: 1, max: 40 }).map((dim) => Array.from({ length: dim }, (_, k) => 2 ** (-2 * k))),
);

describe('symmetricEigen', () => {
  it('finds the decomposition that a matrix was made of', () => {
    const drawn = fc.record({
      spectrum,
      seed: fc.integer({ min: 1, max: 1e6 }),
      scale: fc.constantFrom(1e-150, 1e-6, 1, 1e150),
    });
    const check = ({ spectrum, seed, scale }: { spectrum: number[]; seed: number; scale: number }) => {
      const dim = spectrum.length;
      const matrix = composed(spectrum, orthogonal(dim, seed));
      const { values, vectors } = symmetricEigen(
        matrix.map((value) => value * scale),
        dim,
      );
      const size = Math.max(...spectrum.map(Math.abs)) || 1;
      const known = spectrum.toSorted((a, b) => b - a);
      for (let i = 0; i < dim; i++) {
        const value = (values[i] as number) / scale;
        expect(Math.abs(value - (known[i] as number)) / size).toBeLessThan(1e-13);
        const vector = rowOf(vectors, dim, i);
        for (let j = 0; j <= i; j++)
          expect(Math.abs(dot(vector, rowOf(vectors, dim, j)) - (i === j ? 1 : 0))).toBeLessThan(1e-13);
        for (let row = 0; row < dim; row++) {
          const left = dot(rowOf(matrix, dim, row), vector) - value * (vector[row] as number);
          expect(Math.abs(left) / size).toBeLessThan(1e-13);
        }
      }
    };
    fc.assert(fc.property(drawn, check), { numRuns: 150, seed: 3 });
  });

  it('gives the vectors of values that stand alone, up to their sign', () => {
    const dim = 37;
    const rows = orthogonal(dim, 5);
    const { vectors } = symmetricEigen(
      composed(
        Array.from({ length: dim }, (_, k) => dim - k),
        rows,
      ),
      dim,
    );
    for (let i = 0; i < dim; i++)
      expect(Math.abs(dot(rowOf(vectors, dim, i), rowOf(rows, dim, i)))).toBeCloseTo(1, 12);
  });

  it('has the same bits for the same matrix, and for the first vectors alone', () => {
    const dim = 21;
    const matrix = composed(
      Array.from({ length: dim }, (_, k) => Math.floor(k / 3)),
      orthogonal(dim, 8),
    );
    const all = symmetricEigen(matrix.slice(), dim);
    expect(symmetricEigen(matrix.slice(), dim)).toEqual(all);
    const some = symmetricEigen(matrix.slice(), dim, 4);
    expect(some.values).toEqual(all.values);
    expect(some.vectors).toEqual(all.vectors.slice(0, 4 * dim));
  });

  it('takes diagonal and empty matrices, and refuses what has no numbers', () => {
    expect(symmetricEigen(Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, 2), 3)).toEqual({
      values: Float64Array.of(3, 2, 1),
      vectors: Float64Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0),
    });
    expect(symmetricEigen(new Float64Array(4), 2)).toEqual({
      values: new Float64Array(2),
      vectors: Float64Array.of(1, 0, 0, 1),
    });
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow(ModelError);
  });
});

describe('pca of many columns', () => {
  // Around the columns of a tile, and the rows that are taken together.
  it.each([
    [63, 40],
    [64, 64],
    [65, 66],
    [130, 131],
  ])('finds the axes that pairs of rows were laid along (%i pairs, %i columns)', (pairs, dim) => {
    const axes = orthogonal(dim, pairs);
    const count = Math.min(pairs, dim);
    const length = (k: number) => (k < count ? count - k : 0);
    const values = new Float64Array(2 * pairs * dim);
    for (let k = 0; k < pairs; k++)
      for (let i = 0; i < dim; i++) {
        const along = k < count ? length(k) * (axes[k * dim + i] as number) : 0;
        values[2 * k * dim + i] = i + along;
        values[(2 * k + 1) * dim + i] = i - along;
      }
    const found = pca(values, dim);
    const variance = (k: number) => (2 * length(k) ** 2) / (2 * pairs - 1);
    for (let k = 0; k < dim; k++) {
      expect((found.variances[k] as number) / variance(0)).toBeCloseTo(variance(k) / variance(0), 12);
      if (k < count) expect(Math.abs(dot(rowOf(found.axes, dim, k), rowOf(axes, dim, k)))).toBeCloseTo(1, 10);
    }
    for (let i = 0; i < dim; i++) expect(found.mean[i]).toBeCloseTo(i, 10);
    const first = pca(values, dim, 3);
    expect(first.axes).toEqual(found.axes.slice(0, 3 * dim));
    expect(first.variances).toEqual(found.variances);
    expect(project(first, values, 3)).toEqual(project(found, values, 3));
    expect(() => project(first, values, 4)).toThrow(/3 axes are there to project on, and 4 were asked for/);
  });
});
