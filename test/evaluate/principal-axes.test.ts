import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/index.ts';
import { LogisticInputs, LogisticRegression } from '../../evaluate/logistic.ts';
import { alongAxes, principalAxes } from '../../evaluate/principal-axes.ts';

const random = new Random(8, 'axes');
const cloud = (rows: number, columns: number, from = 0) =>
  Float64Array.from(
    { length: rows * columns },
    (_, i) => random.normal(from + i) * (1 + (i % columns)) + Math.sin(i % columns),
  );
const products = (values: Float64Array, rows: number, columns: number) =>
  Array.from({ length: rows * rows }, (_, at) => {
    const [i, j] = [Math.floor(at / rows), at % rows];
    let sum = 0;
    for (let k = 0; k < columns; k++)
      sum += (values[i * columns + k] as number) * (values[j * columns + k] as number);
    return sum;
  });

describe('principalAxes', () => {
  it.each([
    [30, 7],
    [7, 30],
    [9, 9],
    [1, 5],
    [5, 1],
  ])('of %i rows and %i columns are at right angles, and hold all that the rows are', (rows, columns) => {
    const values = cloud(rows, columns);
    const axes = principalAxes(values, columns);
    expect(axes.count).toBe(Math.min(rows, columns));
    const across = products(axes.axes, axes.count, columns);
    for (const [at, value] of across.entries())
      expect(value).toBeCloseTo(Number(Math.floor(at / axes.count) === at % axes.count), 9);
    // Distances and angles between rows are what they were.
    const turned = alongAxes(values, axes);
    const [before, after] = [products(values, rows, columns), products(turned, rows, axes.count)];
    for (const [at, value] of before.entries()) expect(after[at]).toBeCloseTo(value, 6);
    // By falling sums of squares, those of the first axes alone too.
    const squares = Array.from({ length: axes.count }, (_, k) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += (turned[row * axes.count + k] as number) ** 2;
      return sum;
    });
    expect(squares).toEqual([...squares].sort((a, b) => b - a));
    expect(alongAxes(values, axes, 1)).toHaveLength(rows);
    expect(alongAxes(values, axes, 1)[0]).toBe(turned[0]);
  });

  it('leaves out directions in which rows do not lie, and gives none of zeros', () => {
    const row = cloud(1, 6);
    const twice = Float64Array.from([...row, ...row.map((value) => 2 * value), ...row]);
    expect(principalAxes(twice, 6).count).toBe(1);
    expect(principalAxes(new Float64Array(12), 6).count).toBe(0);
  });
});

describe('a regression on turned columns', () => {
  it('is the minimum for plain ones too: more columns than rows, many rows, alike columns', () => {
    for (const [rows, columns] of [
      [12, 40],
      [300, 5],
      [40, 41],
    ] as const) {
      const values = cloud(rows, columns, 10_000);
      // One column twice, one that never changes.
      for (let row = 0; row < rows; row++) {
        values[row * columns + 1] = values[row * columns] as number;
        values[row * columns + 2] = 3;
      }
      const labels = Uint32Array.from({ length: rows }, (_, row) =>
        Number((values[row * columns] as number) + random.normal(row) > 0),
      );
      const c = 0.5;
      const data = { values, columns };
      const found = LogisticRegression.fit(data, labels, 2, { c, balanced: false });
      const inputs = new LogisticInputs(data);
      // At the minimum the gradient of the whole loss is zero: of the standardised columns, by hand.
      const probabilities = found.predict(data);
      const weights = weightsOf(found, inputs, columns);
      for (let column = 0; column < columns; column++) {
        let slope = (weights[column] as number) / (c * rows);
        for (let row = 0; row < rows; row++)
          slope +=
            (((probabilities[2 * row + 1] as number) - (labels[row] as number)) *
              ((values[row * columns + column] as number) - (inputs.standardization.mean[column] as number)) *
              (inputs.standardization.scale[column] as number)) /
            rows;
        expect(Math.abs(slope)).toBeLessThan(1e-6);
      }
    }
  });
});

/** Weights of class 1 on standardised columns, from what a step of one deviation in a column changes. */
function weightsOf(found: LogisticRegression, inputs: LogisticInputs, columns: number): number[] {
  const { mean, scale } = inputs.standardization;
  const zero = [...mean];
  const logit = (values: number[]) => found.logits({ values, columns })[1] as number;
  return zero.map((value, column) => {
    if (scale[column] === 0) return 0;
    const moved = [...zero];
    moved[column] = value + 1 / (scale[column] as number);
    return logit(moved) - logit(zero);
  });
}
