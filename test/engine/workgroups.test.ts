import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdamW, backward, matmul, square, sum, type Tensor } from '../../engine/index.ts';
import { fill } from '../../engine/kernels/elementwise.ts';
import { runMatmul } from '../../engine/matmul/launch.ts';
import { MATMUL_VARIANT_NAMES, MATMUL_VARIANTS } from '../../engine/matmul/variants.ts';
import { relativeError } from '../support/check-op.ts';
import { runs, testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';
import { notTested } from '../support/not-tested.ts';
import { checkCases } from '../support/op-cases.ts';
import { references } from '../support/references.ts';

// A device that allows few workgroups in one dimension meets with small tensors what others meet with huge ones.
const own = Object.getOwnPropertyDescriptor(await testEngine().then(({ device }) => device), 'limits');

async function allow(most: number): Promise<void> {
  const { device } = await testEngine();
  const limits = own?.value as GPUSupportedLimits;
  const lowered = new Proxy(limits, {
    get: (target, name) =>
      name === 'maxComputeWorkgroupsPerDimension' ? most : Reflect.get(target, name, target),
  });
  Object.defineProperty(device, 'limits', { ...own, value: lowered });
}

afterEach(async () => {
  Object.defineProperty((await testEngine()).device, 'limits', own as PropertyDescriptor);
});

describe('where a dimension allows 32 workgroups', () => {
  beforeEach(() => allow(32));

  it.each(references.map((reference) => ({ name: reference.op, reference })))(
    '$name gives the same, forward and every gradient',
    async ({ reference }) => {
      expect(await checkCases(await testEngine(), reference, runs(6))).toBe(runs(6));
    },
  );

  it('fills, updates and measures gradients of more than one dimension holds', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const filled = engine.zeros([33 * 64 * 4 + 3]);
    fill(filled, 7);
    expect((await engine.read(filled)).every((value) => value === 7)).toBe(true);
    // AdamW takes 16 vectors an invocation: more than 32 workgroups of those.
    const size = 33 * 64 * 16 * 4 + 4;
    const arenas = engine.parameters([{ name: 'w', shape: [size], init: (values) => void values.fill(1) }]);
    const w = arenas.get('w');
    const optimizer = new AdamW(arenas, { maxGradNorm: null, weightDecay: 0 });
    // So long a sum is spread over more workgroups than 32 x 32.
    await allow(64);
    backward(sum(square(w)));
    await engine.idle();
    await allow(32);
    const { hyperparameters } = { hyperparameters: optimizer.hyperparameters(0.5, 1) };
    const { gradNorm } = optimizer.update(engine.tensor(hyperparameters.data, hyperparameters.shape));
    expect((await engine.read(gradNorm))[0]).toBeCloseTo(2 * Math.sqrt(size), 2);
    const values = await engine.read(w);
    expect(values.every((value) => Math.abs(value - 0.5) < 1e-6)).toBe(true);
    optimizer.dispose();
    arenas.dispose();
  });
});

describe('where a dimension allows 2 workgroups', () => {
  beforeEach(() => allow(2));

  const forms = [
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: false },
  ];
  const cases = MATMUL_VARIANT_NAMES.flatMap((name) => forms.map((form) => ({ name, ...form })));

  it.each(cases)('$name is cut along rows, columns and matrices (%o)', async ({ name, ...form }) => {
    const engine = await testEngine();
    using _scope = engine.scope();
    // Past two workgroups of the largest tile either way, with a rest, and three matrices.
    const [m, n, k, batch] = [292, 284, 12, 3];
    if (!MATMUL_VARIANTS[name].serves({ m, n, k, ...form }, engine.device)) {
      notTested(`that ${name} is cut`, 'the adapter forms no quads in order');
      return expect(engine.device.quads).toBe(false);
    }
    const values = (count: number, seed: number) => Float32Array.from(randomArray([count], seed).data);
    const a = engine.tensor(values(batch * m * k, 1), [batch * m * k]);
    const b = engine.tensor(values(batch * k * n, 2), [batch * k * n]);
    const bias = engine.tensor(values(n, 3), [n]);
    const [cut, one] = [engine.zeros([batch, m, n]), engine.zeros([batch, m, n])];
    runMatmul({ a, b, c: cut, bias, m, n, k, batch, ...form, variant: name });
    await engine.idle();
    await allow(65535);
    runMatmul({ a, b, c: one, bias, m, n, k, batch, ...form, variant: name });
    expect(await engine.read(cut)).toEqual(await engine.read(one));
  });
});

it.each([
  [524281, 3, 2],
  [2, 3, 600_000],
  [600_000, 4, 4],
] as const)('multiplies [%i, %i] by [.., %i] on the device as it is', async (m, k, n) => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const small = (size: number) => Float32Array.from({ length: size }, (_, i) => (i % 7) - 3);
  const a = engine.tensor(small(m * k), [m, k], { requiresGrad: true });
  const b = engine.tensor(small(k * n), [k, n], { requiresGrad: true });
  const product = matmul(a, b);
  const found = await engine.read(product);
  const [x, y] = [small(m * k), small(k * n)];
  for (const [row, column] of [
    [0, 0],
    [m - 1, n - 1],
    [Math.floor(m / 2), Math.floor(n / 2)],
  ] as const) {
    let expected = 0;
    for (let i = 0; i < k; i++) expected += (x[row * k + i] as number) * (y[i * n + column] as number);
    expect(found[row * n + column]).toBe(expected);
  }
  const gradients = backward(sum(product));
  const byA = await engine.read(gradients.get(a) as Tensor);
  const rows = Float32Array.from({ length: k }, (_, i) =>
    y.slice(i * n, i * n + n).reduce((total, value) => total + value, 0),
  );
  expect(relativeError(byA.slice(-k), rows, 1)).toBeLessThan(1e-5);
});
