import { describe, expect, it } from 'vitest';
import { add, sum } from '../../engine/index.ts';
import { checkOp } from '../support/check-op.ts';
import { testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';
import type { AnyReference, OpCase } from '../support/reference.ts';
import { references } from '../support/references.ts';

const RANKS = [8, 9, 10, 12];

const axesOf = (rank: number) => Array.from({ length: rank }, (_, axis) => axis);
/** Extents of which no two neighbours can be merged: broadcast, reduced or cut at every second axis. */
const every = (rank: number, second: 0 | 1, then: number, other: number) =>
  axesOf(rank).map((axis) => (axis % 2 === second ? then : other));
const whole = (rank: number) => new Array<number>(rank).fill(2);

const CASES: Record<string, (rank: number) => OpCase<unknown>> = {
  ...Object.fromEntries(
    ['neg', 'relu', 'gelu', 'scale'].map((op) => [
      op,
      (rank: number) => ({ inputs: [randomArray(whole(rank), 1)], attributes: { s: 3 } }),
    ]),
  ),
  ...Object.fromEntries(
    ['add', 'sub', 'mul', 'div'].map((op) => [
      op,
      (rank: number) => ({
        inputs: [randomArray(every(rank, 0, 2, 1), 2), randomArray(every(rank, 1, 2, 1), 3, 0.5, 2)],
        attributes: null,
      }),
    ]),
  ),
  ...Object.fromEntries(
    ['sum', 'mean'].map((op) => [
      op,
      (rank: number) => ({
        inputs: [randomArray(whole(rank), 4)],
        attributes: { axes: axesOf(rank).filter((axis) => axis % 2 === 0), keepDims: rank % 4 === 0 },
      }),
    ]),
  ),
  broadcastTo: (rank) => ({
    inputs: [randomArray(every(rank, 1, 2, 1), 5)],
    attributes: { shape: whole(rank) },
  }),
  // Cut at every axis, so that none can be merged.
  slice: (rank) => ({
    inputs: [randomArray(every(rank, 0, 3, 2), 6)],
    attributes: {
      ranges: axesOf(rank).map((axis) => (axis % 2 === 0 ? [1, 3] : [axis % 3 === 0 ? 1 : 0, 2])),
    },
  }),
  concat: (rank) => ({
    inputs: [randomArray(whole(rank), 7), randomArray(every(rank, 0, 2, 2), 8)],
    attributes: { axis: rank - 3 },
  }),
  reshape: (rank) => ({
    inputs: [randomArray(whole(rank), 9)],
    attributes: { shape: [4, ...whole(rank - 2)] },
  }),
  cast: (rank) => ({ inputs: [randomArray(whole(rank), 10)], attributes: { to: 'f32' } }),
  mse: (rank) => ({ inputs: [randomArray(whole(rank), 11), randomArray(whole(rank), 12)], attributes: null }),
  swiglu: (rank) => ({ inputs: [randomArray(whole(rank), 13)], attributes: null }),
  rmsNorm: (rank) => ({
    inputs: [randomArray([...whole(rank - 1), 3], 14), randomArray([3], 15)],
    attributes: { eps: 1e-6 },
  }),
  layerNorm: (rank) => ({
    inputs: [randomArray([...whole(rank - 1), 4], 20), randomArray([4], 21), randomArray([4], 22)],
    attributes: { eps: 1e-6, activation: rank % 2 === 0 ? 'gelu' : 'none' },
  }),
  linear: (rank) => ({
    inputs: [randomArray(whole(rank), 16), randomArray([3, 2], 17)],
    attributes: { bias: false, residual: false },
  }),
  matmul: (rank) => ({
    inputs: [randomArray(whole(rank), 18), randomArray(whole(rank), 19)],
    attributes: { transposeA: false, transposeB: true },
  }),
};

describe.each(Object.keys(CASES))('%s', (op) => {
  it.each(RANKS)('is right, with its gradients, at rank %i', async (rank) => {
    const reference = references.find((other) => other.op === op) as AnyReference;
    await checkOp(await testEngine(), reference, (CASES[op] as (typeof CASES)[string])(rank));
  });
});

it('adds what is broadcast along more axes than the kernels take, to the last element', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const [outer, inner] = [every(11, 0, 2, 1), every(11, 1, 2, 1)];
  const a = engine.tensor(
    Float32Array.from({ length: 64 }, (_, i) => i),
    outer,
  );
  const b = engine.tensor(
    Float32Array.from({ length: 32 }, (_, i) => 100 * i),
    inner,
  );
  const values = await engine.read(add(a, b));
  const bits = (flat: number, parity: number) =>
    [...flat.toString(2).padStart(11, '0')].filter((_, axis) => axis % 2 === parity).join('');
  const expected = Float32Array.from(
    { length: 2048 },
    (_, flat) => Number.parseInt(bits(flat, 0), 2) + 100 * Number.parseInt(bits(flat, 1), 2),
  );
  expect(values).toEqual(expected);
  expect(await engine.read(sum(add(a, b)))).toEqual(Float32Array.of(expected.reduce((x, y) => x + y, 0)));
});
