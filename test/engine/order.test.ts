/** The order of calls is the order of effects, whatever is awaited when. */
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  add,
  backward,
  constantInit,
  type Engine,
  mul,
  neg,
  scale,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';

const one = (value: number) => ({ data: Float32Array.of(value), shape: [1] });
const MODES = [false, true];

async function valueFrom(engine: Engine, run: Promise<readonly Tensor[]>): Promise<number | undefined> {
  const [result] = await run;
  return (await engine.read(result as Tensor))[0];
}

describe.each(MODES)('a step, eager %s', (eager) => {
  it('gives each of several flows that run it at once its own result, before and after it is captured', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)], { eager });
    const flow = (value: number) => valueFrom(engine, step.run(one(value)));
    for (let round = 0; round < 3; round++)
      expect(await Promise.all([1, 10, 100, 1000].map(flow))).toEqual([2, 20, 200, 2000]);
    step.dispose();
  });

  it('does so for flows that go round and round at their own pace', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)], { eager });
    const flow = async (first: number) => {
      for (let value = first; value < first + 40; value++) {
        expect(await valueFrom(engine, step.run(one(value)))).toBe(2 * value);
        if (value % 3 === 0) await new Promise((resolve) => setTimeout(resolve, first % 3));
      }
    };
    await Promise.all([100, 200, 300, 401].map(flow));
    step.dispose();
  });

  it('takes its arguments at the call', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x, y) => [add(scale(x, 2), y)], { eager });
    const [x, y] = [Float32Array.of(1), Float32Array.of(5)];
    // The first run captures; the second finds a plan; the third waits behind it.
    const runs = [1, 2, 3].map((value) => {
      x[0] = value;
      y[0] = 10 * value;
      return valueFrom(engine, step.run({ data: x, shape: [1] }, { data: y, shape: [1] }));
    });
    x[0] = y[0] = Number.NaN;
    expect(await Promise.all(runs)).toEqual([12, 24, 36]);
    const read = step.read({ data: Float32Array.of(4), shape: [1] }, { data: y.fill(1), shape: [1] });
    y[0] = Number.NaN;
    expect(await read).toEqual([Float32Array.of(9)]);
    step.dispose();
  });

  it('takes them from shared memory, and from a part of an array', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)], { eager });
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([3, 4]);
    for (const data of [shared, Float32Array.of(0, 3, 4, 0).subarray(1, 3)])
      expect(await step.read({ data, shape: [2] })).toEqual([Float32Array.of(6, 8)]);
    step.dispose();
  });

  it('sees what was written before it and not what is written after it', async () => {
    const engine = await testEngine();
    const weights = engine.parameters([{ name: 'w', shape: [1], init: constantInit(1) }]);
    const w = weights.get('w');
    const step = engine.step('scaled', (x) => [mul(x, w)], { eager });
    for (let round = 0; round < 3; round++) {
      engine.write(w, Float32Array.of(3));
      const before = step.run(one(2));
      engine.write(w, Float32Array.of(5));
      const after = step.run(one(2));
      engine.write(w, Float32Array.of(7));
      expect(await Promise.all([valueFrom(engine, before), valueFrom(engine, after)])).toEqual([6, 10]);
    }
    step.dispose();
    weights.dispose();
  });

  it('has run before what is called after it: reads, operations, idle', async () => {
    const engine = await testEngine();
    const weights = engine.parameters([{ name: 'w', shape: [1], init: constantInit(5) }]);
    const w = weights.get('w');
    const optimizer = new AdamW(weights, { weightDecay: 0, maxGradNorm: null });
    const step = engine.step(
      'learn',
      (hyperparameters) => {
        backward(sum(scale(w, 1)));
        optimizer.update(hyperparameters);
        return [scale(w, 1)];
      },
      { eager },
    );
    using _scope = engine.scope();
    const seen: unknown[] = [];
    for (let t = 1; t <= 3; t++) {
      const run = step.run(optimizer.hyperparameters(0.5, 2 * t - 1));
      const negated = neg(w);
      const read = engine.read(w);
      const later = step.run(optimizer.hyperparameters(0.5, 2 * t));
      const [now] = await read;
      seen.push(now);
      expect((await engine.read(negated))[0]).toBe(-(now as number));
      await Promise.all([run, later]);
    }
    // A constant gradient moves AdamW by the learning rate.
    for (const [i, value] of seen.entries()) expect(value).toBeCloseTo(4.5 - i, 4);
    void step.run(optimizer.hyperparameters(0.5, 7));
    await engine.idle();
    expect((await engine.read(w))[0]).toBeCloseTo(1.5, 4);
    step.dispose();
    optimizer.dispose();
    weights.dispose();
  });

  it('runs, where what it uses is disposed of right after the call', async () => {
    const engine = await testEngine();
    for (const captured of [true, false]) {
      const weights = engine.parameters([{ name: 'w', shape: [3], init: constantInit(2) }]);
      const other = engine.tensor([1, 2, 3], [3]);
      const step = engine.step('scaled', (x) => [add(mul(x, weights.get('w')), other)], { eager });
      const x = { data: Float32Array.of(1, 1, 1), shape: [3] };
      if (captured) await step.prepare(x);
      const values = step.read(x);
      weights.dispose();
      other.dispose();
      step.dispose();
      engine.tensor([9, 9, 9], [3]).dispose();
      expect(await values).toEqual([Float32Array.of(3, 4, 5)]);
    }
  });
});

it('values that are uploaded or written are taken at the call', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const [one, list, two] = [Float32Array.of(1, 2), [3, 4], Float32Array.of(5, 6)];
  const tensors = [engine.tensor(one, [2]), engine.tensor(list, [2]), engine.zeros([2])];
  engine.write(tensors[2] as Tensor, two);
  for (const values of [one, list, two]) values.fill(9);
  expect(await engine.readAll(tensors)).toEqual([
    Float32Array.of(1, 2),
    Float32Array.of(3, 4),
    Float32Array.of(5, 6),
  ]);
});

describe('steps', () => {
  it('keep the result of a run for its caller, whoever else comes back in the same turn', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)]);
    await step.read(one(0));
    // Both are submitted: that of the second is there when who waits for the first runs the step again.
    const [first, second] = [step.run(one(1)), step.run(one(2))];
    const again = first.then(() => step.read(one(3)));
    expect([await valueFrom(engine, second), (await again)[0]?.[0]]).toEqual([4, 6]);
    step.dispose();
  });

  it('of several shapes, and several steps, run in the order of the calls', async () => {
    const engine = await testEngine();
    const total = engine.zeros([1]);
    const { counts } = engine.recorder;
    const digits = [1, 2, 3].map((digit) =>
      engine.step(`append ${digit}`, (x) => {
        engine.recorder.copy(add(scale(total, 10), sum(scale(x, digit))).storage, total.storage, 4);
        return [];
      }),
    );
    const shapes = [1, 2];
    for (let round = 0; round < 2; round++) {
      engine.write(total, Float32Array.of(0));
      for (const size of shapes)
        for (const step of digits)
          void step.run({ data: Float32Array.of(1, 0).subarray(0, size), shape: [size] });
      expect(await engine.read(total)).toEqual(Float32Array.of(123_123));
    }
    const before = counts.submits;
    await (digits[0] as (typeof digits)[number]).run(one(1));
    // In the steady state a run is one submit, done before the call returns.
    expect(counts.submits - before).toBe(1);
    for (const step of digits) step.dispose();
    total.dispose();
  });

  it('run and read in one submit', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2), neg(x)]);
    await step.read(one(1));
    const before = engine.recorder.counts.submits;
    expect(await step.read(one(4))).toEqual([Float32Array.of(8), Float32Array.of(-4)]);
    expect(engine.recorder.counts.submits - before).toBe(1);
    step.dispose();
  });

  it('take no more memory the longer they run, at once or one after the other', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2), neg(x)]);
    const x = { data: new Float32Array(1000), shape: [1000] };
    const round = async () => {
      await Promise.all([1, 2, 3].map(async () => engine.read((await step.run(x))[0] as Tensor)));
      await step.run(x);
      await Promise.all([step.read(x), step.read(x)]);
    };
    for (let i = 0; i < 3; i++) await round();
    const { reserved, inUse } = engine.memory;
    for (let i = 0; i < 50; i++) await round();
    expect(engine.memory.reserved).toBe(reserved);
    expect(engine.memory.inUse).toBe(inUse);
    step.dispose();
    await engine.idle();
  });

  it('read many tensors as they are at the call', async () => {
    const engine = await testEngine();
    const tensors = [1, 2, 3].map((value) => engine.tensor([value], [1]));
    const read = engine.readAll(tensors);
    for (const tensor of tensors) engine.write(tensor, Float32Array.of(0));
    expect(await read).toEqual([1, 2, 3].map((value) => Float32Array.of(value)));
    expect(await engine.readAll(tensors)).toEqual([0, 0, 0].map((value) => Float32Array.of(value)));
    expect(await engine.readAll([])).toEqual([]);
    for (const tensor of tensors) tensor.dispose();
    await expect(engine.readAll(tensors)).rejects.toThrow('after dispose()');
  });

  it('that fail do not stop those called after them', async () => {
    const engine = await testEngine();
    const failing = engine.step('failing', (x) => [add(x, x)]);
    const step = engine.step('double', (x) => [scale(x, 2)]);
    const { pipelines } = engine.recorder;
    const get = pipelines.get.bind(pipelines);
    pipelines.get = () => Promise.reject(new Error('does not compile'));
    const [first, again] = [failing.run(one(1)), failing.read(one(1))];
    const both = Promise.allSettled([first, again]);
    await both;
    pipelines.get = get;
    for (const { status } of await both) expect(status).toBe('rejected');
    expect(await step.read(one(4))).toEqual([Float32Array.of(8)]);
    expect(await failing.read(one(4))).toEqual([Float32Array.of(8)]);
    failing.dispose();
    step.dispose();
  });
});
