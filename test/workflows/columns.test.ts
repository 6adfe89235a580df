import { describe, expect, it } from 'vitest';
import { logBandPowers, MODEL_RATE, RandomStream, type SplitName } from '../../data/index.ts';
import { readOutOf } from '../../workflows/encode.ts';
import { tokenAndBaselines } from '../../workflows/labelled/baselines.ts';
import { beside, logBands, pcaScores, samplesOf, withSquares } from '../../workflows/labelled/columns.ts';
import { groupsOf, type LabelledPlace, taskOf } from '../../workflows/labelled/task.ts';
import { markedWindows } from '../data/memory-recording.ts';

const PARTS: readonly SplitName[] = ['train', 'train', 'validation', 'test'];

/** A recording a part, of six windows each that are drawn. */
function task(channels: readonly number[] = [2, 2, 2, 2]) {
  const stream = new RandomStream(4, 1);
  const recordings = PARTS.map((_, i) => {
    const own = markedWindows({ name: `r${i}`, windows: 6, channels: channels[i] ?? 1, samples: 40 });
    own.signal.forEach((_, at) => {
      own.signal[at] = stream.normal() * (1 + i);
    });
    return own;
  });
  const groups = groupsOf(recordings);
  const places = recordings.flatMap((one, recording) =>
    Array.from(
      { length: 6 },
      (_, window): LabelledPlace => ({
        ...{ recording, window, labels: [window % 2 ? 'x' : 'y'] },
        ...{ group: groups.get(one) as string, split: PARTS[recording] as SplitName },
      }),
    ),
  );
  return taskOf(places, recordings, { seconds: 0.2, many: false });
}

/** Of each of the 24 rows a number. */
const column = (of: (row: number) => number) => ({
  values: Float32Array.from({ length: 24 }, (_, i) => of(i)),
  columns: 1,
});

describe('columns', () => {
  it('stand side by side, row by row', () => {
    const two = { values: Float32Array.of(1, 2, 3, 4), columns: 2 };
    const one = { values: Float32Array.of(5, 6), columns: 1 };
    expect(beside(two, one, two)).toEqual({
      values: Float32Array.of(1, 2, 5, 1, 2, 3, 4, 6, 3, 4),
      columns: 5,
    });
  });

  it('have squares of what is standardised on the training part, not of what comes', () => {
    // Twelve training rows of 10 and 14; the others are far from them.
    const { values, columns } = withSquares(
      task(),
      column((row) => (row < 12 ? 12 + (row % 2 ? 2 : -2) : 20)),
    );
    expect(columns).toBe(2);
    expect([...values.subarray(0, 4)]).toEqual([-1, 1, 1, 1]);
    expect([...values.subarray(46)]).toEqual([4, 16]);
  });

  it('of principal components are along those of the training part', async () => {
    const all = task();
    const samples = await samplesOf(all);
    if (typeof samples === 'string') throw new Error(samples);
    expect(samples.columns).toBe(80);
    // Of twelve rows there are eleven around their mean.
    expect(pcaScores(all, samples, 30).columns).toBe(11);
    const scores = pcaScores(all, samples, 3);
    const along = (from: number, to: number, axis: number) => {
      const own = Array.from({ length: to - from }, (_, i) => scores.values[(from + i) * 3 + axis] as number);
      const mean = own.reduce((a, b) => a + b) / own.length;
      return { mean, square: own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length };
    };
    for (const axis of [0, 1, 2]) {
      expect(along(0, 12, axis).mean).toBeCloseTo(0, 5);
      // What was not looked at varies less along them.
      expect(along(12, 24, axis).square).toBeLessThan(along(0, 12, axis).square);
    }
    expect(along(0, 12, 0).square).toBeGreaterThan(along(0, 12, 1).square);
    // Components of the others change nothing.
    const changed = {
      ...samples,
      values: samples.values.map((value, i) => (i < 12 * 80 ? value : 2 * value)),
    };
    expect(pcaScores(all, changed, 3).values.subarray(0, 36)).toEqual(scores.values.subarray(0, 36));
  });

  it('of bands are those of each channel, or means where recordings differ in channels', async () => {
    const [alike, unlike] = [task(), task([1, 2, 1, 1])];
    const first = alike.recordings[0] as unknown as { signal: Float32Array };
    expect((await logBands(alike)).columns).toBe(48);
    expect((await logBands(alike)).values.subarray(0, 48)).toEqual(
      Float32Array.from(logBandPowers(first.signal.subarray(0, 80), 2, MODEL_RATE)),
    );
    const means = await logBands(unlike);
    expect(means.columns).toBe(24);
    const other = unlike.recordings[1] as unknown as { signal: Float32Array };
    const both = logBandPowers(other.signal.subarray(0, 80), 2, MODEL_RATE);
    expect(means.values[6 * 24]).toBeCloseTo(((both[0] as number) + (both[24] as number)) / 2, 5);
    expect(await samplesOf(unlike)).toBe('recordings differ in channels');
  });

  it('of a read-out are the first token, and the mean of the others without it', () => {
    const { token, others } = readOutOf(Float32Array.of(100, 200, 1, 2, 3, 4, 5, 9), 2);
    expect([...token, ...others]).toEqual([100, 200, 3, 5]);
  });
});

describe('tokenAndBaselines', () => {
  const tokens = { token: column((row) => row), others: column((row) => -row) };

  it('has what the token adds to before what it is added to, and says what is left out', async () => {
    const { all, notes } = await tokenAndBaselines({ task: task(), tokens, mostRaw: 100 });
    for (const { id, columns, addsTo } of all) {
      expect(columns.values.length, id).toBe(24 * columns.columns);
      if (addsTo === undefined) continue;
      const base = all
        .slice(
          0,
          all.findIndex((one) => one.id === id),
        )
        .find((one) => one.id === addsTo);
      // Everything of the other, and the token.
      expect(columns.columns, id).toBe((base?.columns.columns ?? 0) + 1);
      expect(columns.values.at(-1), id).toBe(23);
    }
    expect(all.find(({ id }) => id === 'token-mean')?.columns.values.subarray(46)).toEqual(
      Float32Array.of(23, -23),
    );
    expect(notes).toEqual([
      'The random encoder is left out: the model of these tokens is not available.',
      'Raw samples are left out: 1,920 numbers are too many for a regression on a processor.',
    ]);
    const unlike = await tokenAndBaselines({
      task: task([1, 2, 1, 1]),
      tokens,
      untrainedTokens: async () => tokens,
    });
    expect(unlike.notes).toEqual([
      'Principal components and raw samples are left out: recordings differ in channels.',
    ]);
    expect(unlike.all.map(({ id }) => id)).toContain('random');
  });
});
