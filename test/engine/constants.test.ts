import { expect, it } from 'vitest';
import { AdamW, layerNorm, rmsNorm, stem, type Tensor, zscorePad } from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';
import { gelu } from '../support/gelu.ts';

// Numbers at which a default, or a constant of a kernel, is half of what comes out: its fourth digit shows.

const SHARP = 2e-6;

function expectNear(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((found[i] as number) - value), `element ${i}: ${found[i]}, ${value}`).toBeLessThanOrEqual(
      SHARP * Math.abs(value),
    );
  }
}

it('norms take an eps of 1e-6 where none is given', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const [ones, none] = [engine.tensor([1, 1], [2]), engine.zeros([2])];
  const x = engine.tensor([1e-3, -1e-3], [1, 2]);
  expectNear(await engine.read(rmsNorm(x, ones)), [Math.SQRT1_2, -Math.SQRT1_2]);
  expectNear(await engine.read(layerNorm(x, ones, none)), [Math.SQRT1_2, -Math.SQRT1_2]);
  const four = engine.tensor([1, 1, 1, 1], [4]);
  const weight = engine.tensor([1, -1, 1, -1], [4, 1, 1, 1]);
  const seen = stem(engine.tensor([1e-3], [1, 1, 1]), weight, four, engine.zeros([4]), { patch: 1 });
  const [up, down] = [gelu(Math.SQRT1_2), gelu(-Math.SQRT1_2)];
  expectNear(await engine.read(seen), [up, down, up, down]);
});

it('the z-score divides by the unbiased deviation plus 1e-6, and pads to 200 samples', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  // The deviation of d and -d is d sqrt(2).
  const d = 1e-6 / Math.SQRT2;
  const y = await engine.read(zscorePad(engine.tensor([d, -d], [1, 1, 2])));
  expect(y.length).toBe(200);
  expectNear(y.slice(0, 2), [d / 2e-6, -d / 2e-6]);
  expect(y.slice(2).every((value) => value === 0)).toBe(true);
});

it('AdamW takes its defaults, its eps and the 1e-6 of its clipping to the fourth digit', async () => {
  const engine = await testEngine();
  const update = async (gradient: number, options: ConstructorParameters<typeof AdamW>[1]) => {
    using _scope = engine.scope();
    const arenas = engine.parameters([{ name: 'w', shape: [1], init: (values) => void values.fill(1) }]);
    const optimizer = new AdamW(arenas, options);
    engine.write(arenas.get('w').grad, Float32Array.of(gradient));
    const { data, shape } = optimizer.hyperparameters(0.1, 1);
    optimizer.update(engine.tensor(data, shape));
    const [w] = await engine.read(arenas.get('w') as Tensor);
    const { exp_avg, exp_avg_sq } = await optimizer.read();
    optimizer.dispose();
    arenas.dispose();
    return [w, exp_avg.get('w')?.[0], exp_avg_sq.get('w')?.[0]] as number[];
  };
  // Half a step of 0.1, since eps is as large as the gradient, and a hundredth of decay.
  expectNear(await update(1e-8, {}), [0.94, 0.1 * 1e-8, 1e-3 * 1e-16]);
  expectNear(await update(3, {}), [0.89, 0.1 / (1 + 1e-6 / 3), 1e-3 / (1 + 1e-6 / 3) ** 2]);
  expectNear(await update(1e-6, { maxGradNorm: 1e-6, eps: 1e-6, weightDecay: 0 }), [
    1 - 0.1 / 3,
    0.1 * 0.5e-6,
    1e-3 * 0.25e-12,
  ]);
});
