import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '../../../model/evaluate/logistic.ts';

interface Case {
  readonly columns: number;
  readonly classes: number;
  readonly c: number;
  readonly balanced: boolean;
  readonly labels: number[];
  readonly values: number[];
  readonly probabilities: number[];
}

const file = new URL('../../golden/scipy/logistic.json', import.meta.url);
const { cases, ...versions } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };

describe(`LogisticRegression, as another optimizer finds it (${Object.entries(versions).join(' ')})`, () => {
  it.each(cases.map((one, index) => [index, one] as const))('case %i', (_, one) => {
    const { values, columns, labels, classes, c, balanced, probabilities } = one;
    const found = LogisticRegression.fit({ values, columns }, labels, classes, { c, balanced }).predict({
      values,
      columns,
    });
    expect(found).toHaveLength(probabilities.length);
    for (const [i, wanted] of probabilities.entries())
      expect(Math.abs((found[i] as number) - wanted)).toBeLessThan(2e-5);
  });
});

describe('LogisticRegression', () => {
  it('takes columns that never change, and rows that it was not fitted to', () => {
    const values = [1, 5, 2, 5, 3, 5, 4, 5];
    const model = LogisticRegression.fit({ values, columns: 2 }, [0, 0, 1, 1], 2, { c: 10 });
    const [low = 0, , high = 0] = model.predict({ values: [0, 9, 9, -3], columns: 2 });
    expect(low).toBeGreaterThan(0.9);
    expect(high).toBeLessThan(0.1);
  });

  it('refuses what does not fit together', () => {
    const regress = (labels: number[], columns = 1) =>
      LogisticRegression.fit({ values: [1, 2, 3], columns }, labels, 2, { c: 1 });
    expect(() => regress([0, 1])).toThrow(/3 values for 2 rows of 1 columns; there must be 2/);
    expect(() => regress([0, 1, 2])).toThrow(/Row 2 is of class 2; classes are 0 to 1/);
    expect(() => regress([1, 1, 1])).toThrow(/All 3 rows are of one class/);
    expect(() => regress([0, 1, 1]).predict({ values: [1, 2], columns: 2 })).toThrow(
      /Rows of 2 columns; this regression was fitted to 1/,
    );
  });
});
