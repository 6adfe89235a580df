/** Results of steps: whose they are, how long they hold, and what is said afterwards. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  add,
  constantInit,
  DTypeError,
  EngineError,
  type HostTensor,
  LifetimeError,
  neg,
  openEngine,
  reshape,
  ShapeError,
  scale,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';
import { notTested } from '../support/not-tested.ts';

const filled = (size: number, value = 1) => ({ data: new Float32Array(size).fill(value), shape: [size] });
const OVERWRITTEN = /an earlier run of the step "double" is used, and a later run has written over it/;

describe.each([false, true])('a result, eager %s', (eager) => {
  it("holds until the next run with the same shapes, and never has that run's values", async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)], { eager });
    const [first] = (await step.run(filled(1))) as [Tensor];
    const read = engine.read(first);
    expect(await engine.read(first)).toEqual(Float32Array.of(2));
    const [second] = (await step.run(filled(1, 10))) as [Tensor];
    expect(await read).toEqual(Float32Array.of(2));
    await expect(engine.read(first)).rejects.toThrow(OVERWRITTEN);
    await expect(engine.read(first)).rejects.toThrow(LifetimeError);
    expect(() => neg(first)).toThrow(OVERWRITTEN);
    await step.read(filled(1, 11));
    await expect(engine.read(second)).rejects.toThrow(OVERWRITTEN);
    step.dispose();
  });

  it('of a run that is still under way at the next call stays right', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [x, scale(x, 2)], { eager });
    for (let round = 0; round < 2; round++) {
      const runs = await Promise.all([1, 2, 3].map((value) => step.run(filled(2, value))));
      const values = await Promise.all(runs.flat().map((tensor) => engine.read(tensor)));
      expect(values.map(([value]) => value)).toEqual([1, 2, 2, 4, 3, 6]);
      await step.run(filled(2));
      for (const tensor of runs.flat()) await expect(engine.read(tensor)).rejects.toThrow(OVERWRITTEN);
    }
    step.dispose();
  });

  it('is gone with its step, which is named', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)], { eager });
    const [result] = (await step.run(filled(1))) as [Tensor];
    const under = step.run(filled(1));
    step.dispose();
    step.dispose();
    for (const tensor of [result, ...(await under)])
      await expect(engine.read(tensor)).rejects.toThrow('the step "double"');
    expect(await step.read(filled(1))).toEqual([Float32Array.of(2)]);
    step.dispose();
  });

  it('may be disposed of: the step runs on', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)], { eager });
    const [result] = (await step.run(filled(1))) as [Tensor];
    result.dispose();
    await expect(engine.read(result)).rejects.toThrow('after dispose()');
    expect(await step.read(filled(1, 3))).toEqual([Float32Array.of(6)]);
    step.dispose();
  });

  it('may be given twice, be an argument, a view, a scalar, or nothing', async () => {
    const engine = await testEngine();
    const outer = engine.tensor([7], [1]);
    const step = engine.step(
      'many',
      (x, n) => {
        const y = neg(x);
        return [y, y, x, reshape(y, [1, 2]), outer, n];
      },
      { eager },
    );
    const results = await step.run(filled(2, 3), { data: Uint32Array.of(5), shape: [1] });
    const readable = results.slice(0, 5);
    expect(results.map(({ shape }) => shape)).toEqual([[2], [2], [2], [1, 2], [1], [1]]);
    expect(results[5]?.dtype).toBe('u32');
    expect(results[4]).toBe(outer);
    const values = [[-3, -3], [-3, -3], [3, 3], [-3, -3], [7]].map((list) => Float32Array.from(list));
    expect(await engine.readAll(readable)).toEqual(values);
    step.dispose();
    const scalar = engine.step('scalar', (x) => [neg(x)], { eager });
    expect(await scalar.read({ data: Float32Array.of(3), shape: [] })).toEqual([Float32Array.of(-3)]);
    scalar.dispose();
    const nothing = engine.step('nothing', (x) => [neg(x)].slice(1), { eager });
    expect(await nothing.run(filled(2))).toEqual([]);
    nothing.dispose();
    expect(await engine.read(outer)).toEqual(Float32Array.of(7));
    outer.dispose();
  });
});

describe('a result', () => {
  it('of a plan that was forgotten is refused by a sentence that says so; one still under way is right', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [scale(x, 2)], { plans: 1 });
    const [result] = (await step.run(filled(3))) as [Tensor];
    await step.run(filled(4));
    await expect(engine.read(result)).rejects.toThrow(
      'A result of the step "double" is used whose plan is forgotten: the step keeps 1',
    );
    const under = [3, 4, 5].map(async (size) => {
      const [own] = (await step.run(filled(size, size))) as [Tensor];
      return (await engine.read(own))[0];
    });
    expect(await Promise.all(under)).toEqual([6, 8, 10]);
    expect(step.plans).toBe(1);
    step.dispose();
  });

  it('that another step uses is not replaced under its hands', async () => {
    const engine = await testEngine();
    const first = engine.step('first', (x) => [scale(x, 2)]);
    const [y] = (await first.run(filled(2))) as [Tensor];
    const second = engine.step('second', (x) => [add(x, y)]);
    expect(await second.read(filled(2))).toEqual([Float32Array.of(3, 3)]);
    const before = second.read(filled(2));
    await first.run(filled(2, 10));
    expect(await before).toEqual([Float32Array.of(3, 3)]);
    await expect(second.run(filled(2))).rejects.toThrow(
      'The step "second" uses a result of the step "first", and a later run of that has written over it',
    );
    first.dispose();
    second.dispose();
  });

  it('that was moved apart is not written over: another step that uses it runs on', async () => {
    const engine = await testEngine();
    const first = engine.step('first', (x) => [scale(x, 2)]);
    const [[y]] = (await Promise.all([first.run(filled(2)), first.run(filled(2, 5))])) as [[Tensor], unknown];
    const second = engine.step('second', (x) => [add(x, y)]);
    await second.prepare(filled(2));
    await first.read(filled(2, 10));
    await expect(engine.read(y)).rejects.toThrow('an earlier run of the step "first"');
    expect(await second.read(filled(2, 100))).toEqual([Float32Array.of(102, 102)]);
    first.dispose();
    second.dispose();
  });

  it('stays what it is while its step is profiled or prepared', async () => {
    const engine = await testEngine();
    const step = engine.step('double', (x) => [x, scale(x, 2)]);
    const results = await step.run(filled(2));
    await step.prepare(filled(2, 10));
    if (engine.device.features.has('timestamp-query')) await step.profile(filled(2, 10));
    else notTested('results while their step is profiled', 'the adapter has no timestamps');
    expect(await engine.readAll(results)).toEqual([Float32Array.of(1, 1), Float32Array.of(2, 2)]);
    step.dispose();
  });

  it('of a closed engine says that the device is gone, also where a run waits', async () => {
    const engine = await openEngine();
    const step = engine.step('double', (x) => [scale(x, 2)]);
    await step.run(filled(2));
    const under = step.run(filled(3));
    engine.dispose();
    await expect(under).rejects.toThrow(EngineError);
    await expect(step.read(filled(2))).rejects.toThrow(EngineError);
  });

  it('of a closed engine says so at once, and lets go without a word', async () => {
    const engine = await openEngine();
    const x = engine.tensor([1], [1]);
    const params = engine.parameters([{ name: 'w', shape: [1], init: constantInit(1) }]);
    const step = engine.step('double', (y) => [scale(y, 2)]);
    engine.dispose();
    for (const use of [() => scale(x, 2), () => engine.tensor([1], [1]), () => engine.zeros([1])])
      expect(use).toThrow('was disposed');
    expect(() => engine.write(x, Float32Array.of(2))).toThrow('was disposed');
    for (const reading of [engine.read(x), engine.readAll([x]), step.read(filled(1)), engine.idle()])
      await expect(reading).rejects.toThrow('was disposed');
    x.dispose();
    step.dispose();
    params.dispose();
    engine.dispose();
    await engine.device.lost;
    // What the device says afterwards of the same end is not told instead.
    expect(() => scale(x, 2)).toThrow(/was disposed|dispose/);
    await expect(engine.idle()).rejects.toThrow('was disposed');
  });

  it('outlives an outer tensor that was disposed of: the step keeps that', async () => {
    const engine = await testEngine();
    const held = engine.tensor([1, 2, 3], [3]);
    const step = engine.step('holding', (x) => [add(x, held)]);
    await step.run(filled(3));
    held.dispose();
    const other = engine.tensor([9, 9, 9], [3]);
    expect(await step.read(filled(3))).toEqual([Float32Array.of(2, 3, 4)]);
    step.dispose();
    other.dispose();
  });

  it('outlives it while any of several steps keeps that', async () => {
    const engine = await testEngine();
    const held = engine.tensor([1, 2, 3], [3]);
    const [one, another] = ['one', 'another'].map((name) => engine.step(name, (x) => [add(x, held)])) as [
      ReturnType<typeof engine.step>,
      ReturnType<typeof engine.step>,
    ];
    const expected = [Float32Array.of(2, 3, 4)];
    for (const step of [one, another]) expect(await step.read(filled(3))).toEqual(expected);
    const { inUse } = engine.memory;
    held.dispose();
    one.dispose();
    // Whatever is made now must not get its memory.
    const others = Array.from({ length: 8 }, () => engine.tensor([9, 9, 9], [3]));
    expect(await another.read(filled(3))).toEqual(expected);
    for (const other of others) other.dispose();
    another.dispose();
    expect(engine.memory.inUse).toBeLessThan(inUse);
  });
});

it('runs that fail leave nothing behind', async () => {
  const engine = await testEngine();
  const step = engine.step('double', (x) => [scale(x, 2)]);
  await step.run(filled(1000));
  const { inUse } = engine.memory;
  const { recorder } = engine;
  const submit = recorder.submit.bind(recorder);
  recorder.submit = (encode, dispatches) => {
    if (dispatches > 0) throw new EngineError('refused for the test');
    submit(encode, dispatches);
  };
  const outcomes = await Promise.allSettled([1, 2, 3].map((value) => step.run(filled(1000, value))));
  recorder.submit = submit;
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await step.read(filled(1000))).toEqual([new Float32Array(1000).fill(2)]);
  expect(engine.memory.inUse).toBe(inUse);
  // Of a disposed step neither the runs under way.
  void Promise.all([step.run(filled(1000)), step.run(filled(1000))]);
  step.dispose();
  await engine.idle();
  await step.run(filled(1));
  expect(engine.memory.inUse).toBe(inUse);
  step.dispose();
});

describe('a step', () => {
  it.each([false, true])(
    'does not nest, eager %s: whatever of a step is called inside its function',
    async (eager) => {
      const engine = await testEngine();
      const inner = engine.step('inner', (x) => [scale(x, 2)]);
      for (const use of ['run', 'read', 'prepare', 'memory', 'profile'] as const) {
        const outer = engine.step(
          'outer',
          (x) => {
            void inner[use](filled(3));
            return [neg(x)];
          },
          { eager },
        );
        await expect(outer.run(filled(3))).rejects.toThrow(
          /The step "inner" is used inside the function of the step "outer"; .* steps do not nest/,
        );
      }
      expect(await inner.read(filled(1))).toEqual([Float32Array.of(2)]);
      inner.dispose();
    },
  );

  it('says which argument is wrong, and what it expects', async () => {
    const engine = await testEngine();
    const step = engine.step('sum', (x, y) => [add(x, y)]);
    const run = step.run.bind(step) as (...args: unknown[]) => Promise<unknown>;
    const x = filled(1);
    const expected = '{ data: Float32Array or Uint32Array, shape: number[] }';
    for (const [args, error, message] of [
      [[], ShapeError, 'The step "sum" takes 2 arguments and was given 0: argument 0, 1 are missing'],
      [[x], ShapeError, 'The step "sum" takes 2 arguments and was given 1: argument 1 is missing'],
      [
        [engine.tensor([1], [1]), x],
        DTypeError,
        'The step "sum", argument 0 is a Tensor on the device (f32[1])',
      ],
      [[x, undefined], DTypeError, 'The step "sum", argument 1 is undefined'],
      [[x, null], DTypeError, 'The step "sum", argument 1 is null'],
      [[x, 3], DTypeError, 'The step "sum", argument 1 is 3'],
      [[x, Float32Array.of(1)], DTypeError, 'The step "sum", argument 1 has data that is undefined'],
      [[x, { data: [1], shape: [1] }], DTypeError, 'argument 1 has data that is of type Array'],
      [[x, { data: new Float64Array(1), shape: [1] }], DTypeError, 'data that is of type Float64Array'],
      [[x, { data: new Float32Array(1) }], ShapeError, 'argument 1 has a shape that is undefined'],
      [[x, { data: new Float32Array(2), shape: [3] }], ShapeError, 'argument 1: 2 values for shape [3]'],
      [
        [x, { data: new Uint32Array(1), shape: [1] }],
        DTypeError,
        'The step "sum", on f32[1] u32[1]: add: input 1',
      ],
    ] as const) {
      await expect(run(...args)).rejects.toThrow(message);
      await expect(run(...args)).rejects.toThrow(error);
    }
    await expect(run(x)).rejects.toThrow('pass { data, shape } for each');
    await expect(run(x, 3)).rejects.toThrow(expected);
    expect(await step.read(x, x)).toEqual([Float32Array.of(2)]);
    step.dispose();
  });

  it('is typed by what its function takes', async () => {
    const engine = await testEngine();
    const two = engine.step('two', (x, y) => [add(x, y)]);
    expectTypeOf<Parameters<typeof two.run>>().toEqualTypeOf<[x: HostTensor, y: HostTensor]>();
    expectTypeOf<Parameters<typeof two.read>>().toEqualTypeOf<[x: HostTensor, y: HostTensor]>();
    const none = engine.step('none', () => []);
    expectTypeOf<Parameters<typeof none.run>>().toEqualTypeOf<[]>();
    const any = engine.step('any', (x, ...rest: Tensor[]) => [x, ...rest]);
    expectTypeOf<Parameters<typeof any.run>>().toEqualTypeOf<[x: HostTensor, ...HostTensor[]]>();
  });

  it('refuses an asynchronous function, and so does noGrad', async () => {
    const engine = await testEngine();
    const step = engine.step('late', (async (x: Tensor) => [neg(x)]) as never);
    await expect((step.run as (x: HostTensor) => Promise<unknown>)(filled(1))).rejects.toThrow(
      'The function of the step "late" is asynchronous',
    );
    expect(() => engine.noGrad(async () => Promise.reject(new Error('not seen')))).toThrow(
      'noGrad: the function is asynchronous',
    );
    const x = engine.tensor([1], [1], { requiresGrad: true });
    expect(neg(x).requiresGrad).toBe(true);
    expect(engine.noGrad(() => neg(x)).requiresGrad).toBe(false);
  });

  it('tracks or not by its own function, wherever it is first run', async () => {
    const engine = await testEngine();
    const x = engine.tensor([1], [1], { requiresGrad: true });
    let tracked: boolean | null = null;
    const step = engine.step('tracking', (y) => {
      tracked = add(y, x).requiresGrad;
      return [add(y, x)];
    });
    await engine.noGrad(() => {
      const run = step.run(filled(1));
      // What follows in noGrad is still not tracked.
      expect(neg(x).requiresGrad).toBe(false);
      return [run];
    })[0];
    expect(tracked).toBe(true);
    expect(neg(x).requiresGrad).toBe(true);
    step.dispose();
  });
});

describe('scopes of several flows', () => {
  it('may end in any order: values are right, and nothing stays', async () => {
    const engine = await testEngine();
    const before = engine.memory.inUse;
    const flow = async (ms: number) => {
      const scope = engine.scope();
      try {
        const tensor = engine.tensor([ms], [1]);
        await new Promise((resolve) => setTimeout(resolve, ms));
        return (await engine.read(neg(tensor)))[0];
      } finally {
        scope[Symbol.dispose]();
        scope[Symbol.dispose]();
      }
    };
    expect(await Promise.all([flow(5), flow(50)])).toEqual([-5, -50]);
    expect(await Promise.all([flow(50), flow(5), flow(20)])).toEqual([-50, -5, -20]);
    expect(engine.memory.inUse).toBe(before);
  });

  it('give what is kept to the nearest one still open, and name the cause where a tensor is gone', async () => {
    const engine = await testEngine();
    const before = engine.memory.inUse;
    const [outer, middle, inner] = [engine.scope(), engine.scope(), engine.scope()];
    const kept = engine.tensor([1], [1]);
    const lost = engine.tensor([2], [1]);
    middle[Symbol.dispose]();
    inner.keep(kept);
    inner[Symbol.dispose]();
    expect(await engine.read(kept)).toEqual(Float32Array.of(1));
    await expect(engine.read(lost)).rejects.toThrow(/several asynchronous flows have scopes open/);
    outer[Symbol.dispose]();
    await expect(engine.read(kept)).rejects.toThrow(LifetimeError);
    expect(engine.memory.inUse).toBe(before);
  });

  it("do not take an eager step's results, nor those of runs under way", async () => {
    const engine = await testEngine();
    for (const eager of [false, true]) {
      const step = engine.step('double', (x) => [scale(x, 2)], { eager });
      let runs: Promise<readonly Tensor[]>[];
      {
        using _scope = engine.scope();
        runs = [1, 2].map((value) => step.run(filled(1, value)));
      }
      const results = (await Promise.all(runs)).flat();
      expect(await engine.readAll(results)).toEqual([Float32Array.of(2), Float32Array.of(4)]);
      step.dispose();
    }
  });
});
