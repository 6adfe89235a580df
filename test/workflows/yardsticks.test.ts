import { describe, expect, it } from 'vitest';
import { type BatchSource, type SamplePart, type SignalBatch, SyntheticDataset } from '../../data/index.ts';
import { costOfLinearCode } from '../../evaluate/index.ts';
import { ModelError, SIZES } from '../../model/index.ts';
import {
  componentsOf,
  findingsOf,
  heldOutLosses,
  type Losses,
  lossTable,
  type SourceLosses,
  withYardsticks,
  yardstickLines,
  yardsticksOf,
} from '../../workflows/index.ts';
import { windowsWithin } from '../../workflows/yardsticks/compare.ts';
import { betweenPatches, zScored } from '../../workflows/yardsticks/windows.ts';
import zscoreReference from '../reference/zscore.ts';

const config = SIZES.tiny;

/** Windows of one kind, trained on and held out, as a source. */
function sourceOf(train: SignalBatch): Pick<BatchSource, 'trainSample'> & { readonly asked: SamplePart[] } {
  const asked: SamplePart[] = [];
  const [windows, channels, samples] = train.shape;
  return {
    asked,
    trainSample: (part) => {
      asked.push(part);
      const last = Math.min(windows, part.most, part.first + part.count);
      const size = channels * samples;
      return {
        ...{ source: part.source, shape: [Math.max(0, last - part.first), channels, samples] },
        signal: train.signal.slice(part.first * size, Math.max(part.first, last) * size),
      };
    },
  };
}

function noise(windows: number, channels: number, samples: number, seed: number, source = 'x'): SignalBatch {
  let state = seed;
  const signal = Float32Array.from({ length: windows * channels * samples }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { signal, shape: [windows, channels, samples], source };
}

const powerOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value ** 2, 0);

describe('windows as the model gives them back', () => {
  it('are those of the reference, constants and offsets too, without the padding', () => {
    const shape = [2, 2, 130] as const;
    const { signal } = noise(2, 2, 130, 3);
    for (let i = 0; i < 130; i++) {
      signal[i] = 0.1;
      signal[130 + i] = 1e4 + (signal[130 + i] as number);
    }
    const padded = zscoreReference.forward([{ data: Float64Array.from(signal), shape: [...shape] }], {
      multiple: 200,
      eps: 1e-6,
    });
    const own = zScored(signal, shape);
    expect(own.subarray(0, 130).every((value) => value === 0)).toBe(true);
    for (const [row, from] of [0, 130, 260, 390].entries())
      for (let i = 0; i < 130; i++)
        expect(own[from + i]).toBeCloseTo(padded.data[row * 200 + i] as number, 5);
  });

  it('lose by one repeated waveform what no other waveform loses less than', () => {
    const [samples, length, patch] = [250, 400, 100];
    const values = noise(1, 3, samples, 8).signal;
    const { all, between } = betweenPatches(values, { samples, length, patch });
    expect(all).toBeCloseTo(powerOf(values), 3);
    const lossOf = (change: number) => {
      let sum = 0;
      for (let channel = 0; channel < 3; channel++)
        for (let i = 0; i < patch; i++) {
          // Four patches, of which the last is zeros, and the third half of them.
          const own = [0, 1, 2, 3].map((n) =>
            n * patch + i < samples ? (values[channel * samples + n * patch + i] as number) : 0,
          );
          const wave = own.reduce((a, b) => a + b, 0) / 4 + change * Math.sin(i);
          sum += own.reduce((a, b) => a + (b - wave) ** 2, 0);
        }
      return sum;
    };
    expect(between).toBeCloseTo(lossOf(0), 3);
    for (const change of [-0.1, 0.1]) expect(between).toBeLessThan(lossOf(change));
    // What repeats itself is all in the waveform; of one patch there is nothing else.
    const wave = noise(1, 1, patch, 4).signal;
    const repeated = Float32Array.from({ length: 300 }, (_, i) => wave[i % patch] as number);
    expect(betweenPatches(repeated, { samples: 300, length: 300, patch }).between).toBeLessThan(1e-4);
    expect(betweenPatches(wave, { samples: 100, length: 100, patch }).between).toBeLessThan(1e-4);
  });
});

describe('yardsticksOf', () => {
  it('is the loss of the waveform and of the code on the held-out windows, padding counted', async () => {
    // Two directions in 130 samples: two components give everything back.
    const made = (windows: number, seed: number): SignalBatch => {
      const draws = noise(windows, 1, 2, seed).signal;
      const signal = Float32Array.from({ length: windows * 130 }, (_, at) => {
        const [window, i] = [Math.floor(at / 130), at % 130];
        return (
          (draws[2 * window] as number) * Math.sin((2 * Math.PI * i) / 130) +
          (draws[2 * window + 1] as number) * Math.cos((2 * Math.PI * i) / 130)
        );
      });
      return { signal, shape: [windows, 1, 130], source: 'x' };
    };
    const held = made(6, 2);
    const own = await yardsticksOf(sourceOf(made(40, 9)), [held], { config });
    const { positionBlindLoss, pca } = own.get('x') ?? expect.fail();
    expect(pca.map(({ components, windows }) => [components, windows])).toEqual([
      [32, 40],
      [64, 40],
    ]);
    for (const { loss } of pca) expect(loss).toBeLessThan(1e-9);
    const target = zScored(held.signal, held.shape);
    const { between } = betweenPatches(target, { samples: 130, length: 200, patch: 100 });
    expect(positionBlindLoss).toBeCloseTo(between / (6 * 200), 9);
    // Of zeros after 130 of 200 samples.
    expect(powerOf(target) / (6 * 200)).toBeCloseTo(129 / 200, 5);
  });

  it('is the same whatever the batches, and averages shapes by their windows', async () => {
    const data = new SyntheticDataset({
      seed: 3,
      batchSize: 4,
      seconds: 0.5,
      channels: { ppg: 2 },
      heldOutWindows: 7,
    });
    const whole = new SyntheticDataset({
      seed: 3,
      batchSize: 8,
      seconds: 0.5,
      channels: { ppg: 2 },
      heldOutWindows: 7,
    });
    const [one, other] = await Promise.all(
      [data, whole].map(({ heldOut }, i) =>
        yardsticksOf(data, heldOut.call(i === 0 ? data : whole), { config }),
      ),
    );
    expect(other?.get('ppg')?.positionBlindLoss).toBeCloseTo(one?.get('ppg')?.positionBlindLoss as number, 9);
    expect(other?.get('ppg')?.pca[0]?.loss).toBeCloseTo(one?.get('ppg')?.pca[0]?.loss as number, 9);
    expect(one?.get('ppg')?.pca.map(({ windows }) => windows)).toEqual([2048, 2048]);

    const two = [noise(3, 1, 200, 5), noise(1, 2, 200, 6)] as const;
    const sources = two.map((batch) => sourceOf({ ...batch, ...noise(9, batch.shape[1], 200, 11) }));
    const alone = await Promise.all(
      two.map(async (batch, i) =>
        (await yardsticksOf(sources[i] ?? expect.fail(), [batch], { config })).get('x'),
      ),
    );
    const both = await yardsticksOf(
      { trainSample: (part) => (sources[part.channels - 1] ?? expect.fail()).trainSample(part) },
      two,
      { config },
    );
    const mean = (of: (i: number) => number) => (3 * of(0) + of(1)) / 4;
    expect(both.get('x')?.positionBlindLoss).toBeCloseTo(
      mean((i) => alone[i]?.positionBlindLoss ?? 0),
      9,
    );
    expect(both.get('x')?.pca[1]?.loss).toBeCloseTo(
      mean((i) => alone[i]?.pca[1]?.loss ?? 0),
      9,
    );
  });

  it('passes over training windows that are no numbers, and says which held-out ones are not', async () => {
    const train = noise(5, 1, 100, 2);
    const bad = { ...train, signal: train.signal.slice() };
    bad.signal[250] = Number.NaN;
    const held = noise(2, 1, 100, 3);
    const pcaOf = async (batch: SignalBatch) =>
      (await yardsticksOf(sourceOf(batch), [held], { config })).get('x')?.pca;
    const found = await pcaOf(bad);
    expect(found?.[0]?.windows).toBe(4);
    const without = [0, 1, 3, 4].flatMap((i) => [...train.signal.subarray(100 * i, 100 * (i + 1))]);
    expect(await pcaOf({ ...train, signal: Float32Array.from(without), shape: [4, 1, 100] })).toEqual(found);
    held.signal[120] = Number.POSITIVE_INFINITY;
    await expect(pcaOf(train)).rejects.toThrow(/^Window 2 of a held-out batch \(x\)/);
    await expect(
      yardsticksOf(sourceOf(noise(0, 1, 100, 2)), [noise(1, 1, 100, 3)], { config }),
    ).rejects.toThrow(ModelError);
  });

  it('takes constant channels, and one training window', async () => {
    const held = noise(2, 2, 100, 3);
    held.signal.fill(5, 100, 200);
    const train = noise(1, 2, 100, 4);
    train.signal.fill(5, 100, 200);
    const own = (await yardsticksOf(sourceOf(train), [held], { config })).get('x') ?? expect.fail();
    const [target, mean] = [zScored(held.signal, held.shape), zScored(train.signal, train.shape)];
    const far = powerOf(target.map((value, i) => value - (mean[i % 200] as number)));
    for (const { loss, windows } of own.pca) {
      expect(windows).toBe(1);
      expect(loss).toBeCloseTo(far / (2 * 2 * 200), 6);
    }
  });

  it('gives others a turn, and stops where they say so', async () => {
    const source = sourceOf(noise(300, 2, 200, 7));
    const parts: number[] = [];
    await yardsticksOf(source, [noise(20, 2, 200, 8)], { config, pause: (part) => void parts.push(part) });
    expect(parts.length).toBeGreaterThan(20);
    for (const [i, part] of parts.entries()) {
      expect(part).toBeGreaterThanOrEqual(parts[i - 1] ?? 0);
      expect(part).toBeLessThanOrEqual(1);
    }
    expect(parts.at(-1)).toBeGreaterThan(0.5);
    let turns = 0;
    const stop = () => {
      if (++turns === 3) throw new RangeError('enough');
    };
    await expect(yardsticksOf(source, [noise(20, 2, 200, 8)], { config, pause: stop })).rejects.toThrow(
      'enough',
    );
    expect(turns).toBe(3);
  });

  it('keeps to its budgets, whatever the windows', async () => {
    for (const [dim, budget] of [
      [200, 1e9],
      [1600, 1e9],
      [64_000, 4e9],
      [128 * 12_800, 5e9],
      [128 * 12_800, 1e6],
    ] as const) {
      const most = windowsWithin(budget, dim, 32);
      expect(most).toBeGreaterThanOrEqual(1);
      expect(most * dim).toBeLessThanOrEqual(2 ** 26);
      if (most > 1) expect(costOfLinearCode(most, dim, 32)).toBeLessThanOrEqual(budget);
      if (most > 1 && most < 2048 && (most + 1) * dim <= 2 ** 26)
        expect(costOfLinearCode(most + 1, dim, 32)).toBeGreaterThan(budget);
    }
    expect(windowsWithin(1e9, 200, 32)).toBe(2048);
    expect(windowsWithin(5e9, 128 * 12_800, 32)).toBe(40);
    // Asked for in parts of bounded size, none twice.
    const source = sourceOf(noise(700, 1, 200, 7));
    await yardsticksOf(source, [noise(2, 1, 200, 8)], { config });
    let next = 0;
    for (const { first, count } of source.asked) {
      expect(first).toBe(next);
      expect(count * 200).toBeLessThanOrEqual(2 ** 17);
      next += count;
    }
    expect(next).toBeGreaterThanOrEqual(700);
  });
});

const losses = (own: Partial<SourceLosses> & { readonly ratio: number }): SourceLosses => ({
  heldOutLoss: own.ratio * 0.9,
  predictZeroLoss: 0.9,
  windows: 32,
  patchShare: 0.5,
  yardsticks: {
    positionBlindLoss: 0.5 * 0.9,
    pca: [
      { components: 32, loss: 0.2 * 0.9, windows: 1000 },
      { components: 64, loss: 0.1 * 0.9, windows: 1000 },
    ],
  },
  ...own,
});

describe('what is said of the losses', () => {
  it('gives the part of the output that differs between patches, and has no ratio to nothing', async () => {
    const reconstruction = Float32Array.from({ length: 400 }, (_, i) => (i < 200 ? 1 : i < 300 ? 1 : -1));
    const evaluate = async () => ({
      ...{ loss: 0.5, zeroLoss: 0, target: reconstruction, reconstruction, shape: [2, 1, 200] as const },
    });
    const own = (await heldOutLosses({ evaluate }, [noise(2, 1, 200, 1)], 100)).get('x');
    // The first window repeats itself, the second is all difference.
    expect(own?.patchShare).toBeCloseTo(0.5, 12);
    expect(own).not.toHaveProperty('ratio');
    const zeros = {
      evaluate: async () => ({ ...(await evaluate()), reconstruction: new Float32Array(400) }),
    };
    expect((await heldOutLosses(zeros, [noise(2, 1, 200, 1)], 100)).get('x')).not.toHaveProperty(
      'patchShare',
    );
  });

  it('shows yardsticks as ratios, and none of a run that has none', () => {
    const found: Losses = new Map([
      ['ecg', losses({ ratio: 0.6 })],
      [
        'eeg',
        losses({
          ratio: 0.1,
          yardsticks: { positionBlindLoss: 0.63, pca: [{ components: 32, loss: 0.36, windows: 12 }] },
        }),
      ],
    ]);
    const { headings, rows, notes } = lossTable(found, { digits: 4 });
    expect(headings).toEqual(['', 'held-out loss', 'predicting zero', 'ratio', 'floor', 'PCA-32', 'windows']);
    expect(rows).toEqual([
      ['ecg', '0.5400', '0.9000', '0.600', '0.500', '0.200', '32'],
      ['eeg', '0.0900', '0.9000', '0.100', '0.700', '0.400', '32'],
      ['mean', '0.3150', '0.9000', '0.350', '0.600', '0.300', '64'],
    ]);
    expect(notes[1]).toContain('fitted to 12 to 1,000 training windows');
    expect(yardstickLines(found)[2]).toEqual({ source: 'eeg', name: 'position-blind floor', loss: 0.63 });
    const { yardsticks: _, ...old } = losses({ ratio: 0.6 });
    const before = lossTable(new Map([['ecg', old]]), { digits: 3 });
    expect(before.headings).toEqual(['', 'held-out loss', 'predicting zero', 'ratio', 'windows']);
    expect(before.rows).toEqual([['ecg', '0.540', '0.900', '0.600', '32']]);
    expect(before.notes).toHaveLength(1);
    expect(componentsOf(new Map([['ecg', old]]))).toBeUndefined();
    expect(withYardsticks(new Map([['ecg', old]]), new Map())).toEqual(new Map([['ecg', old]]));
    const nothing = { ...losses({ ratio: 1 }), predictZeroLoss: 0, heldOutLoss: 0 };
    expect(lossTable(new Map([['ecg', nothing]]), { digits: 3 }).rows).toEqual([
      ['ecg', '0.000', '0.000', 'none: only zeros', '-', '-', '32'],
    ]);
  });

  const say = (own: Losses, conditioning: 'cls' | 'tokens' = 'cls') =>
    findingsOf(own, { conditioning, ways: ['train longer', 'sooner', 'otherwise'] });

  it('says what a run above the floor did, and what to do', () => {
    expect(say(new Map([['ecg', losses({ ratio: 0.91, patchShare: 0.002 })]]))).toEqual([
      'ecg (0.910; floor 0.500) ended above the position-blind floor, and the renderer outputs the same waveform in every patch; train longer, sooner or otherwise.',
    ]);
    expect(say(new Map([['ecg', losses({ ratio: 0.91, patchShare: 0.2 })]]))).toEqual([
      'ecg (0.910; floor 0.500) ended above the position-blind floor: one waveform repeated in each patch would lose less; train longer, sooner or otherwise.',
    ]);
  });

  it('says where a linear code is better, and where it is not, each of its own numbers', () => {
    const own: Losses = new Map([
      ['ecg', losses({ ratio: 0.3 })],
      ['ppg', losses({ ratio: 0.1 })],
      ['eeg', losses({ ratio: 0.5 })],
    ]);
    expect(say(own)).toEqual([
      'ecg (0.300; PCA 0.200), eeg (0.500; PCA 0.200) ended below the floor, as no waveform repeated in each patch can, but not below PCA-32: the best linear code of 32 numbers loses no more.',
      'ppg (0.100; PCA 0.200) ended below PCA-32: less is lost than by a linear code of as many numbers as the renderer sees.',
    ]);
    expect(say(own, 'tokens')[1]).toMatch(/but the renderer sees 32 numbers of every token here/);
  });

  it('says where the code was fitted to too few windows, and nothing where nothing was compared', () => {
    const few = losses({ ratio: 0.3 });
    const pca = (few.yardsticks?.pca ?? []).map((one) => ({ ...one, windows: 18 }));
    const own = new Map([['ecg', { ...few, yardsticks: { positionBlindLoss: 0.45, pca } }]]);
    expect(say(own).at(-1)).toBe(
      'PCA-32 underestimates a linear code where it is fitted to as few training windows as here: ecg to 18.',
    );
    const { yardsticks: _, ...old } = few;
    expect(say(new Map([['ecg', old]]))).toEqual([]);
    expect(say(new Map([['ecg', { ...few, predictZeroLoss: 0 }]]))).toEqual([]);
  });
});
