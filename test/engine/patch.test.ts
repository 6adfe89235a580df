import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  backward,
  patchConvolution,
  patchSignal,
  ShapeError,
  stem,
  transposedReconstruction,
} from '../../engine/index.ts';
import { relativeError } from '../support/check-op.ts';
import { runs, testEngine } from '../support/engine.ts';
import { arrays, at, extents, type NdArray, norm, randomArray, sizeOf, zeros } from '../support/ndarray.ts';

const inner = (a: ArrayLike<number>, b: NdArray) =>
  b.data.reduce((sum, value, i) => sum + value * (a[i] as number), 0);

const transposed = ({ shape, data }: NdArray): NdArray => {
  const [rows, columns] = shape as [number, number];
  const index = (i: number) => (i % rows) * columns + Math.floor(i / rows);
  return { shape: [columns, rows], data: data.map((_, i) => data[index(i)] as number) };
};

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 4 }),
  patches: extents(9),
  patch: extents(40),
  dim: extents(40),
});

it('reconstructs by the adjoint of the patch convolution: <conv x, y> = <x, deconv y>', async () => {
  const engine = await testEngine();
  const cases = sizes.chain(({ batch, channels, patches, patch, dim }) =>
    fc.tuple(
      arrays([batch, channels, patches * patch]),
      arrays([batch, channels, patches, dim]),
      arrays([dim, patch]),
    ),
  );
  const property = fc.asyncProperty(cases, async ([x, y, w]) => {
    using _scope = engine.scope();
    const [, channels = 1] = x.shape;
    const [batch = 1, , patches = 1, dim = 1] = y.shape;
    const upload = ({ data, shape }: NdArray, as = shape) => engine.tensor(Float32Array.from(data), as);
    const convolved = patchConvolution(patchSignal(upload(x), w.shape[1] as number), upload(w));
    expect(convolved.shape).toEqual(y.shape);
    const tokens = upload(y, [batch, channels * patches, dim]);
    const reconstructed = transposedReconstruction(tokens, upload(transposed(w)), null, { channels });
    expect(reconstructed.shape).toEqual(x.shape);
    const [conv, deconv] = [await engine.read(convolved), await engine.read(reconstructed)];
    // Relative to the size of what is multiplied: the inner product itself may cancel.
    const scale = norm(conv) * norm(y.data) + norm(x.data) * norm(deconv);
    expect(Math.abs(inner(conv, y) - inner(deconv, x))).toBeLessThanOrEqual(1e-5 * scale);
    // Adjointness alone would pass for two results of zero.
    expect(norm(conv)).toBeGreaterThan(0);
  });
  await fc.assert(property, { numRuns: runs(20), seed: 3 });
});

it('is the strided convolution of the features that the stem lays out', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const [batch, channels, patches, patch, features, dim] = [2, 3, 4, 20, 8, 5];
  const upload = ({ data, shape }: NdArray) => engine.tensor(Float32Array.from(data), shape);
  const [taps, gamma, beta] = [[features, 1, 1, 25], [features], [features]].map((shape, i) =>
    upload(randomArray(shape, i + 1)),
  ) as [ReturnType<typeof upload>, ReturnType<typeof upload>, ReturnType<typeof upload>];
  const rows = stem(upload(randomArray([batch, channels, patches * patch], 5)), taps, gamma, beta, { patch });
  const weight = randomArray([dim, features, 1, patch], 6);
  const expected = zeros([batch, channels, patches, dim]);
  const values = await engine.read(rows);
  for (const i of expected.data.keys()) {
    const [row, d] = [Math.floor(i / dim), i % dim];
    for (let f = 0; f < features; f++) {
      for (let p = 0; p < patch; p++) {
        const feature = values[(row * features + f) * patch + p] as number;
        expected.data[i] = at(expected, i) + feature * at(weight, (d * features + f) * patch + p);
      }
    }
  }
  const result = await engine.read(patchConvolution(rows, upload(weight)));
  expect(relativeError(result, expected.data)).toBeLessThanOrEqual(1e-5);
});

it('hands the gradients on in the shapes of weight, bias and tokens', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const parts = ([[2, 6, 4], [10, 4], [10]] as const).map((shape, i) =>
    engine.tensor(Float32Array.from(randomArray(shape, i + 1).data), shape, { requiresGrad: true }),
  );
  const [tokens, weight, bias] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
  const signal = transposedReconstruction(tokens, weight, bias, { channels: 3 });
  expect(signal.shape).toEqual([2, 3, 20]);
  const ones = engine.tensor(new Float32Array(sizeOf(signal.shape)).fill(1), signal.shape);
  const gradients = backward(signal, { seed: ones });
  for (const part of parts) expect(gradients.get(part)?.shape).toEqual(part.shape);
  // Each bias is in every one of the 12 patches.
  const byBias = gradients.get(bias);
  expect(byBias && (await engine.read(byBias))).toEqual(new Float32Array(10).fill(12));
});

it('refuses what does not divide, naming both numbers', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const signal = engine.zeros([1, 2, 90]);
  expect(() => patchSignal(signal, 40)).toThrow(ShapeError);
  expect(() => patchSignal(signal, 40)).toThrow(/90 samples do not divide into patches of 40/);
  expect(() => patchSignal(engine.zeros([2, 90]), 10)).toThrow(/\[2, 90\]; it must be/);
  const rows = patchSignal(signal, 30);
  expect(() => patchConvolution(rows, engine.zeros([5, 3, 1, 9]))).toThrow(
    /weight \[5, 3, 1, 9\].*30 values/,
  );
  expect(() => patchConvolution(signal, engine.zeros([5, 90]))).toThrow(/rows \[1, 2, 90\]/);
  const reconstruct = (channels: number) =>
    transposedReconstruction(engine.zeros([1, 7, 4]), engine.zeros([10, 4]), null, { channels });
  expect(() => reconstruct(2)).toThrow(/7 tokens do not divide among 2 channels/);
});

it('refuses stems whose weights or patches do not fit', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const build = (weight: readonly number[], features: number, patch: number) =>
    stem(engine.zeros([1, 2, 80]), engine.zeros(weight), engine.zeros([features]), engine.zeros([features]), {
      patch,
    });
  expect(build([8, 1, 1, 25], 8, 20).shape).toEqual([1, 2, 4, 160]);
  expect(() => build([6, 1, 1, 25], 6, 20)).toThrow(/weight \[6, 1, 1, 25\].*multiple of 4 features/);
  expect(() => build([8, 1, 1, 24], 8, 20)).toThrow(/odd number of taps/);
  expect(() => build([8, 1, 1, 25], 4, 20)).toThrow(/gamma \[4\] and beta \[4\]; both must be \[8\]/);
  expect(() => build([8, 1, 1, 25], 8, 30)).toThrow(/80 samples do not divide into patches of 30/);
});
