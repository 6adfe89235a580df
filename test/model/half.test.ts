import { describe, expect, it } from 'vitest';
import { AdapterError, backward } from '../../engine/index.ts';
import {
  loadEncoder,
  type Precision,
  type Pretrainer,
  SIZES,
  Spotr,
  type UpdateResult,
} from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { hasHalf, lacksHalf } from '../support/half.ts';
import { lossesOf, syntheticBatches, TOY, tinyPretrainer } from '../support/tiny-run.ts';

const half = await hasHalf('SPOTR with activations stored as f16');
const STEPS = 200;
const F16 = { config: TOY, precision: 'f16' } as const;

async function train(trainer: Pretrainer, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step < to; step++)
    losses.push((await (await trainer.train(syntheticBatches(step))).result).loss);
  return losses;
}

const scaleOf = async (trainer: Pretrainer) => [
  ...((await trainer.state()).optimizer.get('loss_scale')?.data ?? []),
];

const none = await lacksHalf('that f16 is refused, in the model');

it.runIf(none)('is refused by name, with the fix, where the adapter has no f16', async () => {
  const engine = await testEngine();
  const before = engine.memory;
  expect(() => tinyPretrainer(engine, { steps: 1, ...F16 })).toThrow(AdapterError);
  expect(() => new Spotr(engine, { config: TOY, seed: 1, precision: 'f16' })).toThrow(/use f32/);
  expect(() => loadEncoder(engine, TOY, new Map(), { precision: 'f16' })).toThrow(/has no "shader-f16"/);
  expect(engine.memory).toEqual(before);
});

describe.runIf(half)('stored as f16', () => {
  it(`trains along with f32: every loss of ${STEPS} steps within 2 %`, async () => {
    const engine = await testEngine();
    const full = await lossesOf(engine, { steps: STEPS });
    const halved = await lossesOf(engine, { steps: STEPS, precision: 'f16' });
    const apart = halved.map((loss, step) => Math.abs(loss / (full[step] as number) - 1));
    console.log(`Stored as f16, the losses are up to ${(100 * Math.max(...apart)).toFixed(3)} % from f32.`);
    expect(full.at(-1)).toBeLessThan(full[0] as number);
    expect(Math.max(...apart)).toBeLessThan(0.02);
    expect(Math.max(...apart)).toBeGreaterThan(0);
  });

  it.each([1, 2])(
    'gives the same bits again, recorded or not, %i batches an update',
    async (accumulation) => {
      const engine = await testEngine();
      const options = { steps: 5, accumulation, ...F16 };
      const losses = await lossesOf(engine, options);
      expect(await lossesOf(engine, options)).toEqual(losses);
      expect(await lossesOf(engine, { ...options, eager: true })).toEqual(losses);
    },
  );

  it('continues from a saved state with the bits and the loss scale of the uninterrupted run', async () => {
    const engine = await testEngine();
    const options = { steps: 8, ...F16, lossScale: { interval: 3 } };
    const whole = tinyPretrainer(engine, options);
    const losses = await train(whole, 0, 8);
    const stopped = tinyPretrainer(engine, options);
    await train(stopped, 0, 4);
    expect(await scaleOf(stopped)).toEqual([2 ** 14, 1]);
    const resumed = tinyPretrainer(engine, { ...options, seed: 99 });
    resumed.load({ ...(await stopped.state()), step: stopped.step });
    expect(await train(resumed, 4, 8)).toEqual(losses.slice(4));
    expect(await scaleOf(resumed)).toEqual(await scaleOf(whole));
  });

  it('recovers from gradients that overflow: the scale halves until they fit, and it learns', async () => {
    const engine = await testEngine();
    const trainer = tinyPretrainer(engine, {
      steps: 60,
      learningRate: 5e-3,
      ...F16,
      lossScale: { initial: 2 ** 30 },
    });
    const [batch] = syntheticBatches(0);
    if (!batch) throw new Error('no batch');
    const before = await trainer.evaluate(batch);
    const results: UpdateResult[] = [];
    for (let i = 0; i < 60; i++) results.push(await (await trainer.train([batch])).result);
    for (const { overflowed, gradNorm } of results) expect(Number.isFinite(gradNorm)).toBe(!overflowed);
    const overflowed = results.findIndex((result) => !result.overflowed);
    expect(overflowed).toBeGreaterThan(0);
    expect(results.slice(overflowed).some((result) => result.overflowed)).toBe(false);
    expect(await scaleOf(trainer)).toEqual([2 ** (30 - overflowed), 60 - overflowed]);
    expect((await trainer.evaluate(batch)).loss).toBeLessThan(0.95 * before.loss);
  });

  it('takes little more than half the memory for activations, and for the weights of an encoder', async () => {
    const engine = await testEngine();
    const shape = [2, 12, 2000];
    const signal = { data: Float32Array.from({ length: 2 * 12 * 2000 }, (_, i) => Math.sin(i * i)), shape };
    const bytes = async (precision: Precision) => {
      const model = new Spotr(engine, { config: SIZES.small, seed: 1, precision });
      const learn = engine.step('learn', (x) => {
        const { loss } = model.forward(x);
        backward(loss);
        return [loss];
      });
      await learn.run(signal);
      const { plannedBytes } = await learn.memory(signal);
      learn.dispose();
      const before = engine.memory.reserved;
      const loaded = loadEncoder(engine, SIZES.small, await model.encoder.save(engine), { precision });
      const weights = engine.memory.reserved - before;
      await engine.idle();
      loaded.arenas.dispose();
      model.arenas.dispose();
      return { plannedBytes, weights };
    };
    const [full, halved] = [await bytes('f32'), await bytes('f16')];
    // Besides: the signals, and the gradient inside the stem.
    expect(halved.plannedBytes / full.plannedBytes).toBeLessThan(0.7);
    // The position table stays f32: more than half of a small model.
    expect(halved.weights / full.weights).toBeLessThan(0.85);
  });

  it('gives the tokens of the same weights in f32 but for its rounding', async () => {
    const engine = await testEngine();
    const { encoder } = await tinyPretrainer(engine, { steps: 1, config: SIZES.tiny }).state();
    const signal = {
      data: Float32Array.from({ length: 1600 }, (_, i) => Math.sin(i * 0.3) + (i % 5)),
      shape: [2, 2, 400],
    };
    const tokens = async (precision: 'f32' | 'f16') => {
      const loaded = loadEncoder(engine, SIZES.tiny, encoder, { precision });
      const step = engine.step('embed', (x) => engine.noGrad(() => [loaded.encoder.embed(x)]));
      const [cls] = await step.run(signal);
      if (!cls) throw new Error('no token');
      expect(cls.dtype).toBe(precision);
      const values = await engine.read(cls);
      step.dispose();
      loaded.arenas.dispose();
      return values;
    };
    const [full, halved] = [await tokens('f32'), await tokens('f16')];
    const most = Math.max(...full.map(Math.abs));
    for (const [i, value] of halved.entries())
      expect(Math.abs(value - (full[i] as number))).toBeLessThan(2 ** -8 * most);
  });
});
