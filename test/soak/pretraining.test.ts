import { expect, it } from 'vitest';
import { testEngine } from '../support/engine.ts';
import { TOY, tinyPretrainer } from '../support/tiny-run.ts';

const STEPS = 10_000;
const SHAPES = [
  [1, 1, 200],
  [2, 1, 199],
  [1, 2, 200],
  [1, 3, 400],
  [3, 1, 201],
] as const;

it(`leaves GPU bytes flat over ${STEPS} steps of SPOTR on mixed shapes`, async () => {
  const engine = await testEngine();
  const trainer = tinyPretrainer(engine, { steps: STEPS, config: TOY });
  const batches = SHAPES.map((shape, seed) => ({
    shape,
    signal: Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) =>
      Math.sin(i * (0.1 + seed)),
    ),
  }));
  const train = async (step: number) => {
    const { result } = await trainer.train([batches[step % batches.length] as (typeof batches)[number]]);
    if (step % 10 === 9) expect(Number.isFinite((await result).loss)).toBe(true);
  };
  for (let step = 0; step < 50; step++) await train(step);
  const before = engine.memory;
  for (let step = 50; step < STEPS; step++) await train(step);
  await engine.idle();
  expect(engine.memory).toEqual(before);
});
