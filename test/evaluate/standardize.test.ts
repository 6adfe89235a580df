import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/index.ts';
import { scoresOf, trainProbe } from '../../evaluate/probe.ts';
import { foldedInto, standardizationOf, standardized } from '../../evaluate/standardize.ts';
import { classTargets } from '../../evaluate/targets.ts';
import { testEngine } from '../support/engine.ts';

const random = new Random(5, 'standardize');

describe('standardizationOf', () => {
  it('has a scale of 0 for columns that never change, also where their mean is not them exactly', () => {
    // The mean of three 0.1 is not 0.1.
    const rows = { values: [0.1, 1, 0.1, 2, 0.1, 6], columns: 2 };
    const found = standardizationOf(rows);
    expect(found.scale[0]).toBe(0);
    const values = standardized(rows, found);
    expect([values[0], values[2], values[4]]).toEqual([0, 0, 0]);
    expect((values[1] as number) ** 2 + (values[3] as number) ** 2 + (values[5] as number) ** 2).toBeCloseTo(
      3,
      12,
    );
    expect([...standardized({ values: [7, 3], columns: 2 }, found)]).toEqual([0, 0]);
  });

  it('refuses rows that do not fit', () => {
    const found = standardizationOf({ values: [1, 2], columns: 2 });
    expect(() => standardized({ values: [1], columns: 1 }, found)).toThrow(
      /Rows of 1 columns; .* by rows of 2/,
    );
    expect(() => standardizationOf({ values: [], columns: 2 })).toThrow(/there is none/);
  });
});

describe('foldedInto', () => {
  it('gives for plain rows what the layer gives for standardised ones', () => {
    const columns = 7;
    const values = Float32Array.from({ length: 40 * columns }, (_, i) =>
      // Of very different sizes, far from zero, and one that never changes.
      i % columns === 3 ? 5 : 10 ** ((i % columns) - 3) * (100 + random.normal(i)),
    );
    const rows = { values, columns };
    const found = standardizationOf(rows);
    const weight = Float32Array.from({ length: 3 * columns }, (_, i) => random.normal(1000 + i));
    const bias = Float32Array.of(0.5, -1, 2);
    const wanted = scoresOf({ weight, bias }, { values: standardized(rows, found), columns }, false);
    const scores = scoresOf(foldedInto(weight, bias, found), rows, false);
    for (const [i, value] of wanted.entries()) expect(scores[i]).toBeCloseTo(value, 9);
  });
});

describe('a probe on standardised columns', () => {
  const cloud = (rows: number, seed: number) => {
    const own = new Random(seed, 'cloud');
    const labels = Uint32Array.from({ length: rows }, (_, row) => row % 2);
    const values = Float32Array.from({ length: 3 * rows }, (_, i) => {
      const [row, column] = [Math.floor(i / 3), i % 3];
      // What tells the classes apart is small beside what does not, and beside its own offset.
      if (column === 2) return 4;
      return column === 0 ? 300 * own.normal(i) : 20 + 0.01 * (own.normal(i) + 2 * (labels[row] as number));
    });
    return { values, columns: 3, targets: classTargets(labels, 2) };
  };

  it('finds what small steps on plain ones do not, and keeps one layer for plain rows', async () => {
    const engine = await testEngine();
    const [train, validation] = [cloud(120, 1), cloud(60, 2)];
    const options = { seed: 1, learningRate: 0.02, epochs: 25 };
    const plain = await trainProbe(engine, train, validation, options);
    const probe = await trainProbe(engine, train, validation, { ...options, standardize: true });
    expect(plain.best.validationAuroc).toBeLessThan(0.75);
    expect(probe.best.validationAuroc).toBeGreaterThan(0.85);
    expect([probe.kept.weight.length, probe.kept.bias.length]).toEqual([6, 2]);
    expect([probe.kept.weight[2], probe.kept.weight[5]].map((value) => Math.abs(value ?? 1))).toEqual([0, 0]);
    expect(scoresOf(probe.kept, validation, false).every(Number.isFinite)).toBe(true);
    // It begins at zero: no luck of random weights in the first epoch.
    const first = { ...options, standardize: true, epochs: 1, learningRate: 1e-9 };
    const { kept, history } = await trainProbe(engine, train, validation, first);
    expect(history[0]?.loss).toBeCloseTo(Math.log(2), 5);
    expect(Math.max(...kept.weight.map(Math.abs))).toBeLessThan(1e-6);
    // The folded head is that of the epoch that was chosen.
    const scores = scoresOf(probe.kept, validation, false);
    let [right, pairs] = [0, 0];
    for (let a = 0; a < 60; a += 2)
      for (let b = 1; b < 60; b += 2) {
        pairs++;
        right += Number((scores[2 * b + 1] as number) > (scores[2 * a + 1] as number));
      }
    expect(right / pairs).toBeCloseTo(probe.best.validationAuroc, 12);
  });
});
