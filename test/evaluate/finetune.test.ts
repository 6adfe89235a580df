import { afterAll, describe, expect, it } from 'vitest';
import { labelledWindows } from '../../data/index.ts';
import { Finetuner, type LabelledSignals } from '../../evaluate/index.ts';
import { ScoredRows } from '../../evaluate/metrics.ts';
import { classTargets } from '../../evaluate/targets.ts';
import { loadEncoder, SIZES, type SpotrConfig } from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { TOY } from '../support/tiny-run.ts';

const config: SpotrConfig = { ...SIZES.tiny, encoderDim: 32, encoderLayers: 1 };

/** Generated EEG, eyes open and closed; windows of odd subjects have a channel less. */
function eyes(subjects: number, seed: number): LabelledSignals {
  const made = labelledWindows({
    ...{ task: 'eyes', seed, subjects, windowsPerSubject: 4, seconds: 1, channels: 2 },
  });
  const windows = made.windows.map(({ signal, subject }) => (subject % 2 ? signal.subarray(0, 200) : signal));
  const shapeOf = (row: number) => [(windows[row] as Float32Array).length / 200, 200] as const;
  return {
    targets: classTargets(
      made.windows.map(({ label }) => label),
      2,
    ),
    shapeOf,
    read: async (rows) => {
      const parts = Array.from(rows as ArrayLike<number>, (row) => windows[row] as Float32Array);
      const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        expect(part).toHaveLength(parts[0]?.length ?? 0);
        out.set(part, at);
        at += part.length;
      }
      return out;
    },
  };
}

describe('Finetuner', () => {
  it('gives all memory back, that of its optimiser too', async () => {
    const engine = await testEngine();
    const [train, validation] = [eyes(4, 1), eyes(4, 2)];
    const left: number[] = [];
    for (let i = 0; i < 3; i++) {
      const tuner = new Finetuner(engine, 2, { config, seed: 1, epochs: 1, batchSize: 16 });
      await tuner.train(train, validation);
      tuner.dispose();
      await engine.idle();
      left.push(engine.memory.reserved);
    }
    // What the first leaves are buffers for reuse.
    expect(left).toEqual(left.map(() => left[0]));
  });

  it('is trained by one call at a time, and not while it computes scores; scores may be asked for at once', async () => {
    const engine = await testEngine();
    const [train, validation] = [eyes(1, 1), eyes(1, 2)];
    const tuner = new Finetuner(engine, 2, { config: TOY, seed: 1, epochs: 1, batchSize: 16 });
    const reasons = async (calls: readonly Promise<unknown>[]) =>
      (await Promise.allSettled(calls)).map((call) =>
        call.status === 'rejected' ? String(call.reason).replace(/;.*/, '') : call.status,
      );
    const whileTraining = [
      tuner.train(train, validation),
      tuner.train(train, validation),
      tuner.scores(validation),
    ];
    expect(await reasons(whileTraining)).toEqual([
      'fulfilled',
      'ModelError: Finetuner: train is called while it is training',
      'ModelError: Finetuner: scores is called while it is training',
    ]);
    const alone = [await tuner.scores(train), await tuner.scores(validation)];
    const scores = [tuner.scores(train), tuner.scores(validation)];
    expect(await reasons([tuner.train(train, validation)])).toEqual([
      'ModelError: Finetuner: train is called while it computes scores',
    ]);
    // Each of its own rows, by the weights that were there.
    expect(await Promise.all(scores)).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
    // A refused call leaves nothing behind, and neither does one that failed.
    const alike = { ...train, targets: classTargets(new Uint8Array(4), 2) };
    await expect(tuner.train(alike, validation)).rejects.toThrow('of one class');
    expect(await tuner.scores(validation)).toEqual(alone[1]);
    tuner.dispose();
  });

  const tuners: Finetuner[] = [];
  afterAll(() => {
    for (const tuner of tuners) tuner.dispose();
  });
  const options = { config, seed: 1, learningRate: 2e-3, batchSize: 16, epochs: 5, patience: 5 };

  it('trains all weights on windows of several shapes, and keeps those of the best epoch', async () => {
    const engine = await testEngine();
    const tuner = new Finetuner(engine, 2, options);
    tuners.push(tuner);
    const [train, validation] = [eyes(16, 1), eyes(8, 2)];
    const { best, kept, history } = await tuner.train(train, validation);
    expect(history.at(-1)?.loss).toBeLessThan(history[0]?.loss ?? 0);
    const scores = { values: await tuner.scores(validation), classes: 2 };
    const { auroc } = new ScoredRows(scores, validation.targets).metrics();
    expect(auroc).toBeCloseTo(best.validationAuroc, 12);
    expect(kept.get('classification_head.weight')?.shape).toEqual([2, 32]);
    // Every tensor of the encoder is there, so that it can be loaded as one.
    const encoder = new Map(
      [...kept].flatMap(([name, one]) =>
        name.startsWith('encoder.') ? [[name.slice('encoder.'.length), one] as const] : [],
      ),
    );
    loadEncoder(engine, config, encoder).arenas.dispose();

    const again = new Finetuner(engine, 2, options);
    tuners.push(again);
    expect((await again.train(train, validation)).history).toEqual(history);

    const on = new Finetuner(engine, 2, { ...options, encoder, epochs: 1 });
    tuners.push(on);
    const first = (await on.train(train, validation)).history[0];
    expect(first?.loss).not.toBe(history[0]?.loss);
  });

  it('refuses tensors of another size, and parts that tell nothing', async () => {
    const engine = await testEngine();
    expect(() => new Finetuner(engine, 2, { ...options, encoder: new Map() })).toThrow(/is missing/);
    const tuner = new Finetuner(engine, 2, options);
    tuners.push(tuner);
    const alike = { ...eyes(2, 1), targets: classTargets(new Uint8Array(8), 2) };
    await expect(tuner.train(alike, eyes(2, 1))).rejects.toThrow(/8 training rows are of one class/);
  });
});
