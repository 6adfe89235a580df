import { describe, expect, it } from 'vitest';
import {
  autocorrelations,
  type BatchSource,
  LAG_COUNT,
  LOG_BAND_COUNT,
  logBandPowers,
  type SignalBatch,
  SyntheticDataset,
} from '../../data/index.ts';
import {
  type Auxiliary,
  headsFor,
  LEAST_DEVIATION,
  withTargets,
} from '../../workflows/pretraining/auxiliary.ts';
import { denseStride } from '../../workflows/pretraining/dense-stride.ts';

const HEADS: readonly Auxiliary[] = [
  { name: 'spectrum', weight: 1 },
  { name: 'autocorrelation', weight: 2 },
  { name: 'linear', weight: 0.5 },
];

/** A source of the same batches again and again. */
const sourceOf = (batches: readonly SignalBatch[]): BatchSource => ({
  trainBatch: (step) => batches[step % batches.length] as SignalBatch,
  heldOut: () => batches,
  describe: () => ({ samples: 400, channels: { ecg: 2 } }),
});

describe('targets of auxiliary heads', () => {
  it('are those of each window, standardised by the first windows that are trained on', async () => {
    const source = new SyntheticDataset({ seed: 1, batchSize: 16, seconds: 1 });
    const complete = await withTargets(source, HEADS);
    // 256 windows, all channels of all kinds: 16 batches.
    const values: number[][] = Array.from({ length: LOG_BAND_COUNT }, () => []);
    const lags: number[][] = Array.from({ length: LAG_COUNT }, () => []);
    for (let step = 0; step < 16; step++) {
      const { signal, shape } = source.trainBatch(step);
      for (let i = 0; i < 16; i++) {
        const window = signal.subarray((i * signal.length) / 16, ((i + 1) * signal.length) / 16);
        for (const [at, value] of logBandPowers(window, shape[1], 200).entries())
          values[at % LOG_BAND_COUNT]?.push(value);
        for (const [at, value] of autocorrelations(window, shape[1], 200).entries())
          lags[at % LAG_COUNT]?.push(value);
      }
    }
    const standard = (lists: number[][]) =>
      lists.map((list) => {
        const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
        const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length;
        return { mean, deviation: Math.max(LEAST_DEVIATION, Math.sqrt(variance)) };
      });
    // A step beyond those that were looked at.
    const batch = await complete.trainBatch(18);
    const { signal, shape, targets } = batch;
    expect(signal).toEqual(source.trainBatch(18).signal);
    expect(Object.keys(targets ?? {})).toEqual(['spectrum', 'autocorrelation']);
    for (const [name, of, lists] of [
      ['spectrum', logBandPowers, values],
      ['autocorrelation', autocorrelations, lags],
    ] as const) {
      const columns = standard(lists as number[][]);
      const found = targets?.[name] as Float32Array;
      expect(found).toHaveLength(16 * shape[1] * columns.length);
      const window = signal.subarray((5 * signal.length) / 16, (6 * signal.length) / 16);
      const wanted = of(window, shape[1], 200);
      const own = found.subarray(5 * wanted.length, 6 * wanted.length);
      for (const [i, value] of wanted.entries()) {
        const { mean, deviation } = columns[i % columns.length] as { mean: number; deviation: number };
        expect(own[i]).toBeCloseTo((value - mean) / deviation, 4);
      }
    }
    expect((await complete.heldOut())[0]?.targets).toBeUndefined();
  });

  it('stay finite where a channel never changes, and where a value of the first windows is not finite', async () => {
    const shape = [2, 2, 400] as const;
    const flat: SignalBatch = { signal: new Float32Array(1600).fill(3), shape, source: 'ecg' };
    const odd: SignalBatch = {
      signal: Float32Array.from({ length: 1600 }, (_, i) => Math.sin(i)),
      shape,
      source: 'ecg',
    };
    const broken: SignalBatch = {
      ...odd,
      signal: odd.signal.map((value, i) => (i === 5 ? Number.NaN : value)),
    };
    for (const batches of [[flat], [flat, odd], [broken, odd, flat]]) {
      const complete = await withTargets(sourceOf(batches), HEADS);
      const { targets } = await complete.trainBatch(batches.length - 1);
      for (const [name, values] of Object.entries(targets ?? {}))
        expect(
          values.every((value) => Number.isFinite(value) && Math.abs(value) < 60),
          name,
        ).toBe(true);
    }
    // Of a source that never changes at all the targets are its mean, 0.
    const { targets } = await (await withTargets(sourceOf([flat]), HEADS)).trainBatch(0);
    expect(targets?.spectrum?.every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });

  it('are the same whoever asks, in whatever order, at once', async () => {
    const source = new SyntheticDataset({ seed: 1, batchSize: 4, seconds: 1 });
    const [one, other] = await Promise.all([withTargets(source, HEADS), withTargets(source, HEADS)]);
    const steps = [7, 0, 3];
    const asked = await Promise.all(steps.map((step) => one.trainBatch(step)));
    for (const [i, step] of [...steps.entries()].reverse())
      expect((await other.trainBatch(step)).targets).toEqual(asked[i]?.targets);
  });

  it('are not computed where no head needs them', async () => {
    const source = sourceOf([]);
    expect(await withTargets(source, [])).toBe(source);
    expect(await withTargets(source, [{ name: 'linear', weight: 1 }])).toBe(source);
  });
});

it('heads are as large as the largest batch', () => {
  const source = new SyntheticDataset({ seed: 1, batchSize: 4, seconds: 1.5 });
  expect(headsFor(HEADS, source.describe())).toEqual({
    heads: [
      { name: 'spectrum', weight: 1, predicts: 24 },
      { name: 'autocorrelation', weight: 2, predicts: 50 },
      { name: 'linear', weight: 0.5, predicts: 'waveform' },
    ],
    channels: 8,
    samples: 300,
  });
  expect(headsFor([], source.describe())).toBeUndefined();
});

describe('denseStride', () => {
  const recordings = (seconds: number) =>
    [
      {
        channels: [
          { length: 100 * seconds, rate: 100 },
          { length: 5, rate: Number.NaN },
        ],
      },
    ] as unknown as Parameters<typeof denseStride>[0];

  it('is as short as it takes to have 4,096 windows, down to an eighth of one', () => {
    expect(denseStride(recordings(60), 2)).toBe(0.25);
    expect(denseStride(recordings(4096), 4)).toBe(1);
    expect(denseStride(recordings(4096 * 4), 4)).toBeUndefined();
    expect(denseStride(recordings(4096 * 4 - 4), 4)).toBe(4);
    // Whole samples at 200 Hz, so a window of 2.945 s gives 0.37 s.
    expect(denseStride(recordings(60), 2.945)).toBe(0.37);
    expect(denseStride([], 1)).toBe(0.125);
  });
});
