import { expect, it } from 'vitest';
import { backward, layerNorm, rmsNorm, ShapeError, zscorePad } from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';

it('gives the bias for a constant row, however far from zero', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const bias = Float32Array.from(randomArray([29], 3).data);
  const rows = Float32Array.from(
    { length: 3 * 29 },
    (_, i) => [12345.678, -1e-3, 7e8][Math.floor(i / 29)] ?? 0,
  );
  const y = layerNorm(
    engine.tensor(rows, [3, 29]),
    engine.tensor(new Float32Array(29).fill(2), [29]),
    engine.tensor(bias, [29]),
  );
  expect(await engine.read(y)).toEqual(Float32Array.from([...bias, ...bias, ...bias]));
});

it('leaves out the gradients that nobody wants', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const ones = (shape: number[], requiresGrad: boolean) =>
    engine.tensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape, { requiresGrad });
  const bias = ones([8], true);
  const seed = ones([3, 8], false);
  const gradients = backward(layerNorm(ones([3, 8], false), ones([8], false), bias), { seed });
  expect([...gradients.keys()]).toEqual([bias]);
  expect(await engine.read(gradients.get(bias) ?? seed)).toEqual(new Float32Array(8).fill(3));
});

it('refuses weights of another width, and an eps of zero', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const [x, w] = [engine.zeros([3, 8]), engine.zeros([6])];
  expect(() => rmsNorm(x, w)).toThrow(ShapeError);
  expect(() => rmsNorm(x, w)).toThrow(/rmsNorm: input \[3, 8\] and weight \[6\].*must be \[8\]/);
  expect(() => layerNorm(x, engine.zeros([8]), w)).toThrow(/layerNorm: .*bias \[6\].*must be \[8\]/);
  expect(() => layerNorm(engine.zeros([]), w, w)).toThrow(/needs a last axis/);
  expect(() => rmsNorm(x, engine.zeros([8]), { eps: 0 })).toThrow(/eps 0; it must be a number above 0/);
});

it('refuses to scale a single sample, and padding that is no whole number', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  expect(() => zscorePad(engine.zeros([2, 3, 1]))).toThrow(ShapeError);
  expect(() => zscorePad(engine.zeros([2, 3, 1]))).toThrow(/\[2, 3, 1\] has one sample.*at least 2/);
  expect(() => zscorePad(engine.zeros([3, 100]))).toThrow(
    /\[3, 100\]; it must be \[batch, channels, samples\]/,
  );
  expect(() => zscorePad(engine.zeros([2, 3, 9]), { multiple: 2.5 })).toThrow(/multiple 2.5/);
});
