import { describe, expect, it } from 'vitest';
import { fromHalf, HALF_EPSILON, toHalf } from '../../base/half.ts';
import { type FloatType, storageBytes } from '../../engine/dtype.ts';
import {
  AdapterError,
  add,
  backward,
  cast,
  DTypeError,
  KernelError,
  square,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { runBinary } from '../../engine/kernels/elementwise.ts';
import { runMatmul } from '../../engine/matmul/launch.ts';
import {
  MATMUL_VARIANT_NAMES,
  MATMUL_VARIANTS,
  type MatmulVariantName,
} from '../../engine/matmul/variants.ts';
import { canStoreHalf, relativeError } from '../support/check-op.ts';
import { runs, testEngine } from '../support/engine.ts';
import { hasHalf, lacksHalf } from '../support/half.ts';
import { randomArray } from '../support/ndarray.ts';
import { notTested } from '../support/not-tested.ts';
import { checkCases } from '../support/op-cases.ts';
import { references } from '../support/references.ts';

describe('half precision on the host', () => {
  it('takes whole words', () => {
    expect([1, 8, 9, 10, 11].map((size) => storageBytes(size, 'f16'))).toEqual([16, 16, 20, 20, 24]);
    expect(storageBytes(3, 'f32')).toBe(12);
  });
});

const half = await hasHalf('tensors stored as f16');

const none = await lacksHalf('that f16 is refused, in the engine');

it.runIf(none)('refuses f16 where the adapter has none, with the fix', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const x = engine.tensor([1], [1]);
  for (const make of [() => engine.tensor([1], [1], { dtype: 'f16' }), () => cast(x, 'f16')]) {
    expect(make).toThrow(AdapterError);
    expect(make).toThrow(/has no "shader-f16".*use f32/);
  }
});

describe.runIf(half)('tensors stored as f16', () => {
  it('take half the bytes, and give back what was written, rounded', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    for (const size of [1, 2, 3, 4, 7, 1000]) {
      const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1) * 10 ** ((i % 9) - 4));
      const x = engine.tensor(values, [size], { dtype: 'f16' });
      expect(x.bytes).toBe(storageBytes(size, 'f16'));
      expect(await engine.read(x)).toEqual(fromHalf(toHalf(values)));
      engine.write(
        x,
        values.map((value) => -value),
      );
      expect(await engine.read(x)).toEqual(fromHalf(toHalf(values.map((value) => -value))));
    }
  });

  it('are cast from f32 with a gradient that is cast back', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    for (const size of [3, 8]) {
      const values = Float32Array.from({ length: size }, (_, i) => 1 / (i + 3));
      const x = engine.tensor(values, [size], { requiresGrad: true });
      const y = cast(x, 'f16');
      expect(y.dtype).toBe('f16');
      const rounded = await engine.read(y);
      for (const [i, value] of values.entries())
        expect(Math.abs((rounded[i] as number) / value - 1)).toBeLessThanOrEqual(2 ** -10);
      const gradient = backward(sum(cast(square(y), 'f32'))).get(x) as Tensor;
      expect(gradient.dtype).toBe('f32');
      expect(await engine.read(gradient)).toEqual(fromHalf(toHalf(rounded.map((value) => 2 * value))));
    }
    expect(cast(engine.zeros([2]), 'f32').dtype).toBe('f32');
  });

  it('do not mix with f32 where an operation takes one type, and no kernel reads one as the other', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const single = engine.tensor([1, 2], [2]);
    const stored = engine.tensor([1, 2], [2], { dtype: 'f16' });
    expect(() => add(stored, single)).toThrow(DTypeError);
    expect(() => add(single, stored)).toThrow(
      'add: input 1 is f16[2]; it must be f32, as the inputs before it.',
    );
    expect(() => runBinary('add', stored, single, stored)).toThrow(KernelError);
  });
});

/** As a layer uses them: forward, the gradient of its input, and that of its weight, which is f32. */
const PRODUCTS = [
  { use: 'forward', shape: { m: 36, n: 44, k: 20, transposeB: true }, result: 'f16', added: true },
  { use: 'input gradient', shape: { m: 33, n: 36, k: 12 }, result: 'f16', added: false },
  { use: 'weight gradient', shape: { m: 36, n: 44, k: 22, transposeA: true }, result: 'f32', added: false },
] as const;

/** A software adapter takes many seconds to compile these with f16: once must do. */
const SLOW: readonly MatmulVariantName[] = ['quads_32x8', 'shared'];

const products = MATMUL_VARIANT_NAMES.filter((name) => name !== 'plain').flatMap((name) =>
  PRODUCTS.slice(0, SLOW.includes(name) ? 1 : PRODUCTS.length).map((product) => ({ name, ...product })),
);

describe.runIf(half)('matmul of tensors stored as f16', () => {
  it.each(products)('$name gives what plain gives: $use', async ({ name, shape, result, added }) => {
    const engine = await testEngine();
    using _scope = engine.scope();
    // Only the kernels in quads refuse any of these, and then for a reason of the device's.
    if (!MATMUL_VARIANTS[name].serves(shape, engine.device)) {
      notTested(`the matmul kernel ${name} of f16`, 'the adapter forms no quads in order');
      return expect(engine.device.quads).toBe(false);
    }
    const { m, n, k } = shape;
    const tensor = (size: number, seed: number, dtype: FloatType = 'f16') =>
      engine.tensor(Float32Array.from(randomArray([size], seed).data), [size], { dtype });
    const given = { ...shape, a: tensor(m * k, 1), b: tensor(k * n, 2) };
    const product = added
      ? { ...given, bias: tensor(n, 3, 'f32'), residual: tensor(m * n, 4, result) }
      : given;
    const [blocked, plain] = [tensor(m * n, 5, result), tensor(m * n, 6, 'f32')];
    runMatmul({ ...product, c: blocked, variant: name });
    const residual = added ? engine.tensor(await engine.read(tensor(m * n, 4, result)), [m * n]) : undefined;
    runMatmul({ ...product, residual, c: plain, variant: 'plain' });
    const allowed = result === 'f16' ? HALF_EPSILON : 1e-6;
    expect(relativeError(await engine.read(blocked), await engine.read(plain))).toBeLessThan(allowed);
  });
});

const storing = references.filter(canStoreHalf);

describe.runIf(half).each(storing.map((reference) => ({ name: reference.op, reference })))(
  '$name on tensors stored as f16',
  ({ reference }) => {
    it('matches the float64 reference on the rounded inputs but for the rounding of what it stores', async () => {
      expect(await checkCases(await testEngine(), reference, runs(12), 'f16')).toBe(runs(12));
    });
  },
);
