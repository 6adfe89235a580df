import { describe, expect, it } from 'vitest';
import { matmul } from '../../engine/index.ts';
import { runProduct, vectorizable } from '../../engine/kernels/product.ts';
import { DISPATCH_PRODUCTS } from '../../engine/kernels/tiles.ts';
import { relativeError } from '../support/check-op.ts';
import { testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';

const values = (length: number, seed: number) => Float32Array.from(randomArray([length], seed).data);

describe('the matrix product', () => {
  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])(
    'gives in blocks what the plain kernel gives (A transposed %s, B transposed %s)',
    async (transposeA, transposeB) => {
      const engine = await testEngine();
      using _scope = engine.scope();
      // Where k is neither operand's inner extent it may be ragged.
      const [m, n, k] = [36, 44, transposeA && !transposeB ? 22 : 20];
      const a = engine.tensor(values(3 * m * k, 1), [3, m, k]);
      const b = engine.tensor(values(3 * k * n, 2), [3, k, n]);
      const bias = engine.tensor(values(n, 3), [n]);
      const residual = engine.tensor(values(3 * m * n, 4), [3, m, n]);
      const product = { a, b, m, n, k, transposeA, transposeB, batch: 3, bias, residual };
      const [blocked, plain] = [engine.zeros([3, m, n]), engine.zeros([3, m, n])];
      expect(vectorizable({ ...product, c: blocked })).toBe(true);
      runProduct({ ...product, c: blocked });
      runProduct({ ...product, c: plain, plain: true });
      expect(relativeError(await engine.read(blocked), await engine.read(plain))).toBeLessThan(1e-6);
    },
  );

  it('cuts what would hold the device for seconds into several dispatches, with the same result', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const [n, k] = [256, 256];
    const m = Math.ceil((2.5 * DISPATCH_PRODUCTS.software) / (n * k));
    if (engine.device.kind === 'hardware')
      return expect(DISPATCH_PRODUCTS.hardware).toBeGreaterThan(DISPATCH_PRODUCTS.software);
    const a = engine.tensor(values(m * k, 1), [m, k]);
    const b = engine.tensor(values(k * n, 2), [k, n]);
    const [c, last] = [engine.zeros([m, n]), engine.zeros([8, n])];
    const before = engine.recorder.counts.dispatches;
    runProduct({ a, b, c, m, n, k });
    await engine.idle();
    expect(engine.recorder.counts.dispatches - before).toBe(3);
    const tail = engine.tensor(values(m * k, 1).slice(-8 * k), [8, k]);
    runProduct({ a: tail, b, c: last, m: 8, n, k });
    expect((await engine.read(c)).slice(-8 * n)).toEqual(await engine.read(last));
  });

  it('takes more matrices than one dispatch has workgroups', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const batch = 70_000;
    const a = engine.tensor(
      Float32Array.from({ length: batch }, (_, i) => i % 97),
      [batch, 1, 1],
    );
    const b = engine.tensor(
      Float32Array.from({ length: batch }, (_, i) => i % 89),
      [batch, 1, 1],
    );
    const c = await engine.read(matmul(a, b));
    expect(c.every((value, i) => value === (i % 97) * (i % 89))).toBe(true);
  });
});
