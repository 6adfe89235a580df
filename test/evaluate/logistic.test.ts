import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/index.ts';
import { LogisticInputs, LogisticRegression, logisticLoss } from '../../evaluate/logistic.ts';

interface Case {
  readonly columns: number;
  readonly classes: number;
  readonly c: number;
  readonly balanced: boolean;
  readonly labels: number[];
  readonly values: number[];
  readonly probabilities: number[];
}

const file = new URL('../golden/scipy/logistic.json', import.meta.url);
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

/** Rows of unlike columns, of three classes of unlike sizes that overlap. */
function drawn(count: number, columns: number) {
  const random = new Random(5, 'logistic');
  const labels = Array.from({ length: count }, (_, row) => [0, 0, 0, 1, 1, 2][row % 6] as number);
  const values = Float64Array.from({ length: count * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return 10 ** (column - 1) * (random.normal(i) + (labels[row] === column ? 1 : 0) + column);
  });
  return { labels, values };
}

describe('the loss of a logistic regression', () => {
  const [count, columns, classes, c] = [60, 3, 3, 0.1];
  const { labels, values } = drawn(count, columns);
  const inputs = new LogisticInputs({ values, columns });
  const share = Float64Array.from(labels, (label) => 1 / (3 * labels.filter((one) => one === label).length));

  it('is that of its equation, and its gradient that of differences', () => {
    const { evaluate, scale } = logisticLoss({ inputs, labels, share, classes, c });
    const random = new Random(6, 'point');
    const stride = inputs.width + 1;
    const point = Float64Array.from({ length: classes * stride }, (_, i) => random.normal(i));
    const weight = (index: number, k: number) => (point[index * stride + k] as number) * (scale[k] as number);
    let wanted = 0;
    for (const [row, label] of labels.entries()) {
      const logits = Array.from({ length: classes }, (_, index) => {
        let logit = weight(index, inputs.width);
        for (let k = 0; k < inputs.width; k++)
          logit += weight(index, k) * (inputs.values[row * inputs.width + k] as number);
        return logit;
      });
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      wanted += (share[row] as number) * (Math.log(sum) - (logits[label] as number));
    }
    for (let index = 0; index < classes; index++)
      for (let k = 0; k < inputs.width; k++) wanted += weight(index, k) ** 2 / (2 * c * count);
    const gradient = new Float64Array(point.length);
    expect(evaluate(point, gradient)).toBeCloseTo(wanted, 12);
    const step = 1e-5;
    for (const [i, slope] of gradient.entries()) {
      const at = (moved: number) =>
        evaluate(
          point.map((value, j) => (i === j ? value + moved : value)),
          new Float64Array(point.length),
        );
      expect(slope).toBeCloseTo((at(step) - at(-step)) / (2 * step), 8);
      expect(Math.abs(slope)).toBeGreaterThan(1e-4);
    }
  });

  it('has a curvature of about 1 along each variable, where all classes are as likely', () => {
    const { evaluate } = logisticLoss({ inputs, labels, share, classes, c });
    const size = classes * (inputs.width + 1);
    const none = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const slopeAt = (value: number) => {
        const gradient = new Float64Array(size);
        evaluate(
          none.map((_, j) => (i === j ? value : 0)),
          gradient,
        );
        return gradient[i] as number;
      };
      const curvature = (slopeAt(1e-4) - slopeAt(-1e-4)) / 2e-4;
      expect(curvature).toBeGreaterThan(0.6);
      expect(curvature).toBeLessThan(1.5);
    }
  });

  it('has no slope where the fit ends, by the equation alone', () => {
    const model = LogisticRegression.fit({ values, columns }, labels, classes, { c });
    const { mean, deviation } = momentsOf(values, columns);
    // A logit is linear, so that rows one deviation from the mean give the weights of standardised columns.
    const logitsAt = (column: number) =>
      model.logits({
        values: mean.map((one, k) => one + (k === column ? (deviation[k] as number) : 0)),
        columns,
      });
    const intercepts = logitsAt(-1);
    const weights = mean.map((_, k) =>
      logitsAt(k).map((logit, index) => logit - (intercepts[index] as number)),
    );
    const probabilities = model.predict({ values, columns });
    let largest = 0;
    for (let index = 0; index < classes; index++)
      for (let k = -1; k < columns; k++) {
        let slope = k < 0 ? 0 : (weights[k]?.[index] as number) / (c * count);
        for (const [row, label] of labels.entries()) {
          const error = (probabilities[row * classes + index] as number) - Number(label === index);
          const input =
            k < 0
              ? 1
              : ((values[row * columns + k] as number) - (mean[k] as number)) / (deviation[k] as number);
          slope += (share[row] as number) * error * input;
        }
        largest = Math.max(largest, Math.abs(slope));
      }
    expect(largest).toBeLessThan(1e-7);
    expect(Math.max(...weights.flatMap((one) => [...one]))).toBeGreaterThan(0.3);
  });
});

function momentsOf(values: Float64Array, columns: number) {
  const rows = values.length / columns;
  const mean = new Array<number>(columns).fill(0);
  const deviation = new Array<number>(columns).fill(0);
  for (const [i, value] of values.entries()) mean[i % columns] = (mean[i % columns] as number) + value / rows;
  for (const [i, value] of values.entries())
    deviation[i % columns] =
      (deviation[i % columns] as number) + (value - (mean[i % columns] as number)) ** 2 / rows;
  return { mean, deviation: deviation.map(Math.sqrt) };
}
