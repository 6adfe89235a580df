import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attentionPool,
  backward,
  crossAttention,
  mean,
  reshape,
  selfAttention,
  type Tensor,
} from '../../engine/index.ts';
import { relativeError } from '../support/check-op.ts';
import { runs, testEngine } from '../support/engine.ts';
import { type NdArray, randomArray } from '../support/ndarray.ts';

const f32 = ({ data }: NdArray) => Float32Array.from(data);

async function variable(array: NdArray): Promise<Tensor> {
  return (await testEngine()).tensor(f32(array), array.shape, { requiresGrad: true });
}

/** Gradients of sum(seed * output) by `inputs`. */
async function gradients(output: Tensor, inputs: readonly Tensor[], seed: number): Promise<Float32Array[]> {
  const engine = await testEngine();
  const found = backward(output, {
    seed: engine.tensor(f32(randomArray(output.shape, seed)), output.shape),
  });
  return Promise.all(inputs.map((input) => engine.read(found.get(input) as Tensor)));
}

/** Values of columns `from` to `to` of rows of `width`. */
function columns(data: Float32Array, width: number, from: number, to: number): number[] {
  return [...data].filter((_, i) => i % width >= from && i % width < to);
}

const allZero = (values: readonly number[]) => values.every((value) => value === 0);

describe('with a single key, where the softmax is 1 whatever the score', () => {
  it.each([
    { D: 16, heads: 2 },
    { D: 6, heads: 2 },
  ])(
    'cross-attention gives every query the value and exact zeros to queries and keys, D = $D',
    async ({ D, heads }) => {
      const engine = await testEngine();
      for (const batch of [1, 3]) {
        const q = await variable(randomArray([batch, 9, D], 1, 5));
        const kv = await variable(randomArray([3, 1, 2 * D], 2, 5));
        const output = crossAttention(q, kv, heads);
        const values = columns(await engine.read(kv), 2 * D, D, 2 * D);
        const expected = [0, 1, 2].flatMap((b) =>
          Array.from({ length: 9 }, () => values.slice(b * D, (b + 1) * D)).flat(),
        );
        expect(relativeError(await engine.read(output), expected)).toBeLessThanOrEqual(1e-6);
        const [dq, dkv] = (await gradients(output, [q, kv], 3)) as [Float32Array, Float32Array];
        expect(dq.length).toBe(q.size);
        expect(allZero([...dq])).toBe(true);
        expect(allZero(columns(dkv, 2 * D, 0, D))).toBe(true);
        expect(columns(dkv, 2 * D, D, 2 * D).every((value) => value !== 0)).toBe(true);
      }
    },
  );

  it('self-attention over one token gives exact zeros to queries and keys', async () => {
    const qkv = await variable(randomArray([4, 1, 48], 4, 5));
    const [dqkv] = (await gradients(selfAttention(qkv, 2), [qkv], 5)) as [Float32Array];
    expect(allZero(columns(dqkv, 48, 0, 32))).toBe(true);
    expect(columns(dqkv, 48, 32, 48).every((value) => value !== 0)).toBe(true);
  });

  it.each([
    { axis: 'time', grid: [5, 1] },
    { axis: 'channel', grid: [1, 5] },
  ] as const)('pooling along $axis gives exact zeros to queries and keys', async ({ axis, grid }) => {
    const engine = await testEngine();
    const qkv = await variable(randomArray([2, ...grid, 48], 6, 5));
    const output = attentionPool(qkv, 2, axis);
    const values = columns(await engine.read(qkv), 48, 32, 48);
    expect(relativeError(await engine.read(output), values)).toBeLessThanOrEqual(1e-6);
    const [dqkv] = (await gradients(output, [qkv], 7)) as [Float32Array];
    expect(allZero(columns(dqkv, 48, 0, 32))).toBe(true);
    expect(columns(dqkv, 48, 32, 48).every((value) => value !== 0)).toBe(true);
  });
});

describe('logits of hundreds', () => {
  // Entries of about 30: scores of thousands, where one key takes all and an exponential overflows unshifted.
  it.each([16, 6])('leave everything finite and the output among the values, D = %i', async (D) => {
    const engine = await testEngine();
    const array = randomArray([2, 3, 7, 3 * D], 8, 30);
    const most = Math.max(...columns(f32(array), 3 * D, 2 * D, 3 * D).map(Math.abs));
    const qkv = await variable(array);
    const flat = reshape(qkv, [2, 21, 3 * D]);
    const outputs = [selfAttention(flat, 2), attentionPool(qkv, 2, 'time'), attentionPool(qkv, 2, 'channel')];
    for (const output of outputs) {
      const values = [...(await engine.read(output))];
      expect(values.every((value) => Math.abs(value) <= most * (1 + 1e-5))).toBe(true);
      const [dqkv] = (await gradients(output, [qkv], 9)) as [Float32Array];
      expect([...dqkv].every(Number.isFinite)).toBe(true);
      expect(columns(dqkv, 3 * D, 2 * D, 3 * D).some((value) => value !== 0)).toBe(true);
    }
  });
});

it('pools along time to the mean of self-attention over its queries, and so do the gradients', async () => {
  const engine = await testEngine();
  const property = fc.asyncProperty(
    fc.record({
      grid: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
      length: fc.integer({ min: 1, max: 37 }),
      heads: fc.integer({ min: 1, max: 3 }),
      headSize: fc.constantFrom(3, 8),
      seed: fc.nat(1000),
    }),
    async ({ grid: [batch, channels], length, heads, headSize, seed }) => {
      using _scope = engine.scope();
      const D = heads * headSize;
      const qkv = await variable(randomArray([batch, channels, length, 3 * D], seed));
      const pooled = attentionPool(qkv, heads, 'time');
      const attended = selfAttention(reshape(qkv, [batch * channels, length, 3 * D]), heads);
      const averaged = reshape(mean(attended, { axes: [1] }), pooled.shape);
      expect(relativeError(await engine.read(pooled), await engine.read(averaged))).toBeLessThanOrEqual(1e-5);
      const [direct] = (await gradients(pooled, [qkv], seed + 1)) as [Float32Array];
      const [through] = (await gradients(averaged, [qkv], seed + 1)) as [Float32Array];
      expect(relativeError(direct, through)).toBeLessThanOrEqual(1e-4);
    },
  );
  await fc.assert(property, { numRuns: runs(8), seed: 3 });
});

it('pools along channels what it pools along time of the transposed grid', async () => {
  const engine = await testEngine();
  const [B, C, N, columnsOf] = [2, 5, 9, 48];
  const grid = randomArray([B, C, N, columnsOf], 10);
  const turned = new Float64Array(grid.data.length);
  for (const [i, value] of grid.data.entries()) {
    const [column, n] = [i % columnsOf, Math.floor(i / columnsOf) % N];
    const [c, b] = [Math.floor(i / columnsOf / N) % C, Math.floor(i / columnsOf / N / C)];
    turned[((b * N + n) * C + c) * columnsOf + column] = value;
  }
  const channel = attentionPool(await variable(grid), 2, 'channel');
  const time = attentionPool(await variable({ shape: [B, N, C, columnsOf], data: turned }), 2, 'time');
  expect(channel.shape).toEqual(time.shape);
  expect(await engine.read(channel)).toEqual(await engine.read(time));
});

it('cuts long work into dispatches that each stay short, and computes the same', async () => {
  const engine = await testEngine();
  using _scope = engine.scope();
  const [T, D, heads] = [900, 256, 8];
  const array = randomArray([1, T, 3 * D], 11);
  const before = engine.recorder.counts.dispatches;
  const output = await engine.read(
    engine.noGrad(() => selfAttention(engine.tensor(f32(array), array.shape), heads)),
  );
  expect(engine.recorder.counts.dispatches - before).toBeGreaterThan(
    engine.device.kind === 'software' ? 1 : 0,
  );
  // A few queries in float64, at the ends and where dispatches meet.
  for (const [query, head] of [
    [0, 0],
    [T - 1, heads - 1],
    [449, 3],
    [450, 4],
  ] as const) {
    const expected = oneQuery(array.data, T, D, heads, query, head);
    const start = query * D + (head * D) / heads;
    expect(relativeError(output.slice(start, start + D / heads), expected)).toBeLessThanOrEqual(1e-5);
  }
});

function oneQuery(
  x: Float64Array,
  T: number,
  D: number,
  heads: number,
  query: number,
  head: number,
): number[] {
  const size = D / heads;
  const element = (row: number, part: number, c: number) =>
    x[row * 3 * D + part * D + head * size + c] as number;
  const scores = Array.from({ length: T }, (_, j) => {
    let score = 0;
    for (let c = 0; c < size; c++) score += element(query, 0, c) * element(j, 1, c);
    return score / Math.sqrt(size);
  });
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: size }, (_, c) =>
    weights.reduce((sum, weight, j) => sum + (weight / total) * element(j, 2, c), 0),
  );
}

describe('refuses what does not fit, by name', () => {
  it.each([
    [
      'heads that do not divide the width',
      [1, 4, 48],
      3,
      /selfAttention: 3 heads over a width of 16.*divisor/,
    ],
    ['a fraction of a head', [1, 4, 48], 1.5, /selfAttention: 1\.5 heads/],
    ['columns that are no three projections', [1, 4, 32], 2, /selfAttention.*32 columns.*3 projections/],
    ['a missing batch', [4, 48], 2, /selfAttention.*\[4, 48\].*\[batch, tokens, 3 D\]/],
  ] as const)('self-attention: %s', async (_, shape, heads, message) => {
    const x = (await testEngine()).zeros(shape);
    expect(() => selfAttention(x, heads)).toThrow(message);
  });

  it.each([
    ['widths that differ', [1, 4, 16], [1, 4, 48], /crossAttention.*2 \* 16 columns/],
    ['batches that differ', [2, 4, 16], [3, 4, 32], /crossAttention.*batch 3, or batch 1/],
    ['a missing batch', [4, 16], [3, 4, 32], /crossAttention.*\[batch, queries, D\]/],
  ] as const)('cross-attention: %s', async (_, q, kv, message) => {
    const engine = await testEngine();
    expect(() => crossAttention(engine.zeros(q), engine.zeros(kv), 2)).toThrow(message);
  });

  it('pooling: a missing axis, and an axis of another name', async () => {
    const engine = await testEngine();
    expect(() => attentionPool(engine.zeros([2, 4, 48]), 2, 'time')).toThrow(/attentionPool.*\[2, 4, 48\]/);
    const grid = engine.zeros([1, 2, 4, 48]);
    expect(() => attentionPool(grid, 2, 'patch' as 'time')).toThrow(
      /attentionPool: axis "patch".*"time" or "channel"/,
    );
  });
});
