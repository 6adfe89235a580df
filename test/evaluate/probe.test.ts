import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/index.ts';
import { logProbabilities } from '../../evaluate/log-probabilities.ts';
import { metricsOf, ScoredRows } from '../../evaluate/metrics.ts';
import { scoresOf, trainProbe } from '../../evaluate/probe.ts';
import { classTargets } from '../../evaluate/targets.ts';
import { testEngine } from '../support/engine.ts';

/** Clouds around one corner a class, as tokens of a frozen encoder may lie. */
function clouds(rows: number, classes: number, dim: number, seed: number, spread = 1) {
  const random = new Random(seed, 'clouds');
  const labels = Uint32Array.from({ length: rows }, (_, row) => row % classes);
  const values = Float32Array.from({ length: rows * dim }, (_, i) => {
    const [row, column] = [Math.floor(i / dim), i % dim];
    return spread * random.normal(i) + (column === labels[row] ? 2 : 0);
  });
  return { values, columns: dim, targets: classTargets(labels, classes), labels };
}

describe('trainProbe', () => {
  it('learns what a linear layer can tell, and stops where validation gains nothing more', async () => {
    const engine = await testEngine();
    const [train, validation, test] = [clouds(300, 3, 6, 1), clouds(90, 3, 6, 2), clouds(300, 3, 6, 3)];
    const options = { seed: 4, learningRate: 0.02, batchSize: 64, epochs: 60, patience: 5 };
    const probe = await trainProbe(engine, train, validation, options);
    expect(
      metricsOf({ values: scoresOf(probe.kept, test, false), classes: 3 }, test.labels).auroc,
    ).toBeGreaterThan(0.93);
    const { history, best } = probe;
    expect(history.map(({ epoch }) => epoch)).toEqual(history.map((_, i) => i + 1));
    expect(history.at(-1)?.loss).toBeLessThan(0.8 * (history[0]?.loss ?? 0));
    expect(best.validationAuroc).toBe(Math.max(...history.map(({ validationAuroc }) => validationAuroc)));
    expect(history.length < 60 ? history.length - best.epoch : 5).toBe(5);
    const validated = metricsOf(
      { values: scoresOf(probe.kept, validation, false), classes: 3 },
      validation.labels,
    );
    expect(validated.auroc).toBeCloseTo(best.validationAuroc, 12);
  });

  it('is the same for a seed, and another for another', async () => {
    const engine = await testEngine();
    const [train, validation] = [clouds(50, 2, 4, 1, 2), clouds(40, 2, 4, 2, 2)];
    const run = (seed: number) => trainProbe(engine, train, validation, { seed, batchSize: 16, epochs: 3 });
    const first = await run(1);
    await engine.idle();
    const { reserved } = engine.memory;
    const [again, other] = [await run(1), await run(2)];
    await engine.idle();
    expect(engine.memory.reserved).toBe(reserved);
    expect(again).toEqual(first);
    expect(other.kept.weight).not.toEqual(first.kept.weight);
  });

  it('scores so that rows can be ranked: not by the logit of one class, but by what it is beside the others', () => {
    // The logit of class 1 is the row's first number, that of class 0 the second.
    const head = { weight: Float32Array.of(0, 1, 1, 0), bias: Float32Array.of(0, 0) };
    const rows = { values: Float32Array.of(3, 5, 2, 1, 1, 2, 0, -1), columns: 2 };
    const targets = classTargets([0, 1, 0, 1], 2);
    const aurocOf = (many: boolean) =>
      new ScoredRows({ values: scoresOf(head, rows, many), classes: 2 }, targets).metrics().auroc;
    expect(aurocOf(false)).toBe(1);
    expect(scoresOf(head, rows, true)).toEqual(Float64Array.of(5, 3, 1, 2, 2, 1, -1, 0));
    const certain = logProbabilities(Float64Array.of(400, 0, 500, 0, -1e4, 1e4), 2);
    expect(certain.every(Number.isFinite)).toBe(true);
    expect(certain[2]).toBeGreaterThan(certain[0] as number);
    const three = logProbabilities(Float64Array.of(1, 2, 3), 3);
    expect(three.reduce((sum, each) => sum + Math.exp(each), 0)).toBeCloseTo(1, 12);
  });

  it('tells labels apart that rows may have together', async () => {
    const engine = await testEngine();
    const several = (rows: number, seed: number) => {
      const random = new Random(seed, 'several');
      const marks = Uint8Array.from({ length: 3 * rows }, (_, i) => Number(random.uniform(i) < 0.4));
      const values = Float32Array.from({ length: 4 * rows }, (_, i) => {
        const mark = i % 4 < 3 ? (marks[3 * Math.floor(i / 4) + (i % 4)] as number) : 0;
        return 0.7 * random.normal(i) + 2 * mark;
      });
      return { values, columns: 4, targets: { classes: 3, marks, many: true } };
    };
    const [train, validation, test] = [several(300, 1), several(100, 2), several(300, 3)];
    const options = { seed: 1, learningRate: 0.03, epochs: 40, classWeights: 'balanced' as const };
    const { kept } = await trainProbe(engine, train, validation, options);
    const scored = new ScoredRows({ values: scoresOf(kept, test, true), classes: 3 }, test.targets).metrics();
    expect(scored.auroc).toBeGreaterThan(0.95);
    expect(scored.f1).toBeGreaterThan(0.85);
  });

  it('gives rare classes their due where classes are balanced', async () => {
    const engine = await testEngine();
    const rare = (rows: number, seed: number) => {
      const random = new Random(seed, 'rare');
      const labels = Array.from({ length: rows }, (_, row) => Number(row % 20 === 0));
      const values = Float32Array.from(labels, (label, row) => random.normal(row) + 1.5 * label);
      return { values, columns: 1, targets: classTargets(labels, 2) };
    };
    const recall = async (classWeights: 'none' | 'balanced') => {
      // One epoch of many steps: the AUROC of one column tells no later one from the first.
      const options = { seed: 1, learningRate: 0.05, epochs: 1, batchSize: 4, classWeights };
      const { kept } = await trainProbe(engine, rare(400, 1), rare(200, 2), options);
      const test = rare(400, 3);
      return new ScoredRows({ values: scoresOf(kept, test, false), classes: 2 }, test.targets).metrics()
        .balancedAccuracy;
    };
    expect(await recall('balanced')).toBeGreaterThan((await recall('none')) + 0.1);
  });

  it('refuses what cannot be learned from', async () => {
    const engine = await testEngine();
    const good = clouds(20, 2, 4, 1);
    const attempt = (train: object, validation: object = {}) =>
      trainProbe(engine, { ...good, ...train }, { ...good, ...validation }, { seed: 1 });
    await expect(attempt({ targets: classTargets([0, 1], 2) })).rejects.toThrow(
      /80 values for 2 training labels and tokens of 4; there must be 8/,
    );
    await expect(attempt({}, { targets: classTargets(new Uint32Array(20), 2) })).rejects.toThrow(
      /20 validation rows are of one class/,
    );
    expect(() => classTargets([7], 2)).toThrow(/Row 0 is of class 7; classes are 0 to 1/);
  });
});
