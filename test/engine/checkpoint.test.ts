import { describe, expect, it } from 'vitest';
import {
  add,
  backward,
  checkpoint,
  type Engine,
  GradientError,
  linear,
  mean,
  mul,
  rmsNorm,
  square,
  swiglu,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';

const WIDTH = 8;
const values = (shape: readonly number[], seed: number) => Float32Array.from(randomArray(shape, seed).data);

type Wrap = (work: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]) => Tensor;
const plainly: Wrap = (work, inputs) => work(...inputs);
const nested: Wrap = (work, inputs) =>
  checkpoint((...outer) => checkpoint((...inner) => checkpoint(work, inner), outer), inputs);

/** Residual blocks that share a weight and all look at one memory, which is used once more at the end. */
function network(engine: Engine, wrap: Wrap, { eager = false, accumulate = false } = {}) {
  const parameter = (name: string, shape: readonly number[], seed: number) => ({
    ...{ name, shape, init: (data: Float32Array) => data.set(values(shape, seed)) },
  });
  const weights = engine.parameters([
    parameter('memory', [WIDTH, WIDTH], 1),
    parameter('norm', [WIDTH], 2),
    parameter('up', [8 * WIDTH, WIDTH], 3),
    parameter('down', [WIDTH, 4 * WIDTH], 4),
  ]);
  const block = (x: Tensor, memory: Tensor) => {
    const looked = add(x, mul(memory, x));
    const gated = swiglu(linear(rmsNorm(looked, weights.get('norm')), weights.get('up')));
    return linear(gated, weights.get('down'), { residual: looked });
  };
  const step = engine.step(
    'network',
    (x) => {
      if (!accumulate) weights.clearGrads();
      const memory = linear(x, weights.get('memory'));
      let y = x;
      for (let layer = 0; layer < 4; layer++) y = wrap(block, [y, memory]);
      const loss = mean(square(add(y, memory)));
      backward(loss, { accumulate });
      return [loss, y];
    },
    { eager },
  );
  const x = { data: values([64, WIDTH], 5), shape: [64, WIDTH] };
  return {
    memory: () => step.memory(x),
    results: async () => {
      const results: Float32Array[] = [];
      for (let run = 0; run < 2; run++) {
        for (const tensor of await step.run(x)) results.push(await engine.read(tensor));
        results.push(await engine.read(weights.arenas[0]?.grads as Tensor));
      }
      return results;
    },
  };
}

describe('a checkpoint', () => {
  it.each([
    ['captured', {}],
    ['eager', { eager: true }],
    ['adding to gradients', { accumulate: true }],
  ])('gives the bits of the same network without it, %s', async (_, options) => {
    const engine = await testEngine();
    const expected = await network(engine, plainly, options).results();
    expect(expected[2]?.some((value) => value !== 0)).toBe(true);
    expect(await network(engine, checkpoint, options).results()).toEqual(expected);
    expect(await network(engine, nested, options).results()).toEqual(expected);
  });

  it('needs less memory, captured and eager', async () => {
    const engine = await testEngine();
    const [without, kept] = [
      await network(engine, plainly).memory(),
      await network(engine, checkpoint).memory(),
    ];
    expect(kept.lowerBoundBytes).toBeLessThan(0.6 * without.lowerBoundBytes);
    expect(kept.plannedBytes).toBeLessThan(without.plannedBytes);
    const most = async (wrap: Wrap) => {
      let inUse = 0;
      const { memory } = engine.recorder;
      const acquire = memory.acquire.bind(memory);
      memory.acquire = (...args) => {
        const buffer = acquire(...args);
        inUse = Math.max(inUse, memory.use.inUse);
        return buffer;
      };
      await network(engine, wrap, { eager: true }).results();
      memory.acquire = acquire;
      return inUse;
    };
    expect(await most(checkpoint)).toBeLessThan(0.7 * (await most(plainly)));
  });

  it('passes through what wants no gradient, and what it is given', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const x = engine.tensor([1, 2], [2]);
    expect(checkpoint(square, [x]).node).toBeNull();
    const y = engine.tensor([1, 2], [2], { requiresGrad: true });
    expect(checkpoint((tensor) => tensor, [y])).toBe(y);
    expect(engine.noGrad(() => checkpoint(square, [y])).node).toBeNull();
    const gradient = backward(mean(checkpoint(square, [y]))).get(y) as Tensor;
    expect(await engine.read(gradient)).toEqual(Float32Array.of(1, 2));
  });

  it('refuses a tensor from outside that wants a gradient and is no input', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const x = engine.tensor([1, 2], [2], { requiresGrad: true });
    const outside = square(x);
    expect(() => checkpoint((tensor) => mul(tensor, outside), [x])).toThrow(GradientError);
    const leaf = engine.tensor([1, 2], [2], { requiresGrad: true });
    expect(() => checkpoint((tensor) => mul(tensor, leaf), [x])).toThrow(/pass it as an input/);
  });
});
