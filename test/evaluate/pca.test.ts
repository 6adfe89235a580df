import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pca, project } from '../../evaluate/index.ts';
import { ModelError } from '../../model/index.ts';

/** Rows of mixed columns, so that axes are not those of the columns; some constant, some alike. */
const table = fc
  .record({
    dim: fc.integer({ min: 1, max: 9 }),
    rows: fc.integer({ min: 2, max: 25 }),
    scale: fc.constantFrom(1e-6, 1, 1e5),
    offset: fc.constantFrom(0, 3, -1000),
    rank: fc.integer({ min: 0, max: 9 }),
  })
  .chain(({ dim, rows, scale, offset, rank }) => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    return fc
      .record({
        loadings: fc.array(number, { minLength: rank * dim, maxLength: rank * dim }),
        scores: fc.array(number, { minLength: rank * rows, maxLength: rank * rows }),
      })
      .map(({ loadings, scores }) => {
        const values = Float64Array.from({ length: rows * dim }, (_, at) => {
          const [row, column] = [Math.floor(at / dim), at % dim];
          let sum = 0;
          for (let k = 0; k < rank; k++)
            sum += (scores[row * rank + k] as number) * (loadings[k * dim + column] as number);
          return scale * (sum + offset);
        });
        return { dim, rows, values, scale };
      });
  });

const check = (
  property: (drawn: { dim: number; rows: number; values: Float64Array; scale: number }) => void,
) => fc.assert(fc.property(table, property), { numRuns: 200, seed: 5 });

const dot = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

describe('pca', () => {
  it('has axes of length one at right angles, by falling variance, that add up to that of the columns', () => {
    check(({ dim, rows, values, scale }) => {
      const { axes, variances, total, mean } = pca(values, dim);
      const axis = (i: number) => axes.subarray(i * dim, (i + 1) * dim);
      for (let i = 0; i < dim; i++) {
        for (let j = 0; j <= i; j++) expect(dot(axis(i), axis(j))).toBeCloseTo(i === j ? 1 : 0, 10);
        if (i > 0) expect(variances[i]).toBeLessThanOrEqual(variances[i - 1] as number);
        const largest = Math.max(...axis(i).map(Math.abs));
        expect(axis(i)).toContain(largest);
      }
      let spread = 0;
      for (const [at, value] of values.entries()) spread += (value - (mean[at % dim] as number)) ** 2;
      expect(total / scale ** 2).toBeCloseTo(spread / (rows - 1) / scale ** 2, 7);
    });
  });

  it('leaves out, of the rows rebuilt from the first axes, the variance of the others', () => {
    check(({ dim, rows, values, scale }) => {
      const found = pca(values, dim);
      for (let count = 0; count <= dim; count++) {
        const scores = project(found, values, count);
        let error = 0;
        for (const [at, value] of values.entries()) {
          const [row, column] = [Math.floor(at / dim), at % dim];
          let rebuilt = found.mean[column] as number;
          for (let k = 0; k < count; k++)
            rebuilt += (scores[row * count + k] as number) * (found.axes[k * dim + column] as number);
          error += (value - rebuilt) ** 2;
        }
        const left = found.variances.subarray(count).reduce((sum, value) => sum + value, 0);
        expect(error / (rows - 1) / scale ** 2).toBeCloseTo(left / scale ** 2, 7);
      }
    });
  });

  it('gives projections whose variance is that of the axis, and no covariance', () => {
    check(({ dim, rows, values, scale }) => {
      const found = pca(values, dim);
      const scores = project(found, values, dim);
      for (let i = 0; i < dim; i++)
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let row = 0; row < rows; row++)
            sum += (scores[row * dim + i] as number) * (scores[row * dim + j] as number);
          const expected = i === j ? (found.variances[i] as number) : 0;
          expect(sum / (rows - 1) / scale ** 2).toBeCloseTo(expected / scale ** 2, 7);
        }
    });
  });

  it('finds the axis that a cloud was made along, with the same sign every time', () => {
    const rows = 400;
    const values = Float32Array.from({ length: rows * 2 }, (_, at) => {
      const t = Math.floor(at / 2) / rows - 0.5;
      return at % 2 === 0 ? -4 * t : 3 * t;
    });
    const { axes, variances, total } = pca(values, 2);
    expect(axes[0]).toBeCloseTo(0.8, 6);
    expect(axes[1]).toBeCloseTo(-0.6, 6);
    expect((variances[0] as number) / total).toBeCloseTo(1, 6);
    expect(
      pca(
        values.map((value) => -value),
        2,
      ).axes.slice(0, 2),
    ).toEqual(axes.slice(0, 2));
  });

  it('refuses what has no components', () => {
    expect(() => pca([1, 2, 3], 3)).toThrow(ModelError);
    expect(() => pca([1, 2, 3, 4, 5], 2)).toThrow(/two whole rows/);
    expect(() => pca([1, 2, Number.NaN, 4], 2)).toThrow(/finite/);
  });
});
