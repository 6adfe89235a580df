import { describe, expect, it } from 'vitest';
import {
  AdamW,
  backward,
  type Engine,
  LifetimeError,
  LossScale,
  mul,
  neg,
  openEngine,
  ParameterArenas,
  scale,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';

const SIZE = 1000;
/** Arenas begin parameters at multiples of 256 bytes. */
const ARENA_BYTES = 4096;
const GONE = /used after dispose\(\) gave their memory back; make them anew/;

const ones = (engine: Engine) =>
  engine.parameters([{ name: 'w', shape: [SIZE], init: (values) => void values.fill(1) }]);

function update(engine: Engine, optimizer: AdamW, t: number) {
  const { data, shape } = optimizer.hyperparameters(0.5, t);
  return optimizer.update(engine.tensor(data, shape));
}

describe('AdamW.dispose', () => {
  it('gives the memory of the running means back, once, and leaves the weights', async () => {
    const engine = await testEngine();
    const weights = ones(engine);
    await engine.read(weights.get('w'));
    const before = engine.memory.reserved;
    const optimizer = new AdamW(weights);
    expect(engine.memory.reserved - before).toBe(2 * ARENA_BYTES);
    await engine.idle();
    optimizer.dispose();
    expect(engine.memory.reserved).toBe(before);
    optimizer.dispose();
    expect(engine.memory.reserved).toBe(before);
    expect(await engine.read(weights.get('w'))).toEqual(new Float32Array(SIZE).fill(1));
    weights.dispose();
  });

  it('refuses every use afterwards, with one sentence', async () => {
    const engine = await testEngine();
    const weights = ones(engine);
    const optimizer = new AdamW(weights, { weightDecay: 0.1 });
    const step = engine.step('update', (hyperparameters) => [optimizer.update(hyperparameters).gradNorm]);
    await step.run(optimizer.hyperparameters(0.5, 1));
    const { exp_avg: mean } = optimizer.stateOf(weights.get('w'));
    optimizer.dispose();
    expect(() => update(engine, optimizer, 2)).toThrow(GONE);
    expect(() => update(engine, optimizer, 2)).toThrow(LifetimeError);
    expect(() => optimizer.write('exp_avg', new Map([['w', new Float32Array(SIZE)]]))).toThrow(GONE);
    await expect(optimizer.read()).rejects.toThrow(GONE);
    await expect(engine.read(mean)).rejects.toThrow(GONE);
    // Captured before: a replay would otherwise be refused by the device, in its own words.
    await expect(step.run(optimizer.hyperparameters(0.5, 2))).rejects.toThrow(GONE);
    // The refused updates changed nothing: one decay of 0.5 times 0.1.
    expect((await engine.read(weights.get('w')))[SIZE - 1]).toBeCloseTo(0.95, 6);
    step.dispose();
    weights.dispose();
  });

  it('lets what was asked for before happen', async () => {
    const engine = await testEngine();
    const weights = ones(engine);
    const before = engine.memory.reserved;
    const optimizer = new AdamW(weights, { weightDecay: 0.1 });
    optimizer.write('exp_avg', new Map([['w', new Float32Array(SIZE).fill(1)]]));
    optimizer.write('exp_avg_sq', new Map([['w', new Float32Array(SIZE).fill(1)]]));
    const { exp_avg: mean } = optimizer.stateOf(weights.get('w'));
    update(engine, optimizer, 1);
    const late = engine.read(mean);
    optimizer.dispose();
    expect((await late)[0]).toBeCloseTo(0.9, 6);
    const [bias1, bias2] = [1 - 0.9, 1 - 0.999];
    const expected = 0.95 - ((0.5 / bias1) * 0.9) / Math.sqrt(0.999 / bias2);
    expect((await engine.read(weights.get('w')))[0]).toBeCloseTo(expected, 5);
    await engine.idle();
    expect(engine.memory.reserved - before).toBeLessThan(2 * ARENA_BYTES);
    weights.dispose();
  });
});

describe('ParameterArenas.dispose', () => {
  it('gives everything back, whatever was asked for just before', async () => {
    const engine = await testEngine();
    const uses: Record<string, (weights: ParameterArenas) => unknown> = {
      nothing: () => {},
      'a read': (weights) => engine.read(weights.get('w')),
      'an operation': (weights) => neg(weights.get('w')),
      both: (weights) => engine.read(neg(weights.get('w'))),
      'an update': (weights) => {
        const optimizer = new AdamW(weights);
        update(engine, optimizer, 1);
        optimizer.dispose();
      },
    };
    for (const [name, use] of Object.entries(uses)) {
      const once = async () => {
        using _scope = engine.scope();
        const weights = ones(engine);
        const under = use(weights);
        weights.dispose();
        await under;
        await engine.idle();
        return engine.memory.reserved;
      };
      // What the first round leaves are buffers for reuse.
      const first = await once();
      expect(await once(), name).toBe(first);
    }
  });

  it('lets values be read that were asked for just before, and nothing else uses', async () => {
    const engine = await testEngine();
    const weights = ones(engine);
    const late = engine.read(weights.get('w'));
    weights.dispose();
    expect(await late).toEqual(new Float32Array(SIZE).fill(1));
  });

  it('lets what is on its way to the device arrive: its kernels may still be compiling', async () => {
    const engine = await testEngine();
    const { pipelines } = engine.recorder;
    const get = pipelines.get.bind(pipelines);
    let [compiling, finish] = [() => {}, () => {}];
    const asked = new Promise<void>((resolve) => {
      compiling = resolve;
    });
    const compiled = new Promise<void>((resolve) => {
      finish = resolve;
    });
    pipelines.get = async (...args) => {
      compiling();
      await compiled;
      return get(...args);
    };
    using _scope = engine.scope();
    const weights = ones(engine);
    const late = engine.read(scale(weights.get('w'), 3));
    await asked;
    weights.dispose();
    pipelines.get = get;
    finish();
    expect(await late).toEqual(new Float32Array(SIZE).fill(3));
  });

  it('keeps what feeds something that is still wanted, over any number of its own buffers', async () => {
    const engine = await testEngine();
    const weights = ones(engine);
    const { storage, grad, bytes } = weights.get('w');
    engine.recorder.copy(storage, grad.storage, bytes);
    const late = engine.read(grad);
    weights.dispose();
    expect(await late).toEqual(new Float32Array(SIZE).fill(1));
  });

  it('gives values and gradients back, once, and refuses every use afterwards', async () => {
    const engine = await testEngine();
    const before = engine.memory.reserved;
    const weights = ones(engine);
    expect(engine.memory.reserved - before).toBeGreaterThanOrEqual(2 * ARENA_BYTES);
    const weight = weights.get('w');
    const step = engine.step('loss', (x) => {
      const loss = sum(mul(weight, x));
      backward(loss);
      return [loss];
    });
    const x = { data: new Float32Array(SIZE).fill(2), shape: [SIZE] };
    const [loss] = await step.run(x);
    const late = engine.read(loss as NonNullable<typeof loss>);
    weights.dispose();
    weights.dispose();
    expect(await late).toEqual(Float32Array.of(2 * SIZE));
    await expect(step.run(x)).rejects.toThrow(GONE);
    await expect(engine.read(weight)).rejects.toThrow(GONE);
    await expect(engine.read(weight.grad)).rejects.toThrow(GONE);
    expect(() => engine.write(weight, new Float32Array(SIZE))).toThrow(GONE);
    expect(() => weights.clearGrads()).toThrow(GONE);
    expect(() => sum(weight)).toThrow(GONE);
    expect(() => new AdamW(weights).update(engine.tensor([0, 0, 0, 0], [4]))).toThrow(GONE);
    step.dispose();
  });
});

it('comes at the end of `using`, for every object that has a dispose()', async () => {
  const engine = await openEngine();
  const left: { tensor?: Tensor; made?: Tensor; weights?: ParameterArenas; mean?: Tensor; state?: Tensor } =
    {};
  {
    using _engine = engine;
    {
      using tensor = engine.tensor([1], [1]);
      using weights = ones(engine);
      using optimizer = new AdamW(weights);
      using lossScale = new LossScale(engine.recorder);
      using scope = engine.scope();
      using step = engine.step('double', (x) => [scale(x, 2)]);
      const [result] = await step.run({ data: Float32Array.of(1), shape: [1] });
      const { exp_avg: mean } = optimizer.stateOf(weights.get('w'));
      Object.assign(left, { tensor, made: engine.tensor([2], [1]), weights, mean, state: lossScale.state });
      expect(scope.dispose).toBe(scope[Symbol.dispose]);
      expect(await engine.read(result as Tensor)).toEqual(Float32Array.of(2));
      Object.assign(left, { result });
    }
    for (const [name, one] of Object.entries(left)) {
      const tensor = one instanceof ParameterArenas ? one.get('w') : one;
      expect(() => scale(tensor, 2), name).toThrow(LifetimeError);
    }
  }
  expect(() => engine.zeros([1])).toThrow('was disposed');
});
