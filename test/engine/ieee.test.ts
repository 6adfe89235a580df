import { expect, it } from 'vitest';
import {
  AdamW,
  div,
  exp,
  gelu,
  layerNorm,
  log,
  relu,
  rmsNorm,
  sigmoid,
  softplus,
  sum,
  type Tensor,
  tanh,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';

// The property tests draw numbers like these for every operation; here are those by which others were passed off.

it('passes NaN and the edges of f32 on where compilers and drivers would not', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const x = engine.tensor([Number.NaN, Infinity, -Infinity, -3e38, -1, 0], [6]);
  const at = async (f: (x: Tensor) => Tensor) => [...(await engine.read(f(x)))];
  expect(await at(relu)).toEqual([Number.NaN, Infinity, 0, 0, 0, 0]);
  expect((await at(sigmoid)).slice(0, 4)).toEqual([Number.NaN, 1, 0, 0]);
  expect((await at(tanh)).slice(0, 4)).toEqual([Number.NaN, 1, -1, -1]);
  expect((await at(softplus)).slice(0, 4)).toEqual([Number.NaN, Infinity, 0, 0]);
  expect(await at(log)).toEqual([Number.NaN, Infinity, Number.NaN, Number.NaN, Number.NaN, -Infinity]);
  expect((await at(gelu)).slice(0, 4)).toEqual([Number.NaN, Infinity, Number.NaN, -0]);
});

it('composes a softmax of large numbers to NaN, not to a number', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const e = exp(engine.tensor([100, 101, 102], [1, 3]));
  expect([...(await engine.read(div(e, sum(e, { axes: [-1], keepDims: true }))))]).toEqual([
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
});

it('makes a row whose squares leave the range of f32 NaN, and no other', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const y = rmsNorm(engine.tensor([1e30, 1e30, 2, 2], [2, 2]), engine.tensor([1, 1], [2]));
  expect([...(await engine.read(y))].map((value) => Math.round(value))).toEqual([
    Number.NaN,
    Number.NaN,
    1,
    1,
  ]);
  const [ones, zeros] = [engine.tensor([1, 1], [2]), engine.zeros([2])];
  const z = layerNorm(engine.tensor([1e30, -1e30, 2, 4], [2, 2]), ones, zeros);
  expect([...(await engine.read(z))].map((value) => Math.round(value))).toEqual([
    Number.NaN,
    Number.NaN,
    -1,
    1,
  ]);
});

it('clips no gradient that is NaN into a number: the norm is NaN, and nothing is updated', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const arenas = engine.parameters([{ name: 'w', shape: [2], init: (values) => void values.fill(1) }]);
  const optimizer = new AdamW(arenas);
  engine.write(arenas.get('w').grad, Float32Array.of(Number.NaN, 1));
  const { data, shape } = optimizer.hyperparameters(0.1, 1);
  const { gradNorm } = optimizer.update(engine.tensor(data, shape));
  expect(await engine.read(gradNorm)).toEqual(Float32Array.of(Number.NaN));
  expect(await engine.read(arenas.get('w'))).toEqual(Float32Array.of(1, 1));
  optimizer.dispose();
  arenas.dispose();
});
