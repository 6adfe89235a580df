import { describe, expect, it } from 'vitest';
import {
  AdamW,
  add,
  backward,
  concat,
  type Engine,
  linear,
  matmul,
  mean,
  mul,
  type Parameter,
  reshape,
  rmsNorm,
  slice,
  square,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { relativeError } from '../support/check-op.ts';
import { testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';

const values = (shape: readonly number[], seed: number) => Float32Array.from(randomArray(shape, seed).data);
const SHAPES = { w: [8, 8], bias: [8], table: [4, 8] } as const;

/** Uses `w` twice and once reshaped, broadcasts `bias`, and reaches a part of `table` only. */
function loss(x: Tensor, w: Tensor, bias: Tensor, table: Tensor): Tensor {
  const hidden = add(linear(linear(x, w), w), bias);
  const scaled = mul(hidden, slice(table, [[1, 2]]));
  return sum(add(square(scaled), mul(scaled, slice(reshape(w, [64]), [[0, 8]]))));
}

function leaves(engine: Engine): { x: Tensor; tensors: Tensor[] } {
  const tensors = Object.values(SHAPES).map((shape, i) =>
    engine.tensor(values(shape, i), shape, { requiresGrad: true }),
  );
  return { x: engine.tensor(values([3, 8], 9), [3, 8]), tensors };
}

function trained(engine: Engine): Parameter[] {
  const specs = Object.entries(SHAPES).map(([name, shape], i) => ({
    name,
    shape,
    init: (data: Float32Array) => data.set(values(shape, i)),
  }));
  const arenas = engine.parameters(specs);
  return Object.keys(SHAPES).map((name) => arenas.get(name));
}

describe('the backward pass', () => {
  it("adds to no gradient that is another tensor's too", async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const leaf = (data: number[]) => engine.tensor(data, [2], { requiresGrad: true });
    const [a, b, c] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
    // Read back last, so that `a` has by then the very gradient that the sum below hands to `b` as well.
    const product = mul(a, c);
    const gradients = backward(sum(add(add(a, b), product)));
    const of = async (tensor: Tensor) => [...(await engine.read(gradients.get(tensor) as Tensor))];
    expect([await of(a), await of(b), await of(c)]).toEqual([
      [6, 7],
      [1, 1],
      [1, 2],
    ]);
  });

  it('gives parameters, in their arena, the gradients that plain leaves get', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const { x, tensors } = leaves(engine);
    const [w, bias, table] = tensors as [Tensor, Tensor, Tensor];
    const gradients = backward(loss(x, w, bias, table));
    const parameters = trained(engine);
    const [pw, pbias, ptable] = parameters as [Parameter, Parameter, Parameter];
    backward(loss(x, pw, pbias, ptable));
    for (const [i, tensor] of tensors.entries()) {
      const expected = await engine.read(gradients.get(tensor) as Tensor);
      const actual = await engine.read((parameters[i] as Parameter).grad);
      expect(relativeError(actual, expected), Object.keys(SHAPES)[i]).toBeLessThan(1e-6);
    }
  });

  it.each<[string, (w: Tensor) => Tensor]>([
    ['matmul(w, w)', (w) => matmul(w, w)],
    ['linear(w, w)', (w) => linear(w, w)],
    ['linear(w, w) with itself as residual', (w) => linear(w, w, { residual: w })],
    ['concat([w, w])', (w) => concat([w, w], 0)],
    ['mul(w, w)', (w) => mul(w, w)],
  ])('counts every use of a parameter by one operation: %s', async (_, apply) => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const leaf = engine.tensor(values([8, 8], 3), [8, 8], { requiresGrad: true });
    const arena = engine.parameters([
      { name: 'w', shape: [8, 8], init: (data) => data.set(values([8, 8], 3)) },
    ]);
    const expected = await engine.read(backward(sum(square(apply(leaf)))).get(leaf) as Tensor);
    backward(sum(square(apply(arena.get('w')))));
    expect(relativeError(await engine.read(arena.get('w').grad), expected)).toBeLessThan(1e-6);
  });

  it('adds to the gradients that are there when told to, and replaces them when not', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const { x } = leaves(engine);
    const parameters = trained(engine);
    const [w, bias, table] = parameters as [Parameter, Parameter, Parameter];
    const gradients = () => Promise.all(parameters.map(({ grad }) => engine.read(grad)));
    backward(loss(x, w, bias, table));
    const once = await gradients();
    backward(loss(x, w, bias, table));
    expect(await gradients()).toEqual(once);
    backward(loss(x, w, bias, table), { accumulate: true });
    for (const [i, twice] of (await gradients()).entries()) {
      const doubled = (once[i] as Float32Array).map((g) => 2 * g);
      expect(relativeError(twice, doubled)).toBeLessThan(1e-6);
    }
  });

  it.each([
    ['rmsNorm', (x: Tensor, _w: Tensor, scale: Tensor) => rmsNorm(x, scale)],
    ['linear', (x: Tensor, w: Tensor) => linear(x, w)],
    ['mean', (x: Tensor) => mean(x, { axes: [0], keepDims: true })],
    ['mean over axes apart', (x: Tensor) => mean(reshape(x, [2, 3, 2, 4]), { axes: [0, 2], keepDims: true })],
  ] as const)('adds what %s gives an input to what later readers gave, in its kernel', async (_, f) => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const constant = (shape: readonly number[], seed: number) => engine.tensor(values(shape, seed), shape);
    const [w, scale] = [constant([8, 8], 2), constant([8], 3)];
    const leaf = () => engine.tensor(values([6, 8], 1), [6, 8], { requiresGrad: true });
    const gradient = (x: Tensor, y: Tensor) => backward(y).get(x) as Tensor;
    const [alone, later, both] = [leaf(), leaf(), leaf()];
    const apart = [
      await engine.read(gradient(alone, sum(square(f(alone, w, scale))))),
      await engine.read(gradient(later, sum(square(square(later))))),
    ] as const;
    // `f` reads first, so that its backward comes last.
    const first = sum(square(f(both, w, scale)));
    const together = await engine.read(gradient(both, add(first, sum(square(square(both))))));
    expect(
      relativeError(
        together,
        apart[0].map((g, i) => g + (apart[1][i] as number)),
      ),
    ).toBeLessThan(1e-6);
    expect(relativeError(together, apart[1])).toBeGreaterThan(1e-3);
  });

  it('stops at frozen parameters, which take half the memory', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const specs = [
      { name: 'w', shape: [64, 64], init: (data: Float32Array) => data.set(values([64, 64], 1)) },
    ];
    const before = engine.memory.reserved;
    const frozen = engine.parameters(specs, { frozen: true });
    // Until then the initial values are held for the upload as well.
    await engine.idle();
    expect(engine.memory.reserved - before).toBe(64 * 64 * 4);
    const x = engine.tensor(values([2, 64], 2), [2, 64], { requiresGrad: true });
    const y = linear(x, frozen.get('w'));
    expect(backward(sum(square(y))).get(x)?.shape).toEqual([2, 64]);
    expect(() => frozen.get('w').grad).toThrow(/frozen/);
    expect(() => new AdamW(frozen)).toThrow(/no parameters to train/);
    frozen.dispose();
    // What was asked for before reads them.
    await engine.idle();
    expect(engine.memory.reserved).toBeLessThanOrEqual(before + 64 * 64 * 4);
  });

  it('leaves no node where no gradient is wanted', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const { x, tensors } = leaves(engine);
    const [w, bias, table] = tensors as [Tensor, Tensor, Tensor];
    const untracked = engine.noGrad(() => loss(x, w, bias, table));
    expect(untracked.node).toBeNull();
    expect(square(x).node).toBeNull();
    expect(loss(x, w, bias, table).node).not.toBeNull();
  });
});
