import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignalBatch } from '../../data/dataset/batches.ts';
import type { Drawing } from '../../data/dataset/drawing.ts';
import { splitGroups } from '../../data/dataset/split.ts';
import { WindowDataset } from '../../data/dataset/window-dataset.ts';
import type { RecordingWindows } from '../../data/windows/cut.ts';
import { markedWindows } from './memory-recording.ts';

/** The mark of each window of a batch. */
function marks({ signal, shape }: SignalBatch): number[] {
  const size = shape[1] * shape[2];
  return Array.from({ length: shape[0] }, (_, i) => {
    const window = signal.subarray(i * size, (i + 1) * size);
    expect(window.every((value) => value === window[0])).toBe(true);
    return window[0] as number;
  });
}

const marksOf = ({ signal, shape }: RecordingWindows) =>
  marks({ signal: signal as Float32Array<ArrayBuffer>, shape, source: '' });

const batchOf = (dataset: WindowDataset, step: number) => dataset.trainBatch(step) as SignalBatch;

const recordings = () => [
  ...Array.from({ length: 8 }, (_, i) =>
    markedWindows({ name: `ecg${i}`, modality: 'ecg', windows: 10 + i, channels: 2 }),
  ),
  markedWindows({ name: 'eeg', modality: 'eeg', windows: 30, channels: 3 }),
  markedWindows({ name: 'none', windows: 0 }),
];

describe('WindowDataset', () => {
  it('visits every training window once an epoch (the last batch of a group wraps), never a held-out one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.nat(1000),
        fc.nat(5),
        async (batchSize, seed, epoch) => {
          const all = recordings();
          const dataset = new WindowDataset(all, { seed, batchSize, heldOutWindows: 1000 });
          const held = new Set((await dataset.heldOut()).flatMap(marks));
          const counts = new Map<number, number>();
          for (let i = 0; i < dataset.stepsPerEpoch; i++) {
            const batch = batchOf(dataset, epoch * dataset.stepsPerEpoch + i);
            expect(batch.shape[0]).toBe(batchSize);
            for (const mark of marks(batch)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
          }
          for (const mark of all.flatMap(marksOf)) {
            expect(held.has(mark) !== counts.has(mark), `window ${mark} is in one part`).toBe(true);
          }
          // Wrapping adds less than a batch to each of the two groups.
          const extra = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
          expect(extra).toBeLessThan(2 * batchSize);
        },
      ),
      { numRuns: 30, seed: 10 },
    );
  });

  it('is a pure function of seed and step, whatever was asked before and in what order the files came', async () => {
    const all = recordings();
    const a = new WindowDataset(all, { seed: 5, batchSize: 4 });
    const b = new WindowDataset([...all].reverse(), { seed: 5, batchSize: 4 });
    for (const step of [70, 3, 0, 71, 200]) expect(b.trainBatch(step)).toEqual(a.trainBatch(step));
    expect(await b.heldOut()).toEqual(await a.heldOut());
    const order = (dataset: WindowDataset, epoch: number) =>
      Array.from({ length: dataset.stepsPerEpoch }, (_, i) =>
        marks(batchOf(dataset, epoch * dataset.stepsPerEpoch + i)),
      );
    expect(order(a, 0)).not.toEqual(order(a, 1));
    expect(order(a, 0)).not.toEqual(order(new WindowDataset(all, { seed: 6, batchSize: 4 }), 0));
  });

  it('gives a sample of the windows of a kind that it trains on, each once, and leaves training alone', async () => {
    const all = [
      ...recordings(),
      markedWindows({ name: 'z', modality: 'ecg', windows: 9, channels: 2, dataset: 'b' }),
    ];
    const dataset = new WindowDataset(all, { seed: 2, batchSize: 4, heldOutWindows: 1000 });
    const samples = (all[0] as RecordingWindows).shape[2];
    const ecg = { source: 'ecg', channels: 2, samples };
    const trained = new Set<number>();
    for (let step = 0; step < dataset.stepsPerEpoch; step++) {
      const batch = batchOf(dataset, step);
      if (batch.source === 'ecg') for (const mark of marks(batch)) trained.add(mark);
    }
    const before = batchOf(dataset, 3);
    const sample = async (most: number, count: number) => {
      const found: number[] = [];
      for (let first = 0; ; first += count) {
        const batch = await dataset.trainSample({ ...ecg, most, first, count });
        expect(batch).toMatchObject({ source: 'ecg', shape: [batch.shape[0], 2, samples] });
        found.push(...marks(batch));
        if (batch.shape[0] < count) return found;
      }
    };
    const whole = await sample(10_000, 7);
    expect(whole).toHaveLength(trained.size);
    expect(new Set(whole)).toEqual(trained);
    const some = await sample(20, 3);
    expect(some).toHaveLength(20);
    expect(new Set(some).size).toBe(20);
    // In the same order, and never far apart: spread over all of them, both data sets too.
    const places = some.map((mark) => whole.indexOf(mark));
    const step = trained.size / 20;
    for (const [i, place] of places.entries()) expect(Math.abs(place - (i + 0.5) * step)).toBeLessThan(1);
    expect(await sample(20, 20)).toEqual(some);
    for (const other of [{ source: 'ppg' }, { channels: 3 }, { samples: samples + 1 }])
      expect((await dataset.trainSample({ ...ecg, ...other, most: 9, first: 0, count: 9 })).shape[0]).toBe(0);
    expect(batchOf(dataset, 3)).toEqual(before);
  });

  it('keeps batches to one modality and shape', async () => {
    const dataset = new WindowDataset(recordings(), { seed: 1, batchSize: 8 });
    const kinds = new Set<string>();
    for (let step = 0; step < dataset.stepsPerEpoch; step++) {
      const { source, shape } = batchOf(dataset, step);
      kinds.add(`${source} ${shape.join('x')}`);
    }
    expect([...kinds].sort()).toEqual(['ecg 8x2x200', 'eeg 8x3x200']);
    expect((await dataset.heldOut()).every(({ shape }) => shape[0] <= 8)).toBe(true);
    expect(JSON.parse(JSON.stringify(dataset.describe()))).toMatchObject({
      groups: [
        {
          source: 'ecg',
          heldOut: '1 of 8 recordings held out, as whole recordings',
          heldOutRecordings: [expect.stringMatching(/^ecg\d$/)],
        },
        { source: 'eeg', heldOutRecordings: ['eeg'] },
      ],
    });
  });

  it('calls a modality that no file tells unknown', () => {
    const dataset = new WindowDataset(
      [1, 2].map((channels) => markedWindows({ name: `${channels}`, windows: 9, channels })),
      {
        seed: 1,
        batchSize: 2,
      },
    );
    expect(dataset.describe().groups).toMatchObject([
      { source: 'unknown', channels: 1 },
      { source: 'unknown', channels: 2 },
    ]);
  });

  it('spreads the kept held-out windows over what is held out', async () => {
    const dataset = new WindowDataset([markedWindows({ name: 'a', windows: 100 })], {
      seed: 1,
      batchSize: 4,
      heldOutFraction: 0.4,
      heldOutWindows: 4,
    });
    const kept = (await dataset.heldOut()).flatMap(marks);
    expect(kept.map((mark) => mark - (kept[0] as number))).toEqual([0, 10, 20, 30]);
  });

  it('refuses what it cannot train on', () => {
    const make = (windows: number, options = {}) =>
      new WindowDataset([markedWindows({ name: 'a', windows })], { seed: 1, batchSize: 2, ...options });
    expect(() => make(0)).toThrow(/^a gives no two windows of one shape to train on/);
    expect(() => make(1)).toThrow(/^a gives no two windows of one shape to train on/);
    const short = ['a', 'b', 'c', 'd'].map((name, i) => markedWindows({ name, windows: 1, channels: i + 1 }));
    expect(() => new WindowDataset(short, { seed: 1, batchSize: 2 })).toThrow(
      /^4 recordings \(a, b, c and 1 more\) give no two windows of one shape to train on, and training needs two; use shorter/,
    );
    expect(() => make(9, { batchSize: 0 })).toThrow(/batchSize is 0/);
    expect(() => make(9, { heldOutFraction: 0.9 })).toThrow(/held-out part of 0\.9/);
    expect(() => make(9).trainBatch(-1)).toThrow(/no training step -1/);
  });

  it('draws data sets as often as the rule says, in an order of its own each time that one is used up', () => {
    const sets = () => [
      markedWindows({ name: 'a', dataset: 'large', windows: 320 }),
      markedWindows({ name: 'b', dataset: 'small', windows: 40 }),
      markedWindows({ name: 'c', dataset: 'small', windows: 40, channels: 2 }),
    ];
    const drawn = (drawing: Drawing) => {
      const dataset = new WindowDataset(sets(), { seed: 3, batchSize: 4, heldOutFraction: 0.1, drawing });
      const batches = Array.from({ length: dataset.stepsPerEpoch }, (_, step) => batchOf(dataset, step));
      const two = batches.filter(({ shape }) => shape[1] === 2).length;
      return { batches, total: batches.length, two };
    };
    const all = drawn('proportional');
    const equal = drawn('equal');
    const between = drawn({ temperature: 2 });
    expect(all.total).toBe(72 + 9 + 9);
    expect([all.two, equal.two, between.two]).toEqual([9, 22, 15]);
    expect([equal.total, between.total]).toEqual([90, 90]);
    // 22 batches of 4 go through the 36 windows twice and a bit: each twice at least, and in another order.
    const counts = new Map<number, number>();
    for (const batch of equal.batches)
      if (batch.shape[1] === 2)
        for (const mark of marks(batch)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
    expect([...counts.values()].every((count) => count === 2 || count === 3)).toBe(true);
    expect(() => drawn({ temperature: 0.5 })).toThrow(/temperature of 0\.5/);
  });

  it('reads windows that are not in memory when they are asked for', async () => {
    const kept = markedWindows({ name: 'a', windows: 50 });
    const left = { ...kept, signal: undefined, read: async (window: number) => kept.read(window) };
    const options = { seed: 1, batchSize: 4 };
    const [a, b] = [new WindowDataset([kept], options), new WindowDataset([left], options)];
    for (const step of [3, 0, 40]) expect(await b.trainBatch(step)).toEqual(await a.trainBatch(step));
    expect(await b.heldOut()).toEqual(await a.heldOut());
  });
});

describe('splitGroups', () => {
  it('holds whole recordings out of five and more, and the end of each of fewer', () => {
    for (const count of [2, 3, 4, 5, 8]) {
      const group = Array.from({ length: count }, (_, i) => markedWindows({ name: `r${i}`, windows: 20 }));
      const [split] = splitGroups([group], 0.2, 1);
      expect(split?.how, `${count} recordings`).toMatch(
        count < 5 ? /^the last 20 % of each recording/ : /recordings held out, as whole recordings$/,
      );
      expect(split?.heldOut.length).toBeGreaterThanOrEqual(count < 5 ? 4 * count : 20);
    }
  });

  const parts = (group: RecordingWindows[], split: ReturnType<typeof splitGroups>[number]) => {
    const names = (refs: { recording: number }[]) =>
      new Set(refs.map(({ recording }) => group[recording] as RecordingWindows));
    return { train: [...names(split.train)], held: [...names(split.heldOut)] };
  };

  it('holds out whole recordings, or whole subjects where the files name them, also across groups', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 2, max: 9 }), fc.boolean(), (seed, count, named) => {
        const make = (group: string, channels: number) =>
          Array.from({ length: count }, (_, i) =>
            markedWindows({
              name: `${group}${i}`,
              windows: 5 + ((i * 7) % 4),
              channels,
              ...(named ? { subject: `s${i % Math.max(2, count - 2)}` } : {}),
            }),
          );
        const groups = [make('a', 1), make('b', 2)];
        const splits = splitGroups(groups, 0.2, seed, 2);
        const held = new Set<string>();
        const trained = new Set<string>();
        groups.forEach((group, g) => {
          const { train, held: out } = parts(group, splits[g] as (typeof splits)[number]);
          expect(train.length).toBeGreaterThan(0);
          expect(out.length).toBeGreaterThan(0);
          expect(train.some((recording) => out.includes(recording))).toBe(false);
          for (const { subject, name } of out) held.add(subject ?? name);
          for (const { subject, name } of train) trained.add(subject ?? name);
        });
        for (const unit of held) expect(trained.has(unit)).toBe(false);
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  it('leaves no unit on both sides, whatever joins its recordings', () => {
    // Few values of each, so that chains over subjects, records and files come up.
    const few = (letter: string) =>
      fc.option(
        fc.integer({ min: 0, max: 5 }).map((i) => `${letter}${i}`),
        { nil: undefined },
      );
    const item = fc.record({
      subject: few('s'),
      record: few('r'),
      file: few('f'),
      group: fc.nat(2),
      windows: fc.integer({ min: 1, max: 20 }),
    });
    let [whole, ends] = [0, 0];
    fc.assert(
      fc.property(fc.array(item, { minLength: 2, maxLength: 14 }), fc.nat(10_000), (items, seed) => {
        const all = items.map(({ subject, record, file, windows }, i) =>
          markedWindows({
            name: `n${i}`,
            windows,
            stride: 0.5,
            ...(subject ? { subject } : {}),
            kin: { records: record ? [record] : [], files: file ? [file] : [] },
          }),
        );
        const groups = [0, 1, 2].map((g) => all.filter((_, i) => items[i]?.group === g));
        const splits = splitGroups(groups, 0.2, seed, 2);
        /** All recordings that can be reached from one over what they share. */
        const unitOf = (start: RecordingWindows, keys: (r: RecordingWindows) => (string | undefined)[]) => {
          const unit = new Set([start]);
          for (const member of unit)
            for (const other of all)
              if (keys(other).some((key) => key !== undefined && keys(member).includes(key))) unit.add(other);
          return unit;
        };
        const record = ({ name, kin }: RecordingWindows) => [
          name,
          ...(kin?.records ?? []),
          ...(kin?.files ?? []),
        ];
        const trained = new Map<RecordingWindows, number>();
        splits.forEach(({ train }, g) => {
          for (const { recording, window } of train) {
            const one = groups[g]?.[recording] as RecordingWindows;
            trained.set(one, Math.max(trained.get(one) ?? 0, (one.starts[window] as number) + 1));
          }
        });
        splits.forEach(({ heldOut, how, heldOutRecordings }, g) => {
          const held = new Set(heldOut.map(({ recording }) => groups[g]?.[recording] as RecordingWindows));
          expect([...held].map(({ name }) => name)).toEqual(heldOutRecordings);
          for (const one of held) {
            if (/^the last 20 %/.test(how)) {
              ends++;
              // Nothing that is trained on, wherever, lies in the held-out end of the same file.
              const end = one.starts[Math.floor(0.8 * one.shape[0])] as number;
              const files = (r: RecordingWindows) => [r.name, ...(r.kin?.files ?? [])];
              for (const other of all)
                if (files(other).some((file) => files(one).includes(file)))
                  expect(trained.get(other) ?? 0).toBeLessThanOrEqual(end + 1e-9);
              continue;
            }
            whole++;
            for (const other of unitOf(one, record)) expect(trained.has(other), how).toBe(false);
            const isSplit = [...unitOf(one, (r) => [...record(r), r.subject])].some((other) =>
              trained.has(other),
            );
            if (isSplit) expect(how).toMatch(/their subject has others in training/);
          }
        });
      }),
      { numRuns: 300, seed: 13 },
    );
    expect(Math.min(whole, ends)).toBeGreaterThan(200);
  });

  it('falls back to recordings of one subject, and to the end of a lone recording, and says so', () => {
    const sameSubject = [1, 2, 3].map((i) => markedWindows({ name: `r${i}`, subject: 's', windows: 10 }));
    const [byRecording] = splitGroups([sameSubject], 0.1, 1, 2);
    expect(byRecording?.how).toMatch(/1 of 3 recordings.*their subject has others in training/);
    const lone = [markedWindows({ name: 'a', windows: 20 })];
    const [byBlock] = splitGroups([lone], 0.1, 1);
    expect(byBlock?.heldOut.map(({ window }) => window)).toEqual([18, 19]);
    expect(byBlock?.train.length).toBe(18);
    expect(byBlock?.how).toMatch(/last 10 % of each recording/);
  });

  it('lets no training window overlap a held-out one', () => {
    const lone = [markedWindows({ name: 'a', windows: 20, stride: 0.25 })];
    const [split] = splitGroups([lone], 0.25, 1);
    // Windows of one second, four a second: held out are 15 ... 19, which begin at 3.75 s.
    expect(split?.heldOut[0]?.window).toBe(15);
    expect(split?.train.at(-1)?.window).toBe(11);
  });
});
