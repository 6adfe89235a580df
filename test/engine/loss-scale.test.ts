import { describe, expect, it } from 'vitest';
import {
  AdamW,
  backward,
  DTypeError,
  type Engine,
  LossScale,
  linear,
  mul,
  type ParameterArenas,
  Random,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';
import { hasHalf } from '../support/half.ts';

const SHAPES = [[3, 5], [64], [130], [1], [2, 65]];

function parameters(engine: Engine, half = false): ParameterArenas {
  const random = new Random(4);
  const specs = SHAPES.map((shape, i) => ({
    name: `p${i}`,
    shape,
    init: (values: Float32Array, name: string) => random.fork(name).fillNormal(values),
    half,
  }));
  return engine.parameters(specs);
}

const valuesOf = (engine: Engine, { parameters: all }: ParameterArenas) =>
  Promise.all([...all.values()].map((parameter) => engine.read(parameter)));

describe('loss scaling', () => {
  it('halves on a gradient that is not finite, leaves the weights, and doubles after enough good updates', async () => {
    const engine = await testEngine();
    const weights = engine.parameters([{ name: 'w', shape: [4], init: (values) => void values.fill(1) }]);
    const optimizer = new AdamW(weights);
    const scale = new LossScale(engine.recorder, { initial: 8, interval: 3 });
    const step = engine.step('scaled', (x, hyperparameters) => {
      backward(sum(mul(weights.get('w'), x)), { seed: scale.seed });
      const { gradNorm } = optimizer.update(scale.unscale(hyperparameters));
      scale.adjust(gradNorm);
      return [gradNorm];
    });
    const train = async (x: number, t: number) => {
      const data = new Float32Array(4).fill(x);
      const [norm] = await step.run({ data, shape: [4] }, optimizer.hyperparameters(0.1, t));
      return (await engine.read(norm as NonNullable<typeof norm>))[0];
    };
    // The norm that is reported is that of the loss itself.
    expect(await train(0.5, 1)).toBe(1);
    expect(await scale.read()).toEqual(Float32Array.of(8, 1));
    const [before] = await valuesOf(engine, weights);
    expect(Number.isFinite(await train(3e38, 2))).toBe(false);
    expect(await valuesOf(engine, weights)).toEqual([before]);
    expect(await scale.read()).toEqual(Float32Array.of(4, 0));
    for (let t = 3; t < 6; t++) await train(0.5, t);
    expect(await scale.read()).toEqual(Float32Array.of(8, 0));
    expect((await valuesOf(engine, weights))[0]).not.toEqual(before);
    for (let t = 6; t < 12; t++) await train(Number.POSITIVE_INFINITY, t);
    expect((await scale.read())[0]).toBe(1);
    step.dispose();
    scale.dispose();
    weights.dispose();
  });

  it('stays within its bounds', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const scale = new LossScale(engine.recorder, { interval: 1 });
    for (const [before, norm, after] of [
      [2 ** 29, 1, 2 ** 30],
      [2 ** 30, 1, 2 ** 30],
      [2, Infinity, 1],
      [1, Number.NaN, 1],
    ] as const) {
      scale.write([before, 0]);
      scale.adjust(engine.tensor([norm], []));
      expect(await scale.read()).toEqual(Float32Array.of(after, 0));
    }
    scale.dispose();
  });

  it('does not change a bit of what is trained', async () => {
    const engine = await testEngine();
    const train = async (scaled: boolean) => {
      const weights = parameters(engine);
      const optimizer = new AdamW(weights, { maxGradNorm: 0.5 });
      const scale = new LossScale(engine.recorder, { interval: 2 });
      const step = engine.step('either', (hyperparameters) => {
        weights.clearGrads();
        for (const parameter of weights.parameters.values()) {
          backward(sum(mul(parameter, parameter)), scaled ? { seed: scale.seed } : {});
        }
        const { gradNorm } = optimizer.update(scaled ? scale.unscale(hyperparameters) : hyperparameters);
        if (scaled) scale.adjust(gradNorm);
        return [gradNorm];
      });
      for (let t = 1; t <= 5; t++) await step.run(optimizer.hyperparameters(0.01, t, 0.25));
      const values = await valuesOf(engine, weights);
      step.dispose();
      scale.dispose();
      weights.dispose();
      return values;
    };
    expect(await train(true)).toEqual(await train(false));
  });

  it('continues from what was read, and refuses what is no state', async () => {
    const engine = await testEngine();
    const scale = new LossScale(engine.recorder);
    expect(await scale.read()).toEqual(Float32Array.of(8192, 0));
    scale.write(Float32Array.of(512, 17));
    expect(await scale.read()).toEqual(Float32Array.of(512, 17));
    expect(() => scale.write([3, 0])).toThrow(/the scale is 3; it must be a power of two/);
    expect(() => scale.write([4])).toThrow(/must be the scale and a count/);
    expect(() => scale.write([4, 1, 2])).toThrow(/must be the scale and a count/);
    expect(() => new LossScale(engine.recorder, { interval: 0 })).toThrow(/interval is 0/);
    scale.dispose();
  });
});

const half = await hasHalf('weights kept as f16 beside the f32 ones');

describe.runIf(half)('weights kept as f16 besides', () => {
  /** Within half a step of f16, whichever way the device rounds what is half way. */
  async function expectRounded(engine: Engine, { parameters: all }: ParameterArenas): Promise<void> {
    for (const parameter of all.values()) {
      const [values, rounded] = [
        await engine.read(parameter),
        await engine.read(parameter.half ?? parameter),
      ];
      expect(parameter.half?.dtype).toBe('f16');
      for (const [i, value] of values.entries())
        expect(Math.abs((rounded[i] as number) - value)).toBeLessThanOrEqual(
          Math.max(Math.abs(value) * 2 ** -11, 2 ** -25),
        );
    }
  }

  it('follow the f32 ones from the first value through writes and updates, which stay the same bits', async () => {
    const engine = await testEngine();
    const [weights, plain] = [parameters(engine, true), parameters(engine)];
    await expectRounded(engine, weights);
    for (const arenas of [weights, plain]) {
      const written = arenas.get('p2');
      engine.write(
        written,
        Float32Array.from({ length: written.size }, (_, i) => Math.cos(i)),
      );
      // Without clipping: the norm is summed in another order where parameters lie further apart.
      const optimizer = new AdamW(arenas, { maxGradNorm: null });
      const step = engine.step('update', (hyperparameters) => {
        arenas.clearGrads();
        for (const parameter of arenas.parameters.values()) backward(sum(mul(parameter, parameter)));
        return [optimizer.update(hyperparameters).gradNorm];
      });
      if (arenas === weights) await expectRounded(engine, arenas);
      for (let t = 1; t <= 3; t++) await step.run(optimizer.hyperparameters(0.05, t));
      step.dispose();
    }
    await expectRounded(engine, weights);
    expect(await valuesOf(engine, weights)).toEqual(await valuesOf(engine, plain));
    weights.dispose();
    plain.dispose();
  });

  it('serve the products with f16 activations, and get f32 gradients', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const weights = parameters(engine, true);
    const w = weights.get('p0');
    const x = engine.tensor([1, 2, 3, 4, 5, -1, 0.5, 0, 2, 1], [2, 5], { dtype: 'f16', requiresGrad: true });
    const y = linear(x, w);
    const seed = engine.tensor([1, 0, 0, 0, 2, 0], [2, 3], { dtype: 'f16' });
    const dx = backward(y, { seed }).get(x) as Tensor;
    const stored = await engine.read(w.half as Tensor);
    const row = (i: number) => stored.subarray(5 * i, 5 * i + 5);
    const expected = [...row(0), ...row(1).map((value) => 2 * value)];
    expect([y.dtype, dx.dtype, w.grad.dtype]).toEqual(['f16', 'f16', 'f32']);
    expect([...(await engine.read(dx))]).toEqual(expected);
    expect([...(await engine.read(w.grad))]).toEqual([1, 2, 3, 4, 5, -2, 1, 0, 4, 2, 0, 0, 0, 0, 0]);
    const plain = parameters(engine);
    expect(() => linear(x, plain.get('p0'))).toThrow(
      new DTypeError(
        'The weight f32[3, 5] does not go with f16 activations; declare the parameter with half: true.',
      ),
    );
    weights.dispose();
    plain.dispose();
  });
});
