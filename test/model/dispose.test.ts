import { describe, expect, it } from 'vitest';
import { LifetimeError } from '../../engine/index.ts';
import type { SignalBatch } from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { syntheticBatches, TOY, tinyPretrainer } from '../support/tiny-run.ts';

const GONE = /used after dispose\(\) gave their memory back; make them anew/;
const [BATCH] = syntheticBatches(0) as [SignalBatch];

describe('Pretrainer.dispose', () => {
  it.each([false, true])('gives all memory back, time and again, eager %s', async (eager) => {
    const engine = await testEngine();
    const cycle = async () => {
      const trainer = tinyPretrainer(engine, { steps: 2, config: TOY, eager });
      await (await trainer.train([BATCH])).result;
      await trainer.evaluate(BATCH);
      const held = engine.memory;
      trainer.dispose();
      await engine.idle();
      return { held, left: engine.memory, parameters: trainer.parameterCount };
    };
    // What the first cycle leaves are buffers for reuse: the next ones must find enough in them.
    const { left } = await cycle();
    for (let i = 0; i < 3; i++) {
      const next = await cycle();
      // Weights, gradients and both running means.
      expect(next.held.reserved - left.reserved).toBeGreaterThan(16 * next.parameters);
      expect(next.left.reserved).toBe(left.reserved);
      expect(next.left.inUse).toBe(left.inUse);
    }
  });

  it('refuses every use afterwards, with one sentence, and may be called again', async () => {
    const engine = await testEngine();
    const trainer = tinyPretrainer(engine, { steps: 5, config: TOY });
    await (await trainer.train([BATCH])).result;
    const state = await trainer.state();
    trainer.dispose();
    const { reserved } = engine.memory;
    trainer.dispose();
    expect(engine.memory.reserved).toBe(reserved);
    await expect(trainer.train([BATCH])).rejects.toThrow(GONE);
    await expect(trainer.train([BATCH])).rejects.toThrow(LifetimeError);
    await expect(trainer.evaluate(BATCH)).rejects.toThrow(GONE);
    await expect(trainer.state()).rejects.toThrow(GONE);
    expect(() => trainer.load({ ...state, step: 1 })).toThrow(GONE);
    expect(trainer.step).toBe(1);
    // The engine is as good as before.
    const other = tinyPretrainer(engine, { steps: 5, config: TOY });
    expect((await (await other.train([BATCH])).result).loss).toBeGreaterThan(0);
    other.dispose();
  });

  it('still tells the result of an update that is under way', async () => {
    const engine = await testEngine();
    const run = async (late: boolean) => {
      const trainer = tinyPretrainer(engine, { steps: 5, config: TOY });
      const { result } = await trainer.train([BATCH]);
      if (!late) await result;
      trainer.dispose();
      return result;
    };
    expect(await run(true)).toEqual(await run(false));
  });
});
