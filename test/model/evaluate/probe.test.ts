import { describe, expect, it } from 'vitest';
import { Random } from '../../../engine/index.ts';
import { metricsOf } from '../../../model/evaluate/metrics.ts';
import { scoresOf, trainProbe } from '../../../model/evaluate/probe.ts';
import { testEngine } from '../../support/engine.ts';

/** Clouds around one corner a class, as tokens of a frozen encoder may lie. */
function clouds(rows: number, classes: number, dim: number, seed: number, spread = 1) {
  const random = new Random(seed, 'clouds');
  const labels = Uint32Array.from({ length: rows }, (_, row) => row % classes);
  const values = Float32Array.from({ length: rows * dim }, (_, i) => {
    const [row, column] = [Math.floor(i / dim), i % dim];
    return spread * random.normal(i) + (column === labels[row] ? 2 : 0);
  });
  return { values, dim, labels };
}

describe('trainProbe', () => {
  it('learns what a linear layer can tell, and stops where validation gains nothing more', async () => {
    const engine = await testEngine();
    const [train, validation, test] = [clouds(300, 3, 6, 1), clouds(90, 3, 6, 2), clouds(300, 3, 6, 3)];
    const options = { classes: 3, seed: 4, learningRate: 0.02, batchSize: 64, epochs: 60, patience: 5 };
    const probe = await trainProbe(engine, train, validation, options);
    expect(metricsOf({ values: scoresOf(probe, test), classes: 3 }, test.labels).auroc).toBeGreaterThan(0.93);
    const { history, best } = probe;
    expect(history.map(({ epoch }) => epoch)).toEqual(history.map((_, i) => i + 1));
    expect(history.at(-1)?.loss).toBeLessThan(0.8 * (history[0]?.loss ?? 0));
    expect(best.validationAuroc).toBe(Math.max(...history.map(({ validationAuroc }) => validationAuroc)));
    expect(history.length < 60 ? history.length - best.epoch : 5).toBe(5);
    const validated = metricsOf({ values: scoresOf(probe, validation), classes: 3 }, validation.labels);
    expect(validated.auroc).toBeCloseTo(best.validationAuroc, 12);
  });

  it('is the same for a seed, and another for another', async () => {
    const engine = await testEngine();
    const [train, validation] = [clouds(50, 2, 4, 1, 2), clouds(40, 2, 4, 2, 2)];
    const run = (seed: number) =>
      trainProbe(engine, train, validation, { classes: 2, seed, batchSize: 16, epochs: 3 });
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other.weight).not.toEqual(first.weight);
  });

  it('refuses what cannot be learned from', async () => {
    const engine = await testEngine();
    const good = clouds(20, 2, 4, 1);
    const attempt = (train: object, validation: object = {}) =>
      trainProbe(engine, { ...good, ...train }, { ...good, ...validation }, { classes: 2, seed: 1 });
    await expect(attempt({ labels: [0, 1] })).rejects.toThrow(
      /80 values for 2 training labels and tokens of 4; there must be 8/,
    );
    await expect(attempt({}, { labels: new Uint32Array(20) })).rejects.toThrow(
      /20 validation rows are of one class/,
    );
    await expect(attempt({ labels: new Uint32Array(20).fill(7) })).rejects.toThrow(/7/);
  });
});
