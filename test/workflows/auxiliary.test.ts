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
  MIN_DEVIATION,
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
  montages: () => [],
  trainSample: () => batches[0] as SignalBatch,
  describe: () => ({ samples: 400, channels: { ecg: 2 } }),
});

describe('targets of auxiliary heads', () => {
  it('are those of each window, standardised by the first windows of their kind that are trained on', async () => {
    const channels = { ecg: 2, ppg: 1 };
    const turns = ['ecg', 'ppg', 'ppg'] as const;
    const source = new SyntheticDataset({ seed: 1, batchSize: 64, seconds: 1, channels, turns });
    const complete = withTargets(source, HEADS);
    // Both kinds, at steps beyond those that were looked at.
    for (const step of [201, 202]) {
      const batch = await complete.trainBatch(step);
      const { signal, shape, targets } = batch;
      const [, channels, samples] = shape;
      expect(signal).toEqual(source.trainBatch(step).signal);
      expect(Object.keys(targets ?? {})).toEqual(['spectrum', 'autocorrelation']);
      for (const [name, of, width] of [
        ['spectrum', logBandPowers, LOG_BAND_COUNT],
        ['autocorrelation', autocorrelations, LAG_COUNT],
      ] as const) {
        const lists: number[][] = Array.from({ length: channels * width }, () => []);
        // Four batches of 64 are 256 windows.
        const own = Array.from({ length: 15 }, (_, i) => i).filter(
          (i) => source.trainBatch(i).source === batch.source,
        );
        for (const i of own.slice(0, 4)) {
          const other = source.trainBatch(i).signal;
          for (let w = 0; w < 64; w++) {
            const window = other.subarray(w * channels * samples, (w + 1) * channels * samples);
            for (const [at, value] of of(window, channels, 200).entries()) lists[at]?.push(value);
          }
        }
        const found = targets?.[name] as Float32Array;
        expect(found).toHaveLength(64 * channels * width);
        const wanted = of(signal.subarray(5 * channels * samples, 6 * channels * samples), channels, 200);
        for (const [i, value] of wanted.entries()) {
          const list = lists[i] as number[];
          const mean = list.reduce((sum, one) => sum + one, 0) / list.length;
          const variance = list.reduce((sum, one) => sum + (one - mean) ** 2, 0) / list.length;
          const deviation = Math.max(MIN_DEVIATION, Math.sqrt(variance));
          expect(found[5 * wanted.length + i]).toBeCloseTo((value - mean) / deviation, 4);
        }
      }
    }
    expect((await complete.heldOut())[0]?.targets).toBeUndefined();
  });

  it('are standardised for each number of channels and samples of a source by itself', async () => {
    const of = (samples: number, size: number): SignalBatch => ({
      signal: Float32Array.from({ length: samples }, (_, i) => Math.sin(i / 3) + size * Math.sin(i * i)),
      shape: [1, 1, samples],
      source: 'ecg',
    });
    // Both kinds never change, so their targets are their means, 0; of one kind together they would not be.
    const batches = [of(400, 0.1), of(600, 3)];
    const complete = withTargets(sourceOf(batches), HEADS);
    for (const step of [0, 1])
      for (const [name, values] of Object.entries((await complete.trainBatch(step)).targets ?? {}))
        expect(Math.max(...values.map(Math.abs)), name).toBeLessThan(1e-5);
    const [short, long] = batches.map(({ signal }) => logBandPowers(signal, 1, 200));
    expect(Math.abs((short?.[10] as number) - (long?.[10] as number))).toBeGreaterThan(0.5);
  });

  it('look for kinds among the first sixteen batches, however many windows the first of them has', async () => {
    const of = (windows: number, source: string, size: number): SignalBatch => ({
      signal: Float32Array.from(
        { length: windows * 400 },
        (_, i) => Math.sin(i / 3) + size * Math.sin(i * i),
      ),
      shape: [windows, 1, 400],
      source,
    });
    const [many, other] = [of(256, 'ecg', 0.1), of(1, 'eeg', 3)];
    const complete = withTargets(
      { ...sourceOf([many]), trainBatch: (step) => (step === 15 ? other : many) },
      [{ name: 'spectrum', weight: 1 }],
    );
    // The only window of its kind is its own mean.
    const { spectrum = [] } = (await complete.trainBatch(15)).targets ?? {};
    expect(Math.max(...[...spectrum].map(Math.abs))).toBeLessThan(1e-5);
  });

  it('of a kind that comes late go by what all others have', async () => {
    const shape = [1, 1, 400] as const;
    const wave = (period: number, source: string): SignalBatch => ({
      signal: Float32Array.from({ length: 400 }, (_, i) => Math.sin(i / period)),
      ...{ shape, source },
    });
    const early = [wave(3, 'ecg'), wave(5, 'ecg'), wave(8, 'eeg')];
    const late = wave(3, 'ppg');
    const source = {
      ...sourceOf(early),
      trainBatch: (step: number) => (step < 500 ? (early[step % 3] as SignalBatch) : late),
    };
    const complete = withTargets(source, HEADS);
    const spectrum = (await complete.trainBatch(500)).targets?.spectrum as Float32Array;
    const known = (await complete.trainBatch(0)).targets?.spectrum as Float32Array;
    // The same window, but for its kind, by which the other is the middle of two.
    expect(spectrum.every(Number.isFinite)).toBe(true);
    expect(spectrum).not.toEqual(known);
    const of = early.map(({ signal }) => logBandPowers(signal, 1, 200));
    // 128 batches in turn: 43, 43 and 42.
    const list = Array.from({ length: 128 }, (_, i) => of[i % 3]?.[10] as number);
    const mean = list.reduce((sum, value) => sum + value, 0) / 128;
    const deviation = Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 128);
    expect(spectrum[10]).toBeCloseTo(
      ((of[0]?.[10] as number) - mean) / Math.max(MIN_DEVIATION, deviation),
      4,
    );
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
      const complete = withTargets(sourceOf(batches), HEADS);
      const { targets } = await complete.trainBatch(batches.length - 1);
      for (const [name, values] of Object.entries(targets ?? {}))
        expect(
          values.every((value) => Number.isFinite(value) && Math.abs(value) < 60),
          name,
        ).toBe(true);
    }
    // A value of small deviation is divided by 0.3 at least.
    expect(MIN_DEVIATION).toBe(0.3);
    // Of a source that never changes at all the targets are its mean, 0.
    const { targets } = await withTargets(sourceOf([flat]), HEADS).trainBatch(0);
    expect(targets?.spectrum?.every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });

  it('are the same whoever asks, in whatever order, at once', async () => {
    const source = new SyntheticDataset({ seed: 1, batchSize: 4, seconds: 1 });
    const [one, other] = [withTargets(source, HEADS), withTargets(source, HEADS)];
    const steps = [7, 0, 3];
    const asked = await Promise.all(steps.map((step) => one.trainBatch(step)));
    for (const [i, step] of [...steps.entries()].reverse())
      expect((await other.trainBatch(step)).targets).toEqual(asked[i]?.targets);
  });

  it('are standardised when the first batch is asked for, once however many are', async () => {
    const plain = new SyntheticDataset({ seed: 1, batchSize: 64, seconds: 1, channels: { ppg: 1 } });
    const asked: number[] = [];
    const source: BatchSource = {
      ...sourceOf([]),
      trainBatch: (step) => {
        asked.push(step);
        return plain.trainBatch(step);
      },
    };
    const complete = withTargets(source, HEADS);
    expect(asked).toEqual([]);
    await Promise.all([complete.trainBatch(300), complete.trainBatch(301)]);
    await complete.trainBatch(302);
    expect(asked.filter((step) => step === 0)).toEqual([0]);
    expect(asked.filter((step) => step >= 300)).toEqual([300, 301, 302]);
  });

  it('are not computed where no head needs them', async () => {
    const source = sourceOf([]);
    expect(withTargets(source, [])).toBe(source);
    expect(withTargets(source, [{ name: 'linear', weight: 1 }])).toBe(source);
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

  it('is as short as it takes to have 32,768 windows, down to an eighth of one', () => {
    expect(denseStride(recordings(60), 2)).toBe(0.25);
    expect(denseStride(recordings(32_768), 4)).toBe(1);
    expect(denseStride(recordings(32_768 * 4), 4)).toBeUndefined();
    expect(denseStride(recordings(32_768 * 4 - 4), 4)).toBe(4);
    // Whole samples at 200 Hz, so a window of 2.945 s gives 0.37 s.
    expect(denseStride(recordings(60), 2.945)).toBe(0.37);
    expect(denseStride([], 1)).toBe(0.125);
  });
});
