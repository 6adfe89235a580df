import { afterEach, describe, expect, it } from 'vitest';
import {
  add,
  backward,
  type Engine,
  EngineError,
  LifetimeError,
  linear,
  mean,
  openEngine,
  ShapeError,
  square,
  sub,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { accumulate } from '../../engine/kernels/elementwise.ts';
import { testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';
import { notTested } from '../support/not-tested.ts';

const values = (shape: readonly number[], seed: number) => Float32Array.from(randomArray(shape, seed).data);

/** A regression whose weights are moved by hand inside the step. */
function toy(engine: Engine, eager: boolean) {
  const { arenas, parameters } = engine.parameters([
    { name: 'w1', shape: [8, 4], init: (data) => data.set(values([8, 4], 1)) },
    { name: 'w2', shape: [3, 8], init: (data) => data.set(values([3, 8], 2)) },
  ]);
  const [w1, w2] = ['w1', 'w2'].map((name) => parameters.get(name) as Tensor) as [Tensor, Tensor];
  const step = engine.step(
    'toy',
    (x, y) => {
      const prediction = linear(square(linear(x, w1)), w2);
      const loss = mean(square(sub(prediction, y)));
      backward(loss);
      return [loss, prediction];
    },
    { eager },
  );
  return { step, arena: arenas[0]?.grads as Tensor };
}

describe('a captured step', () => {
  it('gives the bits of the eager step, outputs and gradients, replay after replay and for several shapes', async () => {
    const engine = await testEngine();
    const [captured, eager] = [toy(engine, false), toy(engine, true)];
    for (const rows of [5, 2, 5, 1, 2, 5]) {
      const x = { data: values([rows, 4], rows), shape: [rows, 4] };
      const y = { data: values([rows, 3], rows + 10), shape: [rows, 3] };
      const results: Float32Array[][] = [];
      for (const { step, arena } of [captured, eager]) {
        const tensors = await step.run(x, y);
        results.push([...(await Promise.all(tensors.map((t) => engine.read(t)))), await engine.read(arena)]);
      }
      expect(results[0]).toEqual(results[1]);
    }
    expect(captured.step.plans).toBe(3);
  });

  it('has its memory still after smaller and larger ones were captured', async () => {
    const engine = await testEngine();
    const step = engine.step('sizes', (x) => [sum(square(add(square(x), x)))]);
    const run = async (size: number) =>
      (await step.read({ data: new Float32Array(size).fill(1), shape: [size] }))[0]?.[0];
    for (const size of [5000, 10, 5000, 20_000, 5000, 10, 20_000]) expect(await run(size)).toBe(4 * size);
    step.dispose();
  });

  it('allocates nothing when replayed', async () => {
    const engine = await testEngine();
    const { step } = toy(engine, false);
    const run = (rows: number) =>
      step.run(
        { data: values([rows, 4], 1), shape: [rows, 4] },
        { data: values([rows, 3], 2), shape: [rows, 3] },
      );
    for (const rows of [3, 6, 9]) await run(rows);
    const before = engine.memory.reserved;
    for (let i = 0; i < 30; i++) await run([3, 6, 9][i % 3] as number);
    expect(engine.memory.reserved).toBe(before);
  });

  it('repeats in one submit what one run does', async () => {
    const engine = await testEngine();
    const total = engine.zeros([3]);
    const added = engine.tensor([1, 2, 3], [3]);
    const step = engine.step('accumulate', () => {
      accumulate(total, added);
      return [];
    });
    const { counts } = engine.recorder;
    await step.run();
    await engine.idle();
    const before = { ...counts };
    await step.repeat(5);
    expect([counts.submits - before.submits, counts.dispatches - before.dispatches]).toEqual([1, 5]);
    expect(await engine.read(total)).toEqual(Float32Array.of(6, 12, 18));
    step.dispose();
  });

  it('is captured without running, and then runs without taking more', async () => {
    const engine = await testEngine();
    const step = engine.step('prepared', (x) => [sum(square(x))]);
    const x = { data: Float32Array.of(1, 2, 3), shape: [3] };
    const { submits } = engine.recorder.counts;
    await step.prepare(x);
    expect(engine.recorder.counts.submits).toBe(submits);
    expect(step.plans).toBe(1);
    const { reserved } = engine.memory;
    const [total] = await step.run(x);
    expect(engine.memory.reserved).toBe(reserved);
    expect(await engine.read(total as Tensor)).toEqual(Float32Array.of(14));
  });

  it('lets results be read late: each read gives the value of its own run', async () => {
    const engine = await testEngine();
    const step = engine.step('late', (x) => [sum(x)]);
    const reads: Promise<Float32Array>[] = [];
    for (let i = 0; i < 5; i++) {
      const [total] = await step.run({ data: Float32Array.of(i, 1), shape: [2] });
      reads.push(engine.read(total as Tensor));
    }
    expect((await Promise.all(reads)).map(([value]) => value)).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses host data and reads inside, and its tensors outside', async () => {
    const engine = await testEngine();
    const uploading = engine.step('uploading', (x) => [add(x, engine.tensor([1], [1]))]);
    await expect(uploading.run({ data: Float32Array.of(1), shape: [1] })).rejects.toThrow(LifetimeError);
    let leaked: Tensor | null = null;
    const leaking = engine.step('leaking', (x) => {
      leaked = square(x);
      return [sum(x)];
    });
    await leaking.run({ data: Float32Array.of(1), shape: [1] });
    await expect(engine.read(leaked as unknown as Tensor)).rejects.toThrow(/return it from the step/);
  });

  it('refuses an argument whose data does not fill its shape', async () => {
    const engine = await testEngine();
    const step = engine.step('short', (x) => [sum(x)]);
    await expect(step.run({ data: Float32Array.of(1, 2), shape: [3] })).rejects.toThrow(ShapeError);
  });

  it('keeps at most as many plans as it is told', async () => {
    const engine = await testEngine();
    const step = engine.step('few', (x) => [sum(x)], { plans: 2 });
    for (const size of [1, 2, 3, 4]) await step.run({ data: new Float32Array(size), shape: [size] });
    expect(step.plans).toBe(2);
  });
});

describe('plans that are forgotten', () => {
  it('take their results with them: reading one says so', async () => {
    const engine = await testEngine();
    const step = engine.step('few', (x) => [add(x, x)], { plans: 1 });
    const [result] = await step.run({ data: Float32Array.of(1, 2), shape: [2] });
    await step.run({ data: Float32Array.of(1, 2, 3), shape: [3] });
    await expect(engine.read(result as Tensor)).rejects.toThrow(LifetimeError);
  });

  it('give back the tensors of others that they held, and their own', async () => {
    const engine = await testEngine();
    const once = async () => {
      using _scope = engine.scope();
      const held = engine.tensor(values([1000], 1), [1000]);
      const step = engine.step('holding', (x) => [add(x, held)]);
      await step.run({ data: values([1000], 2), shape: [1000] });
      step.dispose();
    };
    await once();
    const before = engine.memory;
    for (let i = 0; i < 5; i++) await once();
    expect(engine.memory).toEqual({ ...before, peak: engine.memory.peak });
  });

  it('leave what another plan still binds', async () => {
    const engine = await testEngine();
    const first = engine.step('first', (x) => [add(x, x)]);
    const [sumOf] = await first.run({ data: Float32Array.of(1, 2), shape: [2] });
    const second = engine.step('second', (x) => [add(x, sumOf as Tensor)]);
    const run = async () => {
      const [result] = await second.run({ data: Float32Array.of(10, 20), shape: [2] });
      return [...(await engine.read(result as Tensor))];
    };
    expect(await run()).toEqual([12, 24]);
    first.dispose();
    expect(await run()).toEqual([12, 24]);
    second.dispose();
  });

  it('are captured once, however many runs start together', async () => {
    const engine = await testEngine();
    let captures = 0;
    const step = engine.step('together', (x) => {
      captures++;
      return [sum(x)];
    });
    const runs = [1, 2, 3, 4].map(async (value) => {
      const [total] = await step.run({ data: Float32Array.of(value), shape: [1] });
      return (await engine.read(total as Tensor))[0];
    });
    await Promise.all(runs);
    expect(captures).toBe(1);
  });
});

it('an eager step gives back what it made, and nothing else', async () => {
  const engine = await testEngine();
  const kept = engine.tensor([1, 2], [2]);
  const step = engine.step('eager', (x) => [add(x, kept), kept], { eager: true });
  for (let i = 0; i < 3; i++) {
    const [total] = await step.run({ data: Float32Array.of(i, i), shape: [2] });
    expect([...(await engine.read(total as Tensor))]).toEqual([1 + i, 2 + i]);
  }
});

it('a smaller batch works after the device has refused a larger one', async () => {
  const engine = await openEngine();
  const { gpu } = engine.device;
  const step = engine.step('refused', (x) => [sum(square(add(x, x)))]);
  const create = gpu.createBuffer.bind(gpu);
  // As if the memory were gone: what is asked for comes back invalid, and the device says so.
  gpu.createBuffer = (descriptor) =>
    create(descriptor.size > 4000 ? { ...descriptor, usage: 0 } : descriptor);
  await expect(step.run({ data: new Float32Array(2000), shape: [2000] })).rejects.toThrow(EngineError);
  gpu.createBuffer = create;
  const [total] = await step.run({ data: new Float32Array(1400).fill(1), shape: [1400] });
  expect([...(await engine.read(total as Tensor))]).toEqual([5600]);
  engine.dispose();
});

describe('a scope', () => {
  let engine: Engine;
  afterEach(() => engine.idle());

  it('gives everything back at its end, save what was kept', async () => {
    engine = await testEngine();
    const before = engine.memory.inUse;
    let kept: Tensor;
    {
      using scope = engine.scope();
      const x = engine.tensor([1, 2, 3], [3]);
      kept = scope.keep(add(x, x));
      square(x);
      expect(engine.memory.inUse).toBeGreaterThan(before);
    }
    expect(await engine.read(kept)).toEqual(Float32Array.of(2, 4, 6));
    kept.dispose();
    expect(engine.memory.inUse).toBe(before);
  });

  it('refuses a tensor after its end', async () => {
    engine = await testEngine();
    let late: Tensor;
    {
      using _scope = engine.scope();
      late = engine.tensor([1], [1]);
    }
    expect(() => square(late)).toThrow(LifetimeError);
  });

  it('leaves bytes flat over thousands of mixed shapes', async () => {
    engine = await testEngine();
    const once = async (rows: number) => {
      using _scope = engine.scope();
      const x = engine.tensor(values([rows, 4], rows), [rows, 4], { requiresGrad: true });
      backward(mean(square(x)));
      await engine.recorder.flush();
    };
    for (let rows = 1; rows <= 40; rows++) await once(rows);
    const before = engine.memory;
    for (let i = 0; i < 400; i++) await once(1 + ((i * 7) % 40));
    expect(engine.memory).toEqual(before);
  });
});

describe('a profiled step', () => {
  it('computes what a run computes and times every dispatch, or says that the adapter cannot', async () => {
    const engine = await testEngine();
    const { step } = toy(engine, false);
    const args = [
      { data: values([5, 4], 1), shape: [5, 4] },
      { data: values([5, 3], 2), shape: [5, 3] },
    ] as const;
    const results = await step.run(...args);
    const expected = await Promise.all(results.map((tensor) => engine.read(tensor)));
    if (!engine.device.features.has('timestamp-query')) {
      await expect(step.profile(...args)).rejects.toThrow(/has no timestamps/);
      return notTested('what a profiled step computes and tells', 'the adapter has no timestamps');
    }
    const before = engine.recorder.counts.dispatches;
    const times = await step.profile(...args);
    expect(times).toHaveLength(engine.recorder.counts.dispatches - before);
    expect(times.filter(({ kernel }) => kernel.startsWith('matmul'))).toHaveLength(5);
    expect(times.every(({ microseconds }) => microseconds >= 0)).toBe(true);
    expect(times.some(({ microseconds }) => microseconds > 0)).toBe(true);
    expect(await Promise.all(results.map((tensor) => engine.read(tensor)))).toEqual(expected);
  });

  it('takes more dispatches than one set of queries holds', async () => {
    const engine = await testEngine();
    if (!engine.device.features.has('timestamp-query'))
      return notTested(
        'a profile of more dispatches than a set of queries holds',
        'the adapter has no timestamps',
      );
    const step = engine.step('many', (x) => {
      let y = x;
      for (let i = 0; i < 2500; i++) y = add(y, x);
      return [y];
    });
    expect(await step.profile({ data: values([1], 3), shape: [1] })).toHaveLength(2500);
  });
});
