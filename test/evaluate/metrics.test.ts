import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRICS, type Metrics, metricsOf, predictions, ScoredRows } from '../../evaluate/metrics.ts';
import { auroc, averagePrecision, Ranking } from '../../evaluate/ranking.ts';
import { classTargets } from '../../evaluate/targets.ts';

interface Golden {
  readonly kind: 'classes' | 'labels';
  readonly classes: number;
  readonly positive: number;
  readonly scores: number[];
  readonly marks: number[];
  readonly weights: number[] | null;
  readonly metrics: Metrics;
}

const file = new URL('../golden/sklearn/metrics.json', import.meta.url);
const { cases, ...versions } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Golden[] };

describe(`metrics of scikit-learn (${Object.entries(versions).join(' ')})`, () => {
  it.each(cases.map((one, index) => [index, one.kind, one.classes, one] as const))(
    'case %i: %s, %i',
    (_, kind, classes, { positive, scores, marks, weights, metrics }) => {
      const targets = { classes, marks: Uint8Array.from(marks), many: kind === 'labels' };
      const scored = new ScoredRows({ values: scores, classes }, targets, { positive });
      const found = scored.metrics(weights ?? undefined);
      for (const key of METRICS) expect(found[key], key).toBeCloseTo(metrics[key], 10);
    },
  );
});

/** Scores with ties, and both kinds of rows. */
const binary = fc
  .array(fc.record({ score: fc.integer({ min: -6, max: 6 }), positive: fc.boolean() }), {
    minLength: 2,
    maxLength: 60,
  })
  .filter((rows) => rows.some(({ positive }) => positive) && rows.some(({ positive }) => !positive));

const columns = (rows: readonly { score: number; positive: boolean }[]) =>
  [rows.map(({ score }) => score), rows.map(({ positive }) => positive)] as const;

describe('auroc', () => {
  it('is the part of pairs in the right order, ties half', () => {
    fc.assert(
      fc.property(binary, (rows) => {
        let [right, pairs] = [0, 0];
        for (const a of rows.filter(({ positive }) => positive))
          for (const b of rows.filter(({ positive }) => !positive)) {
            pairs++;
            right += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
          }
        expect(auroc(...columns(rows))).toBeCloseTo(right / pairs, 12);
      }),
      { seed: 1 },
    );
  });

  it('of one kind of rows alone is none, and of a score that is not a number an error', () => {
    expect(auroc([1, 2], [true, true])).toBeNaN();
    expect(() => auroc([1, Number.NaN], [true, false])).toThrow(/score of row 1 is not a number/);
  });
});

describe('averagePrecision', () => {
  it('is the sum over thresholds of precision times the recall gained', () => {
    fc.assert(
      fc.property(binary, (rows) => {
        const total = rows.filter(({ positive }) => positive).length;
        const thresholds = [...new Set(rows.map(({ score }) => score))].sort((a, b) => b - a);
        let [area, before] = [0, 0];
        for (const threshold of thresholds) {
          const taken = rows.filter(({ score }) => score >= threshold);
          const hits = taken.filter(({ positive }) => positive).length;
          area += (hits / total - before) * (hits / taken.length);
          before = hits / total;
        }
        expect(averagePrecision(...columns(rows))).toBeCloseTo(area, 12);
      }),
      { seed: 2 },
    );
  });
});

describe('metricsOf', () => {
  it('agrees with numbers worked out by hand', () => {
    // True 0 0 0 1 1 2, taken for 0 0 1 1 2 2.
    const values = [9, 1, 0, 8, 1, 0, 1, 7, 0, 2, 6, 1, 0, 3, 5, 1, 0, 4];
    const labels = [0, 0, 0, 1, 1, 2];
    expect([...predictions({ values, classes: 3 }, 6)]).toEqual([0, 0, 1, 1, 2, 2]);
    const scored = new ScoredRows({ values, classes: 3 }, classTargets(labels, 3));
    expect(scored.confusion()).toEqual([
      [2, 1, 0],
      [0, 1, 1],
      [0, 0, 1],
    ]);
    const { balancedAccuracy, f1, kappa, accuracy } = metricsOf({ values, classes: 3 }, labels);
    expect(balancedAccuracy).toBeCloseTo((2 / 3 + 1 / 2 + 1) / 3, 12);
    expect(f1).toBeCloseTo((4 / 5 + 2 / 4 + 2 / 3) / 3, 12);
    expect(accuracy).toBeCloseTo(4 / 6, 12);
    // By chance 3*2 + 2*2 + 1*2 of 36.
    expect(kappa).toBeCloseTo((4 / 6 - 12 / 36) / (1 - 12 / 36), 12);
  });

  it('of two classes ranks by the positive one, of several is the mean of each against the rest', () => {
    const score = [0.1, 0.4, 0.35, 0.8];
    const labels = [0, 0, 1, 1];
    const scores = { values: score.flatMap((p) => [1 - p, p]), classes: 2 };
    const two = metricsOf(scores, labels);
    expect(two.auroc).toBeCloseTo(0.75, 12);
    // Found 1, 0, 1, 0 from the top: precisions 1 and 2/3 where recall grows by a half.
    expect(two.auprc).toBeCloseTo((1 + 2 / 3) / 2, 12);
    const other = metricsOf(scores, labels, { positive: 0 });
    expect(other.auprc).toBeCloseTo((1 + 2 / 3) / 2, 12);
    const { auprc: _, ...rest } = two;
    expect(other).toMatchObject(rest);
    const three = metricsOf({ values: score.flatMap((p) => [1 - p, p, 0]), classes: 3 }, labels);
    expect(three.auroc).toBeCloseTo(0.75, 12);
  });

  it('has an F1 that is macro of two classes too, whichever is positive and in whichever order', () => {
    // Of 8 and 2: taken for the first 7 of the 8, and 1 of the 2.
    const labels = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
    const taken = [0, 0, 0, 0, 0, 0, 0, 1, 0, 1];
    const values = taken.flatMap((label) => (label === 0 ? [0.9, 0.1] : [0.1, 0.9]));
    const macro = (14 / 16 + 2 / 4) / 2;
    const scores = { values, classes: 2 };
    for (const positive of [0, 1]) expect(metricsOf(scores, labels, { positive }).f1).toBeCloseTo(macro, 12);
    const turned = { values: taken.flatMap((label) => (label === 0 ? [0.1, 0.9] : [0.9, 0.1])), classes: 2 };
    const swapped = metricsOf(
      turned,
      labels.map((label) => 1 - label),
    );
    expect(swapped.f1).toBeCloseTo(macro, 12);
    // The rarer class as the positive one: both of its rows at thresholds of 2 and 10, with 1 and 2 found.
    expect(metricsOf(scores, labels).auprc).toBeCloseTo((1 / 2) * (1 / 2) + (1 / 2) * (2 / 10), 12);
    expect(swapped.auprc).toBeCloseTo((7 / 8) * (7 / 8) + (1 / 8) * (8 / 10), 12);
  });

  it('is not defined, rather than 0, where rows tell nothing', () => {
    const one = metricsOf({ values: [0.9, 0.1, 0.8, 0.2], classes: 2 }, [0, 0]);
    expect(one).toMatchObject({ auroc: Number.NaN, auprc: Number.NaN, kappa: Number.NaN });
    expect(one).toMatchObject({ balancedAccuracy: 1, f1: 1, accuracy: 1 });
    // Of a positive class that all rows are of every precision is 1.
    expect(metricsOf({ values: [0.1, 0.9], classes: 2 }, [1]).auprc).toBe(1);
    const values = [0.2, 0.8, 0.7, 0.3, 0.6, 0.4];
    const none = new ScoredRows({ values, classes: 2 }, classTargets([0, 1, 1], 2)).metrics([0, 0, 0]);
    for (const key of METRICS) expect(none[key], key).toBeNaN();
    // Weights whose sums are rounded: still one class, and nothing that chance does not explain.
    const single = new ScoredRows({ values, classes: 2 }, classTargets([1, 0, 0], 2));
    expect(single.metrics([0, 0.1, 0.7]).kappa).toBeNaN();
    expect(single.metrics([0.1, 0, 0]).kappa).toBeNaN();
    expect(single.metrics([0, 0.1, 0.7]).auroc).toBeNaN();
  });

  it('counts a class that is predicted and not there as missed, and one that is neither not at all', () => {
    const values = [0.1, 0.9, 0, 0, 0.9, 0.1, 0, 0, 0.2, 0.1, 0.7, 0];
    const { f1, balancedAccuracy, auroc } = metricsOf({ values, classes: 4 }, [1, 0, 0]);
    expect(f1).toBeCloseTo((2 / 3 + 1 + 0) / 3, 12);
    expect(balancedAccuracy).toBeCloseTo((1 / 2 + 1) / 2, 12);
    expect(auroc).toBe(1);
  });

  it('is perfect for perfect scores and knows nothing from equal ones, whatever the labels', () => {
    const labelled = fc
      .array(fc.nat(3), { minLength: 4, maxLength: 40 })
      .filter((labels) => new Set(labels).size === 4);
    fc.assert(
      fc.property(labelled, (labels) => {
        const perfect = metricsOf(
          { values: labels.flatMap((label) => [0, 1, 2, 3].map((c) => Number(c === label))), classes: 4 },
          labels,
        );
        for (const value of Object.values(perfect)) expect(value).toBeCloseTo(1, 12);
        const blind = metricsOf({ values: new Float32Array(4 * labels.length), classes: 4 }, labels);
        expect(blind.auroc).toBeCloseTo(0.5, 12);
        expect(blind.balancedAccuracy).toBeCloseTo(0.25, 12);
        expect(blind.kappa).toBeCloseTo(0, 12);
      }),
      { seed: 3 },
    );
  });

  it('refuses what does not fit together', () => {
    expect(() => metricsOf({ values: [1, 2, 3], classes: 2 }, [0, 1])).toThrow(
      /3 scores for 2 rows of 2 classes; there must be 4/,
    );
    expect(() => metricsOf({ values: [1, 2], classes: 2 }, [2])).toThrow(/Row 0 is of class 2/);
    const nan = { values: [0.5, 0.5, Number.NaN, 0.5], classes: 2 };
    // Neither class alone would be ranked by it.
    for (const positive of [0, 1])
      expect(() => metricsOf(nan, [0, 1], { positive })).toThrow(
        /score of row 1 for class 0 is not a number/,
      );
    for (const positive of [-1, 2, 0.5])
      expect(() => metricsOf({ values: [1, 2], classes: 2 }, [1], { positive })).toThrow(
        /The positive class is .*; of two classes it is 0 or 1/,
      );
    const scored = new ScoredRows({ values: [1, 2, 2, 1], classes: 2 }, classTargets([0, 1], 2));
    expect(() => scored.metrics([1])).toThrow(/1 weights for 2 rows/);
    expect(() => scored.metrics([1, Number.NaN])).toThrow(/weight of row 1 is NaN; it must be finite/);
    expect(() => scored.metrics([-1, 1])).toThrow(/weight of row 0 is -1/);
    const marks = (...of: number[]) => ({ classes: 2, marks: Uint8Array.from(of), many: false });
    const two = { values: [1, 2], classes: 2 };
    expect(() => new ScoredRows(two, marks(0, 0))).toThrow(/Row 0 is of no class/);
    expect(() => new ScoredRows(two, marks(1, 1))).toThrow(/Row 0 is of several classes/);
    const many = new ScoredRows(two, { ...marks(1, 1), many: true });
    expect(() => many.confusion()).toThrow(/have no confusion matrix/);
  });
});

describe('ScoredRows', () => {
  it('counts a row of weight n as n rows, and one of none not at all', () => {
    const drawn = fc
      .array(fc.record({ score: fc.integer({ min: -4, max: 4 }), label: fc.nat(2), weight: fc.nat(3) }), {
        minLength: 6,
        maxLength: 40,
      })
      .filter(
        (rows) => new Set(rows.filter(({ weight }) => weight > 0).map(({ label }) => label)).size === 3,
      );
    fc.assert(
      fc.property(drawn, (rows) => {
        const scored = (some: typeof rows) =>
          new ScoredRows(
            { values: some.flatMap(({ score }) => [score, -score, score / 2]), classes: 3 },
            classTargets(
              some.map(({ label }) => label),
              3,
            ),
          );
        const weighted = scored(rows).metrics(rows.map(({ weight }) => weight));
        const repeated = scored(
          rows.flatMap((row) => Array.from({ length: row.weight }, () => row)),
        ).metrics();
        for (const key of METRICS) expect(weighted[key]).toBeCloseTo(repeated[key], 10);
      }),
      { seed: 4 },
    );
  });

  it('draws ROC curves whose area is the AUROC', () => {
    fc.assert(
      fc.property(binary, (rows) => {
        const [scores, positive] = columns(rows);
        const points = new Ranking(scores).rocCurve(positive);
        expect(points[0]).toEqual({ falsePositives: 0, truePositives: 0 });
        expect(points.at(-1)).toEqual({ falsePositives: 1, truePositives: 1 });
        const area = points.slice(1).reduce((sum, point, i) => {
          const before = points[i] as (typeof points)[0];
          const width = point.falsePositives - before.falsePositives;
          return sum + (width * (point.truePositives + before.truePositives)) / 2;
        }, 0);
        expect(area).toBeCloseTo(auroc(scores, positive), 12);
      }),
      { seed: 5 },
    );
  });
});
