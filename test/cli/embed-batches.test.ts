import { describe, expect, it } from 'vitest';
import { batchesOf, oneAhead, type WindowBatch } from '../../cli/common/embed/batches.ts';
import { cutWindows, type Recording, type WindowOptions } from '../../data/index.ts';
import { memoryRecording } from '../data/memory-recording.ts';

const OPTIONS: WindowOptions = { seconds: 1, mains: 50, units: 'trust' };
const optionsOf = () => OPTIONS;

/** Noise, but one value where `isFlat`, in seconds. */
function noise(name: string, channels: number, seconds: number, isFlat = (_: number) => false): Recording {
  const signals = Array.from({ length: channels }, (_, c) =>
    Float64Array.from({ length: Math.round(seconds * 250) }, (_, i) =>
      isFlat(i / 250) ? 0 : Math.sin(i * i * (c + 1)) * 40,
    ),
  );
  return memoryRecording({ name, rate: 250, signals });
}

const RECORDINGS = [
  noise('a', 2, 7.5, (time) => Math.floor(time) === 3),
  noise('b', 2, 1),
  noise('c', 2, 0.5),
  noise('d', 3, 5),
  noise('e', 3, 2, (time) => time % 1 < 0.6),
  memoryRecording({ name: 'f', rate: 250, signals: [new Float64Array(1000)] }),
  noise('g', 2, 4),
];

async function all(from = { recording: 0, window: 0 }): Promise<WindowBatch[]> {
  const batches: WindowBatch[] = [];
  for await (const batch of oneAhead(batchesOf(RECORDINGS, from, 4, optionsOf))) batches.push(batch);
  return batches;
}

describe('batchesOf', () => {
  it('has every usable window once, as cutting each recording whole has them', async () => {
    const batches = await all();
    const values = batches.flatMap(({ data }) => [...data]);
    const starts = batches.flatMap((batch) => batch.starts);
    const expected: number[] = [];
    const times: number[] = [];
    // Nothing of f can be used.
    for (const recording of RECORDINGS.filter(({ name }) => name !== 'f')) {
      const { signal, starts: own } = await cutWindows(recording, OPTIONS);
      expected.push(...(signal ?? []));
      times.push(...own);
    }
    expect(starts).toEqual(times);
    expect(values).toEqual(expected);
    // Seven of a and b, which share their second batch; five of d, whose channels are others; four of g.
    expect(batches.map(({ shape: [count, channels] }) => [count, channels])).toEqual([
      ...[
        [4, 2],
        [3, 2],
        [4, 3],
        [1, 3],
        [4, 2],
        [0, 0],
      ],
    ]);
  });

  it('tells what became of each recording, in order, never before its last window', async () => {
    const outcomes = (await all()).flatMap((batch) => batch.outcomes);
    expect(outcomes.map(({ windows }) => windows)).toEqual([6, 1, 0, 5, 0, 0, 4]);
    expect(outcomes[0]?.dropped).toMatchObject({ flat: 1 });
    expect(outcomes[2]?.reason).toBe('is shorter than a window of 1 s.');
    expect(outcomes[4]?.reason).toMatch(/2 as flat/);
    expect(outcomes[5]?.reason).toMatch(/never changes/);
    let rows = 0;
    let told = 0;
    for (const { starts, outcomes: own } of await all()) {
      rows += starts.length;
      told += own.reduce((sum, { windows }) => sum + windows, 0);
      expect(told).toBeLessThanOrEqual(rows);
    }
  });

  it('goes on at the end of any batch with just those that were to come', async () => {
    const batches = await all();
    for (const [i, { next }] of batches.entries()) {
      const rest = await all(next);
      expect(rest).toEqual(batches.slice(i + 1));
    }
  });
});
