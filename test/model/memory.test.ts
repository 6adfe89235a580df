import { expect, it } from 'vitest';
import { AdamW, backward, type Engine, openEngine } from '../../engine/index.ts';
import { SIZES, Spotr, type SpotrConfig } from '../../model/index.ts';
import { TOY } from '../support/tiny-run.ts';

/** How far above the least possible the bytes on the device may be. */
const ALLOWED = 1.15;

/** A training step that updates the weights as well, and what it needs for a shape. */
function learner(engine: Engine, config: SpotrConfig) {
  const model = new Spotr(engine, { config, seed: 1 });
  const optimizer = new AdamW(model.arenas);
  const step = engine.step('learn', (signal, hyper) => {
    model.arenas.clearGrads();
    const { loss } = model.forward(signal);
    backward(loss);
    return [loss, optimizer.update(hyper).gradNorm];
  });
  return async (shape: readonly number[]) => {
    const size = shape.reduce((product, extent) => product * extent);
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * i));
    const args = [{ data, shape }, optimizer.hyper(1e-3, 1)];
    await step.run(...args);
    return step.memory(...args);
  };
}

it('training takes hardly more memory than what is alive at one time, for one shape and for several', async () => {
  const engine = await openEngine();
  const learn = learner(engine, SIZES.tiny);
  let bound = 0;
  for (const shape of [
    [8, 2, 200],
    [2, 6, 400],
  ]) {
    const { lowerBoundBytes, residentBytes } = await learn(shape);
    bound = Math.max(bound, lowerBoundBytes + residentBytes);
    await engine.idle();
    expect(engine.memory.reserved).toBeLessThan(ALLOWED * bound);
    expect(engine.memory.peak).toBeLessThan(ALLOWED * bound);
  }
  // Where the activations are all that counts.
  const small = await learner(engine, TOY)([8, 4, 600]);
  expect(small.plannedBytes).toBeLessThan(ALLOWED * small.lowerBoundBytes);
  expect(small.plannedBytes).toBeGreaterThanOrEqual(small.lowerBoundBytes);
  engine.close();
});
