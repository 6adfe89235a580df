/** Calls in orders that nobody planned: what comes back is what was asked for, or an error that says why not. */
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  add,
  backward,
  checkpoint,
  constantInit,
  type Engine,
  EngineError,
  LossScale,
  mean,
  mul,
  neg,
  openEngine,
  relu,
  scale,
  square,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';

const one = (value: number) => ({ data: Float32Array.of(value), shape: [1] });
const many = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length] });
const first = async (engine: Engine, tensor: Tensor | undefined) => (await engine.read(tensor as Tensor))[0];
const doubling = (engine: Engine, options = {}) => engine.step('double', (x) => [scale(x, 2)], options);

describe.each([false, true])('a step that is called without waiting, eager %s', (eager) => {
  it('read, run, profile, memory and prepare in a row', async () => {
    const engine = await testEngine();
    const step = doubling(engine, { eager });
    const all = [
      step.read(one(1)),
      step.run(one(2)).then(async ([y]) => [await engine.read(y as Tensor)]),
      step.read(one(3)),
      step.prepare(one(9)).then(() => [Float32Array.of(0)]),
      step.read(one(4)),
    ];
    expect((await Promise.all(all)).map(([y]) => y?.[0])).toEqual([2, 4, 6, 0, 8]);
    step.dispose();
  });

  it('three flows of three shapes with two plans', async () => {
    const engine = await testEngine();
    const step = doubling(engine, { eager, plans: 2 });
    const flow = async (length: number) => {
      for (let round = 0; round < 5; round++) {
        const [y] = await step.read({ data: new Float32Array(length).fill(round), shape: [length] });
        expect(y).toEqual(new Float32Array(length).fill(2 * round));
      }
    };
    await Promise.all([flow(3), flow(4), flow(5)]);
    expect(step.plans).toBeLessThanOrEqual(2);
    step.dispose();
  });

  it('writes, runs and reads of a parameter in turn', async () => {
    const engine = await testEngine();
    const weights = engine.parameters([{ name: 'w', shape: [1], init: constantInit(1) }]);
    const w = weights.get('w');
    const step = engine.step('times', (x) => [mul(x, w)], { eager });
    const found: Promise<unknown>[] = [];
    for (let round = 1; round <= 4; round++) {
      found.push(step.read(one(10)).then(([y]) => y?.[0]));
      engine.write(w, Float32Array.of(round * 2));
      found.push(first(engine, w));
    }
    expect(await Promise.all(found)).toEqual([10, 2, 20, 4, 40, 6, 60, 8]);
    step.dispose();
    weights.dispose();
  });

  it('a refused call between good ones', async () => {
    const engine = await testEngine();
    const step = doubling(engine, { eager });
    const wrong = { data: Float32Array.of(1, 2), shape: [3] };
    const all = await Promise.allSettled([
      step.read(one(1)),
      step.read(wrong),
      step.run(wrong),
      step.read(one(2)),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect((await step.read(one(5)))[0]?.[0]).toBe(10);
    step.dispose();
  });

  it('a function that throws for one shape does not spoil the others', async () => {
    const engine = await testEngine();
    const step = engine.step(
      'picky',
      (x) => [add(x, engine.recorder.body.capturing || eager ? scale(x, 1) : x)],
      {
        eager,
      },
    );
    const throws = engine.step(
      'throws',
      (x) => {
        if (x.size === 2) throw new Error('two');
        return [neg(x)];
      },
      { eager },
    );
    const all = await Promise.allSettled([
      throws.read(one(1)),
      throws.read(many(1, 2)),
      throws.read(many(1, 2, 3)),
      step.read(one(3)),
    ]);
    expect(all.map((r) => (r.status === 'fulfilled' ? r.value[0]?.[0] : String(r.reason)))).toEqual([
      -1,
      'Error: two',
      -1,
      6,
    ]);
    step.dispose();
    throws.dispose();
  });
});

it('results of one step are read, and feed another, while a third runs', async () => {
  const engine = await testEngine();
  const [a, b, c] = [2, 3, 5].map((by) => engine.step(`by ${by}`, (x) => [scale(x, by)]));
  const chain = async (value: number) => {
    const [x] = (await a?.read(one(value))) ?? [];
    const [y] = (await b?.read({ data: x as Float32Array<ArrayBuffer>, shape: [1] })) ?? [];
    const [z] = (await c?.read({ data: y as Float32Array<ArrayBuffer>, shape: [1] })) ?? [];
    return z?.[0];
  };
  expect(await Promise.all([1, 2, 3].map(chain))).toEqual([30, 60, 90]);
  for (const step of [a, b, c]) step?.dispose();
});

it('an operation on a result is recorded before the next run of its step', async () => {
  const engine = await testEngine();
  const step = doubling(engine);
  const [y] = await step.run(one(1));
  using _scope = engine.scope();
  const kept = neg(y as Tensor);
  const [z] = await step.run(one(100));
  expect([await first(engine, kept), await first(engine, z)]).toEqual([-2, 200]);
  step.dispose();
});

it('a result kept one run ahead is refused by a sentence that names step.read', async () => {
  const engine = await testEngine();
  const step = doubling(engine);
  let previous: Tensor | null = null;
  let said = '';
  for (const value of [1, 2]) {
    const next: Tensor | undefined = (await step.run(one(value)))[0];
    if (previous) said = await engine.read(previous).then(String, (error: Error) => error.message);
    previous = next as Tensor;
  }
  expect(said).toContain('"double"');
  expect(said).toContain('step.read()');
  step.dispose();
});

it('copies of many results stay right for many runs', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const step = doubling(engine);
  const kept: Tensor[] = [];
  for (let value = 0; value < 20; value++) kept.push(scale((await step.run(one(value)))[0] as Tensor, 1));
  const values = await engine.readAll(kept);
  expect(values.map(([v]) => v)).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i));
  step.dispose();
});

it('repeat, run and idle without waiting leave the sum of all', async () => {
  const engine = await testEngine();
  const weights = engine.parameters([{ name: 'w', shape: [1], init: constantInit(0) }]);
  const optimizer = new AdamW(weights, { weightDecay: 0, betas: [0, 0], eps: 1e-8 });
  const w = weights.get('w');
  const hyperparameters = engine.tensor(optimizer.hyperparameters(1, 1).data as Float32Array, [4]);
  const step = engine.step('down', () => {
    backward(sum(w));
    optimizer.update(hyperparameters);
    return [];
  });
  const all = [step.repeat(3), step.run(), engine.idle(), step.repeat(2)];
  expect(await first(engine, w)).toBeCloseTo(-6, 4);
  await Promise.all(all);
  for (const times of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2' as never])
    await expect(step.repeat(times)).rejects.toThrow('"down" is to be repeated');
  expect(await first(engine, w)).toBeCloseTo(-6, 4);
  step.dispose();
  optimizer.dispose();
  weights.dispose();
});

it('profile refuses what run refuses, in the same words and as a promise', async () => {
  const engine = await testEngine();
  const step = doubling(engine);
  for (const value of [undefined, null, 3, {}]) {
    const said = await step.run(value as never).catch((error: Error) => error.message);
    await expect(step.profile(value as never)).rejects.toThrow(said as string);
  }
  step.dispose();
});

it('closing with calls under way rejects them, and hangs none', async () => {
  const engine = await openEngine();
  const step = doubling(engine);
  await step.read(one(1));
  const fresh = doubling(engine);
  const calls = [
    step.run(one(2)).then(([y]) => engine.read(y as Tensor)),
    step.read(one(3)),
    fresh.read(one(4)),
    fresh.prepare(many(1, 2)),
    engine.read(engine.tensor([1], [1])),
    engine.idle(),
  ];
  engine.dispose();
  engine.dispose();
  const all = await Promise.allSettled(calls);
  for (const result of all)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(EngineError);
  await expect(step.read(one(1))).rejects.toThrow(EngineError);
});

it('two engines at once do not meet', async () => {
  const [a, b] = [await testEngine(), await openEngine()];
  const [x, y] = [a, b].map((engine, index) => engine.step('own', (t) => [scale(t, 10 ** (index + 1))]));
  const all = await Promise.all([1, 2, 3].flatMap((value) => [x?.read(one(value)), y?.read(one(value))]));
  expect(all.map((r) => r?.[0]?.[0])).toEqual([10, 100, 20, 200, 30, 300]);
  const foreign = b.tensor([1], [1]);
  const mixed = a.step('mixed', (t) => [add(t, foreign)]);
  await expect(mixed.run(one(1))).rejects.toThrow('another engine');
  expect(() =>
    backward(sum(a.tensor([1], [1], { requiresGrad: true })), { seed: b.tensor([1], []) }),
  ).toThrow('another engine');
  expect(() => a.write(foreign, Float32Array.of(2))).toThrow('another engine');
  await expect(a.readAll([a.tensor([7], [1]), b.tensor([8], [1])])).rejects.toThrow('another engine');
  x?.dispose();
  b.dispose();
});

describe('gradients', () => {
  const trained = async () => {
    const engine = await testEngine();
    const weights = engine.parameters([{ name: 'w', shape: [2], init: constantInit(3) }]);
    return { engine, weights, w: weights.get('w') };
  };

  it('of a checkpoint in noGrad, of noGrad in a checkpoint, and of both in a step', async () => {
    const { engine, weights, w } = await trained();
    using _scope = engine.scope();
    const x = engine.tensor([1, 2], [2], { requiresGrad: true });
    expect(engine.noGrad(() => checkpoint((t) => mul(t, w), [x])).requiresGrad).toBe(false);
    const inside = checkpoint(
      (t) =>
        add(
          mul(t, w),
          engine.noGrad(() => mul(square(t), w)),
        ),
      [x],
    );
    const grads = backward(sum(inside));
    expect([...(await engine.read(grads.get(x) as Tensor))]).toEqual([3, 3]);
    expect([...(await engine.read(w.grad))]).toEqual([1, 2]);
    const step = engine.step('both', (t) => {
      backward(sum(checkpoint((s) => square(mul(s, w)), [t])));
      return [w.grad];
    });
    const [both] = await step.read(many(1, 2));
    expect([...(both ?? [])]).toEqual([6, 24]);
    expect([...(await engine.read(w.grad))]).toEqual([6, 24]);
    step.dispose();
    weights.dispose();
  });

  it('noGrad ends with what it threw, and nests', async () => {
    const { engine, weights, w } = await trained();
    using _scope = engine.scope();
    expect(() =>
      engine.noGrad(() => {
        engine.noGrad(() => square(w));
        expect(square(w).requiresGrad).toBe(false);
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(square(w).requiresGrad).toBe(true);
    weights.dispose();
  });

  it('accumulate over batches, one after the other and at once', async () => {
    const { engine, weights, w } = await trained();
    const step = engine.step('accumulate', (x) => {
      backward(sum(mul(x, w)), { accumulate: true });
      return [];
    });
    weights.clearGrads();
    await Promise.all([many(1, 2), many(10, 20), many(100, 200)].map((batch) => step.run(batch)));
    expect([...(await engine.read(w.grad))]).toEqual([111, 222]);
    weights.clearGrads();
    step.run(many(5, 6));
    expect([...(await engine.read(w.grad))]).toEqual([5, 6]);
    step.dispose();
    weights.dispose();
  });

  it('that are NaN or infinite stop the update, halve the loss scale, and leave everything else', async () => {
    const { engine, weights, w } = await trained();
    const optimizer = new AdamW(weights, { weightDecay: 0.1 });
    const scaling = new LossScale(engine.recorder, { initial: 1024 });
    const step = engine.step('train', (x, h) => {
      backward(mean(relu(mul(x, w))), { seed: scaling.seed });
      const { gradNorm } = optimizer.update(scaling.unscale(h));
      scaling.adjust(gradNorm);
      return [gradNorm];
    });
    const norms = await Promise.all(
      [1, Number.NaN, Number.POSITIVE_INFINITY, 1].map((value, t) =>
        step.read(many(value, 1), optimizer.hyperparameters(0.1, t + 1)).then(([norm]) => norm?.[0] ?? 0),
      ),
    );
    expect(norms.map(Number.isFinite)).toEqual([true, false, false, true]);
    expect([...(await scaling.read())]).toEqual([256, 1]);
    expect((await engine.read(w)).every(Number.isFinite)).toBe(true);
    step.dispose();
    scaling.dispose();
    optimizer.dispose();
    weights.dispose();
  });
});

describe('AdamW', () => {
  it('takes a running mean that is NaN on, and shows it, though nothing else is in its vector', async () => {
    const engine = await testEngine();
    const weights = engine.parameters([{ name: 'w', shape: [4], init: null }]);
    const optimizer = new AdamW(weights, { weightDecay: 0 });
    const w = weights.get('w');
    for (const moment of ['exp_avg', 'exp_avg_sq'] as const) {
      engine.write(w, new Float32Array(4));
      optimizer.write('exp_avg', new Map([['w', new Float32Array(4)]]));
      optimizer.write('exp_avg_sq', new Map([['w', new Float32Array(4)]]));
      optimizer.write(moment, new Map([['w', Float32Array.of(0, Number.NaN, 0, 0)]]));
      using _scope = engine.scope();
      weights.clearGrads();
      optimizer.update(engine.tensor(optimizer.hyperparameters(0.1, 1).data as Float32Array, [4]));
      expect([...(await engine.read(w))]).toEqual([0, Number.NaN, 0, 0]);
    }
    optimizer.dispose();
    weights.dispose();
  });
});

describe('scopes', () => {
  it('in flows with steps under way free what they made and nothing else', async () => {
    const engine = await testEngine();
    const step = doubling(engine);
    await step.read(one(0));
    await engine.idle();
    const before = engine.memory.inUse;
    const flow = async (value: number) => {
      const scope = engine.scope();
      try {
        const [y] = await step.read(one(value));
        return y?.[0];
      } finally {
        scope[Symbol.dispose]();
        scope[Symbol.dispose]();
      }
    };
    expect(await Promise.all([1, 2, 3].map(flow))).toEqual([2, 4, 6]);
    expect(engine.memory.inUse).toBe(before);
    step.dispose();
  });

  it('that end while a run is under way do not take its arguments', async () => {
    const engine = await testEngine();
    const scope = engine.scope();
    const outer = engine.tensor([7], [1]);
    const step = engine.step('outer', (x) => [mul(x, outer)]);
    const run = step.read(one(3));
    scope[Symbol.dispose]();
    expect((await run)[0]?.[0]).toBe(21);
    expect((await step.read(one(4)))[0]?.[0]).toBe(28);
    step.dispose();
  });
});
