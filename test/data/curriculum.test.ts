import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BatchSource,
  Curriculum,
  largestBatch,
  type RecordingWindows,
  SyntheticDataset,
  stageEnds,
  WindowDataset,
  type WindowDatasetOptions,
} from '../../data/index.ts';

const named = (name: string): BatchSource => ({
  trainBatch: (step) => ({ signal: new Float32Array(2), shape: [1, 1, 2], source: `${name}${step}` }),
  heldOut: () => [{ signal: new Float32Array(2), shape: [1, 1, 2], source: `${name} held out` }],
  describe: () => ({ samples: name.charCodeAt(0), channels: { ecg: 1 } }),
});

describe('stageEnds', () => {
  it('divides updates by shares, rounded to whole ones', () => {
    expect(stageEnds([1, 1, 1], 100)).toEqual([33, 67, 100]);
    expect(stageEnds([0.35, 0.3, 0.35], 1000)).toEqual([350, 650, 1000]);
    expect(stageEnds([7], 3)).toEqual([3]);
  });

  it('leaves none without an update, or says which', () => {
    expect(() => stageEnds([1, 1e-3, 1], 100)).toThrow('Stage 2 of 3 has no update of 100');
    expect(() => stageEnds([1, 1, 1], 2)).toThrow(/has no update of 2/);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 600, max: 5000 }),
        (shares, updates) => {
          const ends = stageEnds(shares, updates);
          const sum = shares.reduce((a, b) => a + b, 0);
          expect(ends.at(-1)).toBe(updates);
          for (const [i, end] of ends.entries())
            expect(
              Math.abs(end - (ends[i - 1] ?? 0) - (updates * (shares[i] as number)) / sum),
            ).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('Curriculum', () => {
  const stages = [
    { source: named('a'), share: 1 },
    { source: named('b'), share: 2 },
  ];
  const sourceAt = async (curriculum: Curriculum, step: number) => (await curriculum.trainBatch(step)).source;

  it('goes from one source to the next at whole updates, in any order of asking', async () => {
    // Nine updates of two batches: three, then six.
    const curriculum = new Curriculum(stages, 9, 2);
    const asked = [17, 0, 6, 5, 18, 40];
    expect(await Promise.all(asked.map((step) => sourceAt(curriculum, step)))).toEqual([
      'b11',
      'a0',
      'b0',
      'a5',
      'b12',
      'b34',
    ]);
    expect((await curriculum.heldOut())[0]?.source).toBe('b held out');
  });

  it('describes itself as what is measured, without what the number of steps decides', () => {
    const [few, many] = [new Curriculum(stages, 9, 2), new Curriculum(stages, 90, 1)];
    expect(few.describe()).toEqual(many.describe());
    expect(few.describe()).toMatchObject({ samples: 98, stages: [{ samples: 97 }, { samples: 98 }] });
    expect(largestBatch(new Curriculum([...stages].reverse(), 9, 1).describe())).toEqual({
      channels: 1,
      samples: 98,
    });
  });
});

describe('largestBatch', () => {
  it('is that of the signals with most channels and of the longest windows', () => {
    const source = new SyntheticDataset({ seed: 1, batchSize: 2, seconds: 1.5 });
    expect(largestBatch(source.describe())).toEqual({ channels: 8, samples: 300 });
    const groups = [
      { channels: 2, samples: 700 },
      { channels: 5, samples: 200 },
    ];
    expect(largestBatch({ groups })).toEqual({ channels: 5, samples: 700 });
    expect(() => largestBatch({})).toThrow(/without any windows/);
  });
});

/** A recording of so many seconds, cut; each sample says its second, so that windows tell what they are of. */
function recording(
  name: string,
  seconds: number,
  window: number,
  stride: number,
  subject?: string,
): RecordingWindows {
  const starts: number[] = [];
  for (let start = 0; start + window <= seconds + 1e-9; start += stride) starts.push(start);
  const samples = Math.round(200 * window);
  const read = (index: number) =>
    Float32Array.from({ length: samples }, (_, i) => (starts[index] as number) + i / 200);
  return {
    ...{ name, labels: ['A'], shape: [starts.length, 1, samples] as const, signal: undefined, read },
    ...(subject === undefined ? {} : { subject }),
    starts: Float64Array.from(starts),
    dropped: { missing: 0, impossible: 0, flat: 0, clipped: 0, shortStretches: 0 },
    ...{ blamed: [], leftOut: [], converted: [], notes: [] },
  };
}

describe('windows of another length apart from what is held out', () => {
  const options: WindowDatasetOptions = { seed: 3, batchSize: 1, heldOutFraction: 0.2, heldOutWindows: 1000 };

  /** Every window that a data set trains on, or holds out: its recording is known by its whole part of 1,000 seconds. */
  async function spans(batches: readonly { signal: Float32Array }[]) {
    return batches.map(({ signal }) => [signal[0] as number, signal.at(-1) as number] as const);
  }
  const trained = async (dataset: WindowDataset) =>
    spans(
      await Promise.all(Array.from({ length: dataset.stepsPerEpoch }, (_, step) => dataset.trainBatch(step))),
    );

  it('trains on nothing of the subjects that are held out, nor of what only shorter windows fit', async () => {
    const make = (window: number) =>
      // Two recordings a subject, the second of four seconds.
      Array.from({ length: 16 }, (_, i) =>
        recording(`r${i}`, i % 2 ? 4 : 20, window, window, `s${i >> 1}`),
      ).filter(({ shape }) => shape[0] > 0);
    const long = new WindowDataset(make(5), options);
    const { groups } = long.describe() as { groups: { heldOutRecordings: string[] }[] };
    const held = new Set(groups.flatMap(({ heldOutRecordings }) => heldOutRecordings));
    expect(held.size).toBeGreaterThan(0);
    const short = new WindowDataset(make(1), { ...options, apartFrom: long });
    expect(await short.heldOut()).toEqual([]);
    const subjects = new Set([...held].map((name) => Number(name.slice(1)) >> 1));
    const free = 8 - subjects.size;
    // 20 windows of the long recording and 4 of the short one of every other subject, and no other.
    expect((await trained(short)).length).toBe(24 * free);
    expect((short.describe() as { groups: { trainWindows: number }[] }).groups[0]?.trainWindows).toBe(
      24 * free,
    );
  });

  it.each([
    [5, 1],
    [5, 0.5],
    [1, 0.125],
  ])('ends before the held-out ends of recordings: windows of %s s, every %s s', async (window, stride) => {
    const make = (length: number, step: number) => [
      recording('one', 60, length, step),
      recording('two', 33, length, step),
    ];
    // Overlapping windows at the boundary are dropped from training, whatever their length.
    const long = new WindowDataset(make(window, stride), options);
    const held = await spans(await long.heldOut());
    const firstHeld = Math.min(...held.map(([start]) => start));
    const own = await trained(long);
    const short = await trained(new WindowDataset(make(2, 0.25), { ...options, apartFrom: long }));
    // Of the longer recording; the other ends before it.
    const ends = (windows: readonly (readonly [number, number])[]) =>
      Math.max(...windows.map(([, end]) => end));
    const lastHeld = held.filter(([start]) => start > 33 - window);
    const boundary = Math.min(...lastHeld.map(([start]) => start));
    expect(firstHeld).toBeLessThan(33);
    expect(ends(own)).toBeLessThan(boundary);
    expect(ends(short)).toBeLessThan(boundary);
    expect(ends(short)).toBeGreaterThan(boundary - 2);
  });
});
