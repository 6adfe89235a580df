import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  type AdamWOptions,
  backward,
  constant,
  type Engine,
  mul,
  type Parameter,
  ParameterArenas,
  Random,
  sum,
  warmupCosine,
} from '../../engine/index.ts';
import { relativeError } from '../support/check-op.ts';
import { runs, testEngine } from '../support/engine.ts';
import { norm, randomArray } from '../support/ndarray.ts';

/** AdamW as it is written down, in float64, on one flat list of parameters. */
class Reference {
  readonly weights: Float64Array[];
  readonly means: Float64Array[];
  readonly squares: Float64Array[];
  readonly #options: Required<AdamWOptions>;

  constructor(initial: readonly Float32Array[], options: Required<AdamWOptions>) {
    this.weights = initial.map((values) => Float64Array.from(values));
    this.means = initial.map(({ length }) => new Float64Array(length));
    this.squares = initial.map(({ length }) => new Float64Array(length));
    this.#options = options;
  }

  update(gradients: readonly Float32Array[], lr: number, t: number, gradientScale: number): number {
    const { betas, eps, weightDecay, maxGradNorm } = this.#options;
    const gradNorm = Math.hypot(...gradients.map(norm)) * gradientScale;
    const clip = maxGradNorm === null ? 1 : Math.min(1, maxGradNorm / (gradNorm + 1e-6));
    for (const [index, gradient] of gradients.entries()) {
      const [w, m, v] = [this.weights, this.means, this.squares].map((all) => all[index]) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      for (let i = 0; i < gradient.length; i++) {
        const g = (gradient[i] as number) * gradientScale * clip;
        m[i] = betas[0] * (m[i] as number) + (1 - betas[0]) * g;
        v[i] = betas[1] * (v[i] as number) + (1 - betas[1]) * g * g;
        const denominator = Math.sqrt(v[i] as number) / Math.sqrt(1 - betas[1] ** t) + eps;
        const kept = (w[i] as number) * (1 - lr * weightDecay);
        w[i] = kept - ((lr / (1 - betas[0] ** t)) * (m[i] as number)) / denominator;
      }
    }
    return gradNorm;
  }
}

/** Three arenas, as if the device's bindings were small: 1 to 3 parameters each, of ragged sizes. */
const SHAPES = [[[5, 3], [7], [64]], [[4100]], [[2, 65], [1]]];

function arenas(engine: Engine, seed: number): ParameterArenas {
  const random = new Random(seed);
  const groups = SHAPES.map((shapes, group) =>
    engine.parameters(
      shapes.map((shape, i) => ({
        name: `p${group}.${i}`,
        shape,
        init: (values, name) => random.fork(name).fillNormal(values),
      })),
    ),
  );
  return new ParameterArenas(
    groups.flatMap((group) => group.arenas),
    new Map(groups.flatMap((group) => [...group.parameters])),
  );
}

const all = (engine: Engine, { parameters }: ParameterArenas) =>
  Promise.all([...parameters.values()].map((parameter) => engine.read(parameter)));

/** Between parameters there is nothing to learn: kernels run over it and must leave zeros. */
async function expectZeroGaps(engine: Engine, { arenas, parameters }: ParameterArenas): Promise<void> {
  for (const { values } of arenas) {
    const left = await engine.read(values);
    for (const { storage, size } of parameters.values()) {
      if (storage.buffer === values.storage.buffer)
        left.fill(0, storage.offset / 4, storage.offset / 4 + size);
    }
    expect(left.every((value) => value === 0)).toBe(true);
  }
}

/** Gradients of every parameter in update t; the scale goes through the clipping norm in both directions. */
const gradientsOf = (parameters: readonly Parameter[], t: number, seed: number) =>
  parameters.map(({ size }, i) =>
    Float32Array.from(randomArray([size], 1000 * seed + 50 * t + i, t % 3 === 0 ? 1e-4 : 0.1).data),
  );

const OPTIONS: Required<AdamWOptions> = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.1, maxGradNorm: 1 };

describe('AdamW', () => {
  it('follows a float64 loop for 12 updates over several arenas', async () => {
    const engine = await testEngine();
    const options = fc.record({
      betas: fc.constantFrom<[number, number]>([0.9, 0.999], [0.8, 0.95], [0, 0.9]),
      eps: fc.constantFrom(1e-8, 1e-3),
      weightDecay: fc.constantFrom(0, 0.1),
      maxGradNorm: fc.constantFrom(1, 0.01, null),
      seed: fc.nat(1000),
      gradientScale: fc.constantFrom(1, 0.25),
    });
    const follows = async ({
      seed,
      gradientScale,
      ...rest
    }: Required<AdamWOptions> & { seed: number; gradientScale: number }) => {
      using _scope = engine.scope();
      const trained = arenas(engine, seed);
      const parameters = [...trained.parameters.values()];
      const initial = await all(engine, trained);
      const optimizer = new AdamW(trained, rest);
      const reference = new Reference(initial, rest);
      for (let t = 1; t <= 12; t++) {
        const lr = 1e-3 * t;
        const gradients = gradientsOf(parameters, t, seed);
        for (const [i, { grad }] of parameters.entries()) engine.write(grad, gradients[i] as Float32Array);
        const { data, shape } = optimizer.hyperparameters(lr, t, gradientScale);
        const { gradNorm } = optimizer.update(engine.tensor(data, shape));
        const [found = Number.NaN] = await engine.read(gradNorm);
        const expected = reference.update(gradients, lr, t, gradientScale);
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-6 * expected);
      }
      const [weights, state] = [await all(engine, trained), await optimizer.read()];
      for (const [i, { name }] of parameters.entries()) {
        const label = `${name} with ${JSON.stringify(rest)}`;
        const expected = reference.weights[i] as Float64Array;
        const moved = norm(expected.map((w, j) => w - (initial[i]?.[j] ?? 0)));
        const missed = norm(expected.map((w, j) => w - (weights[i]?.[j] ?? 0)));
        // Each of the updates rounds the weight once.
        expect(missed, label).toBeLessThan(1e-5 * moved + 12 * 2 ** -24 * norm(expected));
        const [m, v] = [state.exp_avg.get(name), state.exp_avg_sq.get(name)] as [Float32Array, Float32Array];
        const squares = reference.squares[i] as Float64Array;
        // Gradients of both signs cancel in their mean: its error is to be judged by their size.
        const size = Math.sqrt(squares.reduce((total, square) => total + square, 0));
        expect(relativeError(m, reference.means[i] as Float64Array, size), label).toBeLessThan(3e-6);
        expect(relativeError(v, squares), label).toBeLessThan(3e-6);
      }
      await expectZeroGaps(engine, trained);
    };
    await fc.assert(fc.asyncProperty(options, follows), { numRuns: runs(6), seed: 1 });
  });

  it('gives the same bits run operation by operation and replayed', async () => {
    const engine = await testEngine();
    const train = async (eager: boolean) => {
      const trained = arenas(engine, 5);
      const parameters = [...trained.parameters.values()];
      const optimizer = new AdamW(trained, OPTIONS);
      const step = engine.step(
        'train',
        (hyperparameters, ...factors) => {
          const losses = parameters.map((parameter, i) =>
            sum(mul(parameter, factors[i] as typeof parameter)),
          );
          for (const loss of losses) backward(loss);
          return [optimizer.update(hyperparameters).gradNorm];
        },
        { eager },
      );
      const norms: number[] = [];
      for (let t = 1; t <= 12; t++) {
        const factors = gradientsOf(parameters, t, 5).map((data, i) => ({
          data,
          shape: parameters[i]?.shape ?? [],
        }));
        const [gradNorm] = await step.run(optimizer.hyperparameters(1e-3 * t, t), ...factors);
        norms.push(...(gradNorm ? await engine.read(gradNorm) : []));
      }
      const state = await optimizer.read();
      return { norms, weights: await all(engine, trained), m: [...state.exp_avg], v: [...state.exp_avg_sq] };
    };
    const replayed = await train(false);
    expect(replayed.norms.every((value) => value > 0)).toBe(true);
    expect(replayed).toEqual(await train(true));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30])(
    'leaves weights and running means alone when a gradient is %s, and says so in the norm',
    async (bad) => {
      const engine = await testEngine();
      const trained = arenas(engine, 6);
      const parameters = [...trained.parameters.values()];
      const optimizer = new AdamW(trained, OPTIONS);
      const update = async (t: number, spoil: boolean) => {
        const gradients = gradientsOf(parameters, t, 6);
        if (spoil) (gradients.at(-1) as Float32Array)[0] = bad;
        for (const [i, { grad }] of parameters.entries()) engine.write(grad, gradients[i] as Float32Array);
        const { data, shape } = optimizer.hyperparameters(1e-2, t);
        return (await engine.read(optimizer.update(engine.tensor(data, shape)).gradNorm))[0];
      };
      expect(Number.isFinite(await update(1, false))).toBe(true);
      const before = { weights: await all(engine, trained), state: await optimizer.read() };
      // 1e30 is finite, but its square is not.
      expect(Number.isFinite(await update(2, true))).toBe(false);
      expect({ weights: await all(engine, trained), state: await optimizer.read() }).toEqual(before);
      expect(Number.isFinite(await update(2, false))).toBe(true);
      expect((await optimizer.read()).exp_avg).not.toEqual(before.state.exp_avg);
    },
  );

  it('continues from running means that were written back', async () => {
    const engine = await testEngine();
    const [first, second] = [arenas(engine, 7), arenas(engine, 7)];
    const [one, other] = [new AdamW(first, OPTIONS), new AdamW(second, OPTIONS)];
    const update = (trained: ParameterArenas, optimizer: AdamW, t: number) => {
      const parameters = [...trained.parameters.values()];
      const gradients = gradientsOf(parameters, t, 7);
      for (const [i, { grad }] of parameters.entries()) engine.write(grad, gradients[i] as Float32Array);
      const { data, shape } = optimizer.hyperparameters(1e-2, t);
      optimizer.update(engine.tensor(data, shape));
    };
    update(first, one, 1);
    const weights = await all(engine, first);
    for (const [i, parameter] of [...second.parameters.values()].entries()) {
      engine.write(parameter, weights[i] as Float32Array);
    }
    const state = await one.read();
    other.write('exp_avg', state.exp_avg);
    other.write('exp_avg_sq', state.exp_avg_sq);
    update(first, one, 2);
    update(second, other, 2);
    expect(await all(engine, second)).toEqual(await all(engine, first));
    expect(await other.read()).toEqual(await one.read());
  });

  it('takes few dispatches, however many parameters there are', async () => {
    const engine = await testEngine();
    const many = engine.parameters(
      Array.from({ length: 200 }, (_, i) => ({
        name: `p${i}`,
        shape: [70],
        init: (values) => void values.fill(1),
      })),
    );
    const optimizer = new AdamW(many);
    const { data, shape } = optimizer.hyperparameters(1e-3, 1);
    const hyperparameters = engine.tensor(data, shape);
    await engine.idle();
    const before = engine.recorder.counts.dispatches;
    optimizer.update(hyperparameters);
    await engine.idle();
    expect(engine.recorder.counts.dispatches - before).toBeLessThanOrEqual(5);
  });

  it('refuses what it cannot use', async () => {
    const engine = await testEngine();
    const trained = arenas(engine, 8);
    const optimizer = new AdamW(trained);
    const none = new ParameterArenas([], new Map());
    expect(() => new AdamW(none)).toThrow('AdamW: there are no parameters to train.');
    expect(() => new AdamW(trained, { betas: [0.9, 1] })).toThrow('AdamW: beta2 is 1;');
    expect(() => new AdamW(trained, { maxGradNorm: 0 })).toThrow('AdamW: maxGradNorm is 0;');
    expect(() => optimizer.hyperparameters(1e-3, 0)).toThrow('AdamW: update number 0; they count from 1.');
    expect(() => optimizer.hyperparameters(Number.NaN, 1)).toThrow('AdamW: learning rate NaN;');
    expect(() => optimizer.update(engine.tensor([1, 2], [2]))).toThrow('AdamW: hyperparameters is f32[2];');
    expect(() => optimizer.write('exp_avg', new Map([['p0.0', new Float32Array(3)]]))).toThrow(
      'AdamW: 3 values for the exp_avg of "p0.0", which holds 15.',
    );
    const [stranger] = [...arenas(engine, 9).parameters.values()];
    expect(() => optimizer.stateOf(stranger as Parameter)).toThrow('"p0.0" is not one of those it trains');
  });
});

describe('schedules', () => {
  it('warmupCosine rises in a line, falls as a cosine, and stays at the floor', () => {
    const lr = warmupCosine({ learningRate: 2, steps: 100, floor: 0.5 });
    expect([0, 4, 9].map(lr)).toEqual([0.2, 1, 2]);
    expect(lr(10)).toBe(2);
    expect(lr(55)).toBeCloseTo(1.25, 12);
    expect(lr(99)).toBeGreaterThan(0.5);
    expect([100, 1000].map(lr)).toEqual([0.5, 0.5]);
    for (let t = 10; t < 100; t++) expect(lr(t + 1)).toBeLessThan(lr(t));
    expect(warmupCosine({ learningRate: 1, steps: 4 })(0)).toBe(1);
    expect(warmupCosine({ learningRate: 1, steps: 3, warmup: 3 })(2)).toBe(1);
  });

  it('constant stays', () => {
    expect([0, 7, 1e6].map(constant(3e-4))).toEqual([3e-4, 3e-4, 3e-4]);
  });

  it('refuses rates and lengths that make no sense', () => {
    expect(() => warmupCosine({ learningRate: 1, steps: 0 })).toThrow('warmupCosine: steps is 0;');
    expect(() => warmupCosine({ learningRate: 0, steps: 5 })).toThrow('warmupCosine: learningRate is 0;');
    expect(() => warmupCosine({ learningRate: 1, steps: 5, warmup: 6 })).toThrow(
      'warmupCosine: warmup is 6;',
    );
    expect(() => warmupCosine({ learningRate: 1, steps: 5, floor: 2 })).toThrow('warmupCosine: floor is 2;');
    expect(() => constant(-1)).toThrow('constant: learning rate -1;');
  });
});
