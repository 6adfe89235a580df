import { describe, expect, it } from 'vitest';
import { bootstrap, intervalOf } from '../../evaluate/bootstrap.ts';

const groups = Array.from({ length: 200 }, (_, i) => `s${i % 20}`);
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** Interval of a weighted mean over rows. */
function intervalOfMean(value: (row: number) => number, seed: number, resamples = 1000) {
  const mean = (weights: Float64Array) => ({
    mean: sum(weights.map((weight, row) => weight * value(row))) / sum(weights),
  });
  return intervalOf(bootstrap(groups, mean, { seed, resamples }).map((one) => one.mean));
}

describe('bootstrap', () => {
  it('resamples whole groups: its width is that of means of groups', () => {
    // Rows of a group are all alike, so that 200 rows tell as much as 20.
    const value = (row: number) => Math.sin(7 * (row % 20));
    const { low, high } = intervalOfMean(value, 1, 2000);
    const values = Array.from({ length: 20 }, (_, i) => value(i));
    const centre = sum(values) / 20;
    const deviation = Math.sqrt(values.reduce((all, each) => all + (each - centre) ** 2, 0) / 20);
    const ratio = (high - low) / (2 * 1.96 * (deviation / Math.sqrt(20)));
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.1);
    expect(low).toBeLessThan(centre);
    expect(high).toBeGreaterThan(centre);
  });

  it('gives all rows of a group one weight, as many groups as there are', () => {
    bootstrap(
      groups,
      (weights) => {
        expect(sum(weights)).toBe(200);
        for (const [row, weight] of weights.entries()) expect(weight).toBe(weights[row % 20]);
        return {};
      },
      { seed: 3, resamples: 50 },
    );
  });

  it('depends on the seed alone, and says where too few resamples tell', () => {
    const value = (row: number) => Math.sin(row % 20);
    expect(intervalOfMean(value, 1)).toEqual(intervalOfMean(value, 1));
    expect(intervalOfMean(value, 2)).not.toEqual(intervalOfMean(value, 1));
    expect(intervalOf([1, 2, Number.NaN, 3])).toEqual({ low: 1.05, high: 2.95 });
    expect(intervalOf([1, Number.NaN, Number.NaN])).toEqual({ low: Number.NaN, high: Number.NaN });
  });
});
