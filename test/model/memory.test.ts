import { expect, it } from 'vitest';
import { AdamW, backward, type Engine, openEngine } from '../../engine/index.ts';
import { SIZES, Spotr, type SpotrConfig } from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { TOY } from '../support/tiny-run.ts';

/** How far above the least possible the bytes on the device may be. */
const ALLOWED = 1.15;
const SHAPE = [8, 4, 600];

/** A training step that updates the weights as well, and what it needs for a shape. */
function learner(engine: Engine, config: SpotrConfig, checkpointing = false) {
  const model = new Spotr(engine, { config, seed: 1, checkpointing });
  const optimizer = new AdamW(model.arenas);
  const step = engine.step('learn', (signal, hyperparameters) => {
    model.arenas.clearGrads();
    const { loss } = model.forward(signal);
    backward(loss);
    return [loss, optimizer.update(hyperparameters).gradNorm];
  });
  return async (shape: readonly number[]) => {
    const size = shape.reduce((product, extent) => product * extent);
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * i));
    const args = [{ data, shape }, optimizer.hyperparameters(1e-3, 1)] as const;
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
  engine.dispose();
});

it('activations alone take hardly more than they must, and less with checkpointing', async () => {
  const engine = await testEngine();
  // Deep enough for its blocks to weigh more than the backward pass of the stem, which nothing makes smaller.
  const deep = { ...TOY, encoderDim: 32, decoderDim: 32, decoderLayers: 4 };
  const plain = await learner(engine, deep)(SHAPE);
  expect(plain.plannedBytes).toBeGreaterThanOrEqual(plain.lowerBoundBytes);
  expect(plain.plannedBytes).toBeLessThan(ALLOWED * plain.lowerBoundBytes);
  const checkpointed = await learner(engine, deep, true)(SHAPE);
  expect(checkpointed.lowerBoundBytes).toBeLessThan(0.8 * plain.lowerBoundBytes);
  expect(checkpointed.plannedBytes).toBeLessThan(0.9 * plain.plannedBytes);
});
