/** The model's API called twice at once and out of order: what one call after the other gives. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/index.ts';
import { classTargets, trainProbe } from '../../evaluate/index.ts';
import type { SignalBatch } from '../../model/index.ts';
import { BatchEncoder } from '../../workflows/encode.ts';
import { stateDigests } from '../support/digest.ts';
import { testEngine } from '../support/engine.ts';
import { syntheticBatches, TOY, tinyPretrainer } from '../support/tiny-run.ts';

function batchOf(seed: number): SignalBatch {
  const signal = new Float32Array(2 * 2 * 200);
  new Random(seed).fillNormal(signal);
  return { signal, shape: [2, 2, 200] };
}

describe('Pretrainer', () => {
  it('evaluates several batches of one shape at once', async () => {
    const engine = await testEngine();
    const trainer = tinyPretrainer(engine, { steps: 5, config: TOY });
    const batches = [1, 2, 3].map(batchOf);
    const alone: unknown[] = [];
    for (const batch of batches) alone.push(await trainer.evaluate(batch));
    expect(await Promise.all(batches.map((batch) => trainer.evaluate(batch)))).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
    trainer.dispose();
  });

  it.each([1, 2])(
    'trains, evaluates and tells its state in the order of the calls, %s batches an update',
    async (accumulation) => {
      const engine = await testEngine();
      const options = { steps: 6, config: TOY, accumulation };
      const step = (i: number) => syntheticBatches(i, { accumulation });
      const held = batchOf(1);
      const sequence = async (waits: boolean) => {
        const trainer = tinyPretrainer(engine, options);
        const calls = [
          () => trainer.train(step(0)).then(({ result }) => result),
          () => trainer.evaluate(held),
          () =>
            trainer
              .train(step(1))
              .then(({ result, step, learningRate }) =>
                result.then((told) => ({ ...told, step, learningRate })),
              ),
          () => trainer.state().then(stateDigests),
          () => trainer.train(step(2)).then(({ result }) => result),
          () => trainer.evaluate(held),
          () => trainer.state().then(stateDigests),
        ];
        const told: unknown[] = [];
        for (const call of calls) {
          const one = call();
          told.push(waits ? await one : one);
        }
        const all = await Promise.all(told);
        expect(trainer.step).toBe(3);
        trainer.dispose();
        return all;
      };
      expect(await sequence(false)).toEqual(await sequence(true));
    },
  );

  it('takes its batches at the call: the lists and arrays may be used again', async () => {
    const engine = await testEngine();
    const trainer = tinyPretrainer(engine, { steps: 5, config: TOY, accumulation: 2 });
    const expected = await trainer.evaluate(batchOf(1));
    const shape: [number, number, number] = [2, 2, 200];
    const { signal } = batchOf(1);
    const evaluation = trainer.evaluate({ signal, shape });
    shape[0] = 1;
    signal.fill(0);
    expect(await evaluation).toEqual(expected);
    const batches = [batchOf(1), batchOf(2)];
    const update = trainer.train(batches);
    batches.length = 0;
    expect((await update).samples).toBe(4);
    trainer.dispose();
  });

  it('lets what was called before dispose happen, and a refused update counts for nothing', async () => {
    const engine = await testEngine();
    const trainer = tinyPretrainer(engine, { steps: 5, config: TOY });
    const expected = await trainer.evaluate(batchOf(1));
    const [under, state] = [trainer.evaluate(batchOf(1)), trainer.state()];
    trainer.dispose();
    expect(await under).toEqual(expected);
    expect((await state).encoder.size).toBeGreaterThan(0);
    await expect(trainer.train([batchOf(1)])).rejects.toThrow('dispose()');
    expect(trainer.step).toBe(0);
    await engine.idle();
  });
});

it('an encoder embeds several batches at once', async () => {
  const engine = await testEngine();
  const trainer = tinyPretrainer(engine, { steps: 5, config: TOY });
  const encoder = new BatchEncoder(engine, trainer.model);
  const embed = (seed: number) => {
    const { signal, shape } = batchOf(seed);
    return encoder.encode(signal as Float32Array<ArrayBuffer>, shape);
  };
  const alone = [await embed(1), await embed(2)];
  expect(await Promise.all([embed(1), embed(2)])).toEqual(alone);
  expect(alone[0]).not.toEqual(alone[1]);
  const under = embed(2);
  encoder.dispose();
  trainer.dispose();
  expect(await under).toEqual(alone[1]);
});

it('two probes trained at once are those trained one after the other', async () => {
  const engine = await testEngine();
  const rows = (seed: number) => {
    const values = new Float32Array(40 * 3);
    new Random(seed).fillNormal(values);
    return {
      values,
      columns: 3,
      targets: classTargets(
        Array.from({ length: 40 }, (_, i) => i % 2),
        2,
      ),
    };
  };
  const train = (seed: number) =>
    trainProbe(engine, rows(seed), rows(seed + 10), { seed, epochs: 3, batchSize: 16, learningRate: 0.01 });
  const alone = [await train(1), await train(2)];
  expect(await Promise.all([train(1), train(2)])).toEqual(alone);
  expect(alone[0]).not.toEqual(alone[1]);
});
