import { expect, it } from 'vitest';
import {
  AdamW,
  backward,
  kaimingUniform,
  linear,
  mse,
  Random,
  rmsNorm,
  swiglu,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';

const STEPS = 10_000;

it(`leaves GPU bytes flat over ${STEPS} training steps of mixed shapes`, { timeout: 600_000 }, async () => {
  const engine = await testEngine();
  const random = new Random(1);
  const weights = engine.parameters([
    { name: 'norm', shape: [8], init: (values) => void values.fill(1) },
    { name: 'up', shape: [32, 8], init: kaimingUniform(random, 8) },
    { name: 'down', shape: [4, 16], init: kaimingUniform(random, 16) },
  ]);
  const optimizer = new AdamW(weights);
  const weight = (name: string) => weights.parameters.get(name) as Tensor;
  const step = engine.step('toy', (x, y, hyperparameters) => {
    const hidden = swiglu(linear(rmsNorm(x, weight('norm')), weight('up')));
    const loss = mse(linear(hidden, weight('down')), y);
    backward(loss);
    return [loss, optimizer.update(hyperparameters).gradNorm];
  });
  const train = async (t: number) => {
    const shape = [1 + (t % 5), 1 + (t % 3)];
    const [rows, columns] = shape as [number, number];
    const x = Float32Array.from({ length: rows * columns * 8 }, (_, i) => Math.sin(i + t));
    const y = Float32Array.from({ length: rows * columns * 4 }, (_, i) => Math.cos(i + t));
    const [loss] = await step.run(
      { data: x, shape: [...shape, 8] },
      { data: y, shape: [...shape, 4] },
      optimizer.hyperparameters(1e-3, t + 1),
    );
    if (t % 16 === 15) await engine.read(loss as Tensor);
  };
  for (let t = 0; t < 30; t++) await train(t);
  const before = engine.memory;
  for (let t = 30; t < STEPS; t++) await train(t);
  await engine.idle();
  expect(engine.memory).toEqual(before);
  expect(step.plans).toBe(15);
});

it('uploads what is large in pieces: it is not held a second time', async () => {
  const engine = await testEngine();
  const values = Float32Array.from({ length: 2_000_001 }, (_, i) => Math.sin(i));
  const before = engine.memory.inUse;
  const tensor = engine.tensor(values, [2_000_001]);
  expect(engine.memory.peak - before).toBeLessThan(values.byteLength + 2 ** 20);
  const read = await engine.read(tensor);
  expect(read).toHaveLength(values.length);
  // toEqual() takes a minute over two million numbers.
  expect(read.findIndex((value, i) => value !== values[i])).toBe(-1);
});

it('lets parameters go at once that have just been made, uploads and all', async () => {
  const engine = await testEngine();
  const kept = engine.parameters([{ name: 'a', shape: [4], init: (values) => void values.fill(3) }]);
  const { inUse } = engine.memory;
  const gone = engine.parameters([{ name: 'b', shape: [64], init: (values) => void values.fill(1) }]);
  gone.dispose();
  expect(await engine.read(kept.get('a'))).toEqual(new Float32Array(4).fill(3));
  expect(engine.memory.inUse).toBe(inUse);
  kept.dispose();
});
