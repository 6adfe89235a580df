import { describe, expect, it } from 'vitest';
import { matmul } from '../../engine/index.ts';
import { chooseMatmul, DISPATCH_MULTIPLY_ADDS, matmulClass } from '../../engine/matmul/choose.ts';
import { runMatmul } from '../../engine/matmul/launch.ts';
import { MATMUL_VARIANT_NAMES, MATMUL_VARIANTS } from '../../engine/matmul/variants.ts';
import { relativeError } from '../support/check-op.ts';
import { testEngine } from '../support/engine.ts';
import { randomArray } from '../support/ndarray.ts';
import { notTested } from '../support/not-tested.ts';

const values = (length: number, seed: number) => Float32Array.from(randomArray([length], seed).data);

const FORMS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

/** Smaller than any block, ragged at every block's edge, one past a block of rows, and several workgroups. */
const SIZES = [
  [4, 4, 4],
  [36, 44, 20],
  [33, 36, 12],
  [132, 136, 40],
] as const;

const cases = MATMUL_VARIANT_NAMES.filter((name) => name !== 'plain').flatMap((name) =>
  FORMS.flatMap(([transposeA, transposeB]) =>
    // Where k is neither operand's inner extent it may be ragged, and m where A is not transposed.
    SIZES.map(([rows, n, inner]) => {
      const m = transposeA ? Math.ceil(rows / 4) * 4 : rows;
      const k = transposeA && !transposeB ? inner + 2 : inner;
      const label = `${m} x ${n} x ${k}${transposeA ? ', A transposed' : ''}${transposeB ? ', B transposed' : ''}`;
      return { name, label, shape: { m, n, k, transposeA, transposeB } };
    }),
  ),
);

describe('matmul', () => {
  it.each(cases)('$name gives what plain gives for $label', async ({ name, shape }) => {
    const engine = await testEngine();
    using _scope = engine.scope();
    if (!MATMUL_VARIANTS[name].serves(shape, engine.device)) {
      // Only the kernels in quads refuse any of these, and then for a reason of the device's or the form's.
      expect(name).toMatch(/^quads/);
      if (!engine.device.quads) notTested(`the matmul kernel ${name}`, 'the adapter forms no quads in order');
      return expect(!engine.device.quads || (shape.transposeA && shape.transposeB)).toBe(true);
    }
    const { m, n, k } = shape;
    const a = engine.tensor(values(3 * m * k, 1), [3, m, k]);
    const b = engine.tensor(values(3 * k * n, 2), [3, k, n]);
    const bias = engine.tensor(values(n, 3), [n]);
    const residual = engine.tensor(values(3 * m * n, 4), [3, m, n]);
    // A residual is a pipeline of its own, so one form has it at every size; the bias and nothing at all cost none.
    const added = shape.transposeB && !shape.transposeA ? { bias, residual } : m === 36 ? {} : { bias };
    const product = { ...shape, ...added, a, b, batch: 3 };
    const [blocked, plain] = [engine.zeros([3, m, n]), engine.zeros([3, m, n])];
    runMatmul({ ...product, c: blocked, variant: name });
    runMatmul({ ...product, c: plain, variant: 'plain' });
    expect(relativeError(await engine.read(blocked), await engine.read(plain))).toBeLessThan(1e-6);
  });

  it.each(MATMUL_VARIANT_NAMES)('%s counts nothing that lies past the end of a ragged k', async (name) => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const shape = { m: 8, n: 8, k: 5, transposeA: true };
    if (!MATMUL_VARIANTS[name].serves(shape, engine.device)) {
      notTested(`the matmul kernel ${name}`, 'the adapter forms no quads in order');
      return expect(engine.device.quads).toBe(false);
    }
    // The second matrix of each batch holds no number, and lies where a block along k reaches past the first.
    const beside = (length: number, seed: number) =>
      Float32Array.from([...values(length, seed), ...new Float32Array(length).fill(Number.NaN)]);
    const a = engine.tensor(beside(5 * 8, 1), [2, 5, 8]);
    const b = engine.tensor(beside(5 * 8, 2), [2, 5, 8]);
    const c = engine.zeros([2, 8, 8]);
    runMatmul({ ...shape, a, b, c, batch: 2, variant: name });
    const [x, y] = [values(40, 1), values(40, 2)];
    const expected = Float32Array.from({ length: 64 }, (_, at) =>
      [0, 1, 2, 3, 4].reduce((sum, k) => sum + (x[k * 8 + (at >> 3)] ?? 0) * (y[k * 8 + (at & 7)] ?? 0), 0),
    );
    expect(relativeError((await engine.read(c)).slice(0, 64), expected)).toBeLessThan(1e-6);
  });

  it('takes what was tuned here, where that serves the shape, and else what the table says', async () => {
    const { device } = await testEngine();
    const shape = { m: 40, n: 64, k: 64, transposeB: true };
    const untuned = { ...device, tuned: new Map() };
    const tuned = { ...device, tuned: new Map([[matmulClass(shape), 'shared']]) };
    expect(chooseMatmul(shape, tuned)).toBe('shared');
    expect(chooseMatmul({ ...shape, m: 1000 }, tuned)).toBe(chooseMatmul({ ...shape, m: 1000 }, untuned));
    expect(chooseMatmul({ ...shape, k: 63 }, tuned)).toBe('plain');
    const swiftShader = { ...untuned, kind: 'software', description: 'SwiftShader Device' } as const;
    expect(chooseMatmul(shape, { ...swiftShader, quads: true })).toBe('quads_16x8');
    expect(chooseMatmul(shape, { ...swiftShader, quads: false })).toBe('registers');
    expect(chooseMatmul({ ...shape, m: 1000 }, { ...untuned, kind: 'hardware', description: 'any' })).toBe(
      'shared',
    );
  });

  it('cuts what would hold the device for seconds into several dispatches, with the same result', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const [n, k] = [256, 256];
    const m = Math.ceil((2.5 * DISPATCH_MULTIPLY_ADDS.software) / (n * k));
    if (engine.device.kind === 'hardware')
      return expect(DISPATCH_MULTIPLY_ADDS.hardware).toBeGreaterThan(DISPATCH_MULTIPLY_ADDS.software);
    const a = engine.tensor(values(m * k, 1), [m, k]);
    const b = engine.tensor(values(k * n, 2), [k, n]);
    const [c, last] = [engine.zeros([m, n]), engine.zeros([8, n])];
    const before = engine.recorder.counts.dispatches;
    runMatmul({ a, b, c, m, n, k });
    await engine.idle();
    expect(engine.recorder.counts.dispatches - before).toBe(3);
    const tail = engine.tensor(values(m * k, 1).slice(-8 * k), [8, k]);
    runMatmul({ a: tail, b, c: last, m: 8, n, k });
    expect(relativeError((await engine.read(c)).slice(-8 * n), await engine.read(last))).toBeLessThan(1e-6);
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
