/** A frozen parameter stays as it is, bit for bit. */
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  add,
  backward,
  type Engine,
  GradientError,
  mul,
  type ParameterArenas,
  Random,
  sum,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';
import { hasHalf } from '../support/half.ts';

const SHAPES = { first: [3, 5], second: [130], third: [64], last: [7] };
const NAMES = Object.keys(SHAPES);

function make(engine: Engine, half = false): ParameterArenas {
  const random = new Random(2);
  return engine.parameters(
    Object.entries(SHAPES).map(([name, shape]) => ({
      name,
      shape,
      half,
      init: (values: Float32Array) => random.fork(name).fillNormal(values),
    })),
  );
}

/** Every parameter is multiplied by x: its gradient is x wherever it wants one. */
function trainer(engine: Engine, weights: ParameterArenas, optimizer: AdamW, eager = false) {
  return engine.step(
    'train',
    (x, hyperparameters) => {
      const losses = [...weights.parameters.values()].map((parameter) => sum(mul(parameter, x)));
      const loss = losses.reduce((total, one) => add(total, one));
      if (loss.requiresGrad) backward(loss);
      return [optimizer.update(hyperparameters).gradNorm];
    },
    { eager },
  );
}

async function stateOf(engine: Engine, weights: ParameterArenas, optimizer: AdamW) {
  const state = await optimizer.read();
  const values = await engine.readAll([...weights.parameters.values()]);
  const halves = await engine.readAll([...weights.parameters.values()].flatMap(({ half }) => half ?? []));
  return new Map(
    NAMES.map((name, i) => [
      name,
      [values[i], state.exp_avg.get(name), state.exp_avg_sq.get(name), halves[i]] as const,
    ]),
  );
}

const x = (value: number) => ({ data: Float32Array.of(value), shape: [] });
const norm = (value: number, names: readonly string[]) =>
  value * Math.sqrt(names.reduce((total, name) => total + size(name), 0));
const size = (name: string) => SHAPES[name as keyof typeof SHAPES].reduce((product, n) => product * n, 1);

describe.each([false, true])('freezing, eager %s', (eager) => {
  it.each([['first'], ['second'], ['last'], ['first', 'third'], ['second', 'third'], NAMES])(
    'of %s and %s stops values and running means, clips without it, and is undone',
    async (...frozen) => {
      const engine = await testEngine();
      const [weights, untouched] = [make(engine), make(engine)];
      const [optimizer, other] = [weights, untouched].map(
        (all) => new AdamW(all, { weightDecay: 0.1, maxGradNorm: 0.5 }),
      ) as [AdamW, AdamW];
      const step = trainer(engine, weights, optimizer, eager);
      const free = trainer(engine, untouched, other, eager);
      await step.run(x(0.5), optimizer.hyperparameters(0.1, 1));
      const before = await stateOf(engine, weights, optimizer);
      const rest = NAMES.filter((name) => !frozen.includes(name));
      // Through a run that was called before and has not been awaited.
      const under = step.run(x(0.5), optimizer.hyperparameters(0.1, 2));
      for (const name of frozen) weights.get(name).requiresGrad = false;
      await under;
      const frozenAt = await stateOf(engine, weights, optimizer);
      for (const name of frozen) expect(frozenAt.get(name)).not.toEqual(before.get(name));
      // A step captured before the freezing, and one captured after it.
      for (const [t, one] of [step, trainer(engine, weights, optimizer, eager)].entries()) {
        const [gradNorm] = await one.read(x(2), optimizer.hyperparameters(0.1, 3 + t));
        expect(gradNorm?.[0]).toBeCloseTo(norm(2, rest), 4);
        if (one !== step) one.dispose();
      }
      const after = await stateOf(engine, weights, optimizer);
      for (const name of frozen) expect(after.get(name), name).toEqual(frozenAt.get(name));
      for (const name of rest) expect(after.get(name), name).not.toEqual(frozenAt.get(name));
      for (const name of frozen) weights.get(name).requiresGrad = true;
      const [gradNorm] = await step.read(x(2), optimizer.hyperparameters(0.1, 5));
      expect(gradNorm?.[0]).toBeCloseTo(norm(2, NAMES), 4);
      const thawed = await stateOf(engine, weights, optimizer);
      for (const name of NAMES) expect(thawed.get(name), name).not.toEqual(after.get(name));
      // With nothing frozen the numbers are those of parameters that never were.
      await free.run(x(0.5), other.hyperparameters(0.1, 1));
      expect(await stateOf(engine, untouched, other)).toEqual(before);
      for (const one of [step, free, optimizer, other, weights, untouched]) one.dispose();
    },
  );
});

describe('freezing', () => {
  it('captures anew where it changed something, and only there', async () => {
    const engine = await testEngine();
    const weights = make(engine);
    const optimizer = new AdamW(weights);
    let [captures, others] = [0, 0];
    const step = engine.step('counted', (value, hyperparameters) => {
      captures++;
      backward(sum(mul(weights.get('second'), value)));
      return [optimizer.update(hyperparameters).gradNorm];
    });
    const scaled = engine.tensor([1], [], { requiresGrad: true });
    const other = engine.step('other', (value) => {
      others++;
      return [mul(value, scaled)];
    });
    const both = async () => {
      await step.run(x(1), optimizer.hyperparameters(0.1, 1));
      await other.run(x(1));
      return [captures, others];
    };
    expect(await both()).toEqual([1, 1]);
    expect(await both()).toEqual([1, 1]);
    weights.get('first').requiresGrad = false;
    expect(await both()).toEqual([2, 1]);
    weights.get('first').requiresGrad = true;
    weights.get('first').requiresGrad = false;
    expect(await both()).toEqual([2, 1]);
    scaled.requiresGrad = false;
    expect(await both()).toEqual([2, 2]);
    expect(step.plans).toBe(1);
    step.dispose();
    other.dispose();
    optimizer.dispose();
    weights.dispose();
  });

  it('keeps the result of a run that is under way', async () => {
    const engine = await testEngine();
    const weights = make(engine);
    const optimizer = new AdamW(weights, { maxGradNorm: null });
    const step = trainer(engine, weights, optimizer);
    await step.run(x(1), optimizer.hyperparameters(0.1, 1));
    const first = step.run(x(1), optimizer.hyperparameters(0.1, 2));
    weights.get('second').requiresGrad = false;
    const second = step.run(x(1), optimizer.hyperparameters(0.1, 3));
    const norms = await engine.readAll((await Promise.all([first, second])).flat());
    expect(norms[0]?.[0]).toBeCloseTo(norm(1, NAMES), 4);
    expect(norms[1]?.[0]).toBeCloseTo(norm(1, ['first', 'third', 'last']), 4);
    step.dispose();
    optimizer.dispose();
    weights.dispose();
  });

  it('cannot be undone for parameters that were made without gradients', async () => {
    const engine = await testEngine();
    const weights = engine.parameters([{ name: 'w', shape: [1], init: null }], { frozen: true });
    expect(() => {
      weights.get('w').requiresGrad = true;
    }).toThrow(GradientError);
    expect(weights.get('w').requiresGrad).toBe(false);
    weights.dispose();
  });

  it('leaves the f16 copy as it is', async (context) => {
    const engine = await testEngine();
    if (!(await hasHalf('the f16 copy of a frozen weight'))) return context.skip();
    const weights = make(engine, true);
    const optimizer = new AdamW(weights);
    const step = trainer(engine, weights, optimizer);
    await step.run(x(0.5), optimizer.hyperparameters(0.1, 1));
    for (const name of ['first', 'third']) weights.get(name).requiresGrad = false;
    const before = await stateOf(engine, weights, optimizer);
    await step.run(x(0.5), optimizer.hyperparameters(0.1, 2));
    const after = await stateOf(engine, weights, optimizer);
    for (const name of ['first', 'third']) expect(after.get(name)).toEqual(before.get(name));
    for (const name of ['second', 'last']) expect(after.get(name)?.[3]).not.toEqual(before.get(name)?.[3]);
    step.dispose();
    optimizer.dispose();
    weights.dispose();
  });
});
