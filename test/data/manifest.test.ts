import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../base/bytes.ts';
import { assignSplits, decidedParts, decidedSplits, requireSeparate } from '../../data/dataset/assign.ts';
import { guessModality, guessSubject } from '../../data/dataset/guess.ts';
import {
  type Manifest,
  type ManifestEntry,
  readManifest,
  type SplitName,
  writeManifest,
} from '../../data/dataset/manifest.ts';
import { openManifest } from '../../data/dataset/open-manifest.ts';
import { scan } from '../../data/dataset/scan.ts';
import { FileSet } from '../../data/formats/format.ts';
import { markedWindows, memoryRecording } from './memory-recording.ts';

const wave = (length: number, seed = 1) => Float64Array.from({ length }, (_, t) => Math.sin(t * t + seed));

describe('a manifest', () => {
  it('holds no control character that a terminal obeys, and gives the names back', () => {
    const label = 'II\u009b31m\u001b[2J\u007f';
    const written = writeManifest({ entries: [{ path: 'a.hea', channels: [label] }], skipped: [] });
    expect(Array.from(written).filter((letter) => letter !== '\n' && /\p{Cc}/u.test(letter))).toEqual([]);
    expect(readManifest(written, 'm.jsonl').entries[0]?.channels).toEqual([label]);
  });

  const manifest: Manifest = {
    entries: [
      {
        path: 'a.edf',
        dataset: 'one',
        modality: 'eeg',
        subject: 'p-1',
        split: 'test',
        rate: 200,
        seconds: 60,
      },
      { path: 'b/c.csv', labels: [{ start: 0, seconds: 2.5, label: 'rest' }], channels: ['x', 'x'] },
    ],
    skipped: [{ path: 'd.gdf', skipped: 'is not read' }],
  };

  it('is written and read back, also after an editor of another system had it', () => {
    const text = writeManifest(manifest);
    expect(readManifest(text, 'm.jsonl')).toEqual(manifest);
    expect(readManifest(`\uFEFF${text.replaceAll('\n', '\r\n')}\r\n\r\n`, 'm.jsonl')).toEqual(manifest);
    const byHand = `{"path": "x.edf", "comment": "mine"}`;
    expect(readManifest(byHand, 'm.jsonl').entries).toEqual([{ path: 'x.edf', comment: 'mine' }]);
    expect(writeManifest(readManifest(byHand, 'm.jsonl'))).toContain('"comment":"mine"');
  });

  it.each([
    ['{"path": "a"', /m\.jsonl, line 1: is not JSON/],
    ['[1]', /line 1: holds \[1\], where an object/],
    ['{"file": "a"}', /line 1: "path" is not there, but must be a text/],
    ['{"path": "a"}\n{"path": "a"}', /line 2: "a" stands in line 1 already/],
    ['{"path": "a", "modality": "emg"}', /"modality" is "emg", but must be one of ecg, ppg, eeg, ieeg/],
    ['{"path": "a", "split": "dev"}', /"split" is "dev", but must be one of train, validation, test/],
    [
      `{"path": "a", "rate": ${'['.repeat(5e4)}${']'.repeat(5e4)}}`,
      /"rate" is something nested, but must be/,
    ],
    ['{"path": "a", "rate": -1}', /"rate" is -1, but must be a number over 0/],
    ['{"path": "a", "window": 0}', /"window" is 0, but must be seconds, over 0 and at most 64/],
    ['{"path": "a", "window": 65}', /"window" is 65, but must be seconds, over 0 and at most 64/],
    ['{"path": "a", "window": 0.703}', /"window" is 0.703, .*whole number of samples at 200 Hz/],
    ['{"path": "a", "window": "3"}', /"window" is "3", but must be/],
    ['{"path": "a", "channels": "II"}', /"channels" is "II", but must be a list of labels/],
    ['{"path": "a", "labels": [{"start": 0}]}', /"labels" is .* but must be a list of/],
    ['{"spotr": "manifest", "version": 9}', /version 9, not a manifest of version 1/],
    ['', /names no recording/],
  ])('that makes no sense (%s) is refused, with the line', (text, message) => {
    expect(() => readManifest(text, 'm.jsonl')).toThrow(message);
  });

  it('is made of recordings: what they are, why, and what was skipped', async () => {
    const labelled = memoryRecording({
      name: '/d/a.edf',
      rate: 250,
      signals: [wave(1000), new Float64Array(1000)],
      labels: ['II', 'V1'],
    });
    const found = memoryRecording({
      name: '/d/ieeg/subject_03/b.csv',
      rate: 500,
      signals: [wave(1000)],
      gaps: [{ at: 1, seconds: 5 }],
    });
    const flat = memoryRecording({ name: '/d/flat.csv', rate: 500, signals: [new Float64Array(1000)] });
    const opened = {
      recordings: [{ ...labelled, modality: 'ecg' as const, subject: 'p-9' }, found, flat],
      skipped: [{ path: '/d/e.gdf', reason: '/d/e.gdf: is of another world' }],
    };
    const { entries, skipped } = await scan(opened, {
      pathOf: (name) => name.slice(3),
      datasetOf: () => 'd',
    });
    expect(entries).toMatchObject([
      {
        path: 'a.edf',
        dataset: 'd',
        modality: 'ecg',
        because: 'channels are called II, V1',
        subject: 'p-9',
        rate: 250,
        seconds: 4,
        channels: ['II'],
        leftOut: [{ label: 'V1', reason: 'never changes' }],
      },
      {
        path: 'ieeg/subject_03/b.csv',
        modality: 'ieeg',
        because: 'its folder is called "ieeg"',
        subject: 'subject_03',
        gaps: 1,
        missingSeconds: 5,
      },
    ]);
    expect(skipped).toEqual([
      { path: 'flat.csv', skipped: expect.stringMatching(/no channel is left/) },
      { path: 'e.gdf', skipped: 'is of another world' },
    ]);
  });

  it('decides over the files that it names: modality, subject, data set, rate', async () => {
    const text = new TextEncoder().encode(`a\n${[...wave(500)].join('\n')}\n`);
    const entries: ManifestEntry[] = [
      { path: 'x.csv', rate: 100, modality: 'ppg', subject: 's', dataset: 'mine' },
      { path: 'gone.csv' },
      { path: 'x.gdf' },
    ];
    const file = (path: string) => ({ path, open: async () => memorySource(path, text) });
    const opened = await openManifest({ entries, skipped: [] }, async (path) =>
      path === 'gone.csv' ? undefined : { entry: file(path), files: new FileSet([file(path)]) },
    );
    expect(opened.recordings).toMatchObject([
      { name: 'x.csv', modality: 'ppg', subject: 's', dataset: 'mine', channels: [{ rate: 100 }] },
    ]);
    expect(opened.entries.get('x.csv')).toBe(entries[0]);
    expect(opened.skipped.map(({ path }) => path)).toEqual(['gone.csv', 'x.gdf']);
  });
});

describe('guesses', () => {
  const nameless = memoryRecording({ name: 'x', rate: 100, signals: [wave(100)] });

  it.each([
    ['data/ecg/x.csv', 'ecg', 'its folder is called "ecg"'],
    ['eeg/ppg/x.csv', 'ppg', 'its folder is called "ppg"'],
    ['eeg/subject-ECG-2.csv', 'ecg', 'the file is called "subject-ECG-2.csv"'],
    ['study_ieeg_2/x.csv', 'ieeg', 'its folder is called "study_ieeg_2"'],
  ])('take %s for %s', (path, value, because) => {
    expect(guessModality(nameless, path)).toEqual({ value, because });
  });

  it('do not take a word for a part of another', () => {
    expect(guessModality(nameless, 'beegees/specgram.csv')).toBeUndefined();
    expect(guessSubject(nameless, 'subtotal/x1.csv')).toBeUndefined();
    expect(guessSubject(nameless, 'a/sub-01/ses-2/x.edf')?.value).toBe('sub-01');
    expect(guessSubject(nameless, 'PPG_subj_7.csv')?.value).toBe('subj_7');
  });
});

const equalMaps = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>) =>
  JSON.stringify([...a]) === JSON.stringify([...b]);

describe('splits by subject', () => {
  const units = fc.array(
    fc.record({
      subject: fc.option(fc.nat(6), { nil: undefined }),
      file: fc.nat(20),
      seconds: fc.integer({ min: 1, max: 100 }),
      dataset: fc.constantFrom('a', 'b'),
    }),
    { minLength: 1, maxLength: 40 },
  );

  it('keep together what belongs together, depend on the seed alone, and leave something to train on', () => {
    fc.assert(
      fc.property(units, fc.nat(1000), (all, seed) => {
        const recordings = all.map(({ subject, file, seconds, dataset }, i) => ({
          name: `r${String(i).padStart(2, '0')}`,
          dataset,
          seconds,
          ...(subject === undefined ? {} : { subject: `s${subject}` }),
          kin: { records: [], files: [`${dataset}${file}`] },
        }));
        const parts = assignSplits(recordings, { validation: 0.2, test: 0.2 }, seed);
        requireSeparate(recordings.map((one) => ({ ...one, split: parts.get(one) as SplitName })));
        const again = assignSplits(recordings.toReversed(), { validation: 0.2, test: 0.2 }, seed);
        for (const one of recordings) expect(again.get(one)).toBe(parts.get(one));
        for (const dataset of new Set(recordings.map((one) => one.dataset)))
          expect(recordings.some((one) => one.dataset === dataset && parts.get(one) === 'train')).toBe(true);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('come near the parts that were asked for', () => {
    const recordings = Array.from({ length: 200 }, (_, i) => ({
      name: `r${i}`,
      subject: `s${i >> 1}`,
      seconds: 10 + (i % 7),
    }));
    const parts = [...assignSplits(recordings, { validation: 0.1, test: 0.3 }, 5).values()];
    expect(parts.filter((part) => part === 'test').length / 200).toBeCloseTo(0.3, 1);
    expect(parts.filter((part) => part === 'validation').length / 200).toBeCloseTo(0.1, 1);
    expect(() => assignSplits(recordings, { validation: 0.5, test: 0.5 }, 1)).toThrow(
      /Parts of 0\.5 for validation and 0\.5/,
    );
  });

  it('that leak are refused, with the subjects; so are recordings without a part', () => {
    const of = (name: string, subject: string | undefined, split: SplitName | undefined) => ({
      name,
      ...(subject ? { subject } : {}),
      ...(split ? { split } : {}),
    });
    const leaking = [
      of('a', 'anna', 'train'),
      of('b', 'anna', 'test'),
      of('c', 'bert', 'train'),
      of('d', 'carl', 'test'),
      of('e', 'carl', 'validation'),
    ];
    expect(() => requireSeparate(leaking)).toThrow(
      /subject anna \(train and test\); subject carl \(validation and test\)/,
    );
    expect(() => requireSeparate([of('a', 'anna', 'train'), of('b', 'bert', undefined)])).toThrow(
      /1 of 2 recordings have no split, such as b/,
    );
    expect(() => requireSeparate([of('a', undefined, 'train'), of('b', undefined, 'test')])).not.toThrow();
  });

  it('of a manifest decide what is trained on and what is measured', () => {
    const group = ['a', 'b', 'c'].map((name) => markedWindows({ name, windows: 4 }));
    const parts = new Map<string, SplitName>([
      ['a', 'train'],
      ['b', 'validation'],
      ['c', 'test'],
    ]);
    const how = 'as the manifest or table is divided';
    const [split] = decidedSplits([group], { parts, how });
    expect(split?.train.map(({ recording }) => recording)).toEqual([0, 0, 0, 0]);
    expect(split?.heldOut.map(({ recording }) => recording)).toEqual([1, 1, 1, 1]);
    expect(split?.how).toBe(
      '1 of 3 recordings held out, as the manifest or table is divided; 1 for testing, not used',
    );
    const without = new Map([...parts, ['b', 'test'] as const]);
    expect(() => decidedSplits([group], { parts: without, how })).toThrow(/No window is for validation/);
  });

  it('of a table without validation are completed from what is for training, subject by subject', () => {
    const of = (subject: number, part: number, split: SplitName) => ({
      ...{ name: `${subject}-${part}`, subject: String(subject), split },
    });
    const train = Array.from({ length: 10 }, (_, i) => [of(i, 0, 'train'), of(i, 1, 'train')]).flat();
    const test = Array.from({ length: 5 }, (_, i) => of(100 + i, 0, 'test'));
    const drawn = (seed: number, all = [...train, ...test]) => decidedParts(all, 0.2, seed) ?? expect.fail();
    const { parts, how } = drawn(1);
    expect(how).toMatch(/^drawn by subject/);
    // What is tested stays so, and the halves of a subject stay together.
    expect(test.map(({ name }) => parts.get(name))).toEqual(test.map(() => 'test'));
    const held = train.filter(({ name }) => parts.get(name) === 'validation');
    expect(held).toHaveLength(4);
    expect(new Set(held.map(({ subject }) => subject)).size).toBe(2);
    expect(new Set(train.map(({ name }) => parts.get(name)))).toEqual(new Set(['train', 'validation']));
    expect([...drawn(1).parts]).toEqual([...parts]);
    expect([2, 3, 4].some((seed) => !equalMaps(drawn(seed).parts, parts))).toBe(true);
    // What is said is not drawn, and nothing is where nothing is said.
    const said = decidedParts([...train, of(50, 0, 'validation')], 0.2, 1);
    expect([...(said?.parts ?? [])].filter(([, part]) => part === 'validation')).toEqual([
      ['50-0', 'validation'],
    ]);
    expect(said?.how).toBe('as the manifest or table is divided');
    expect(decidedParts([{ name: 'a' }], 0.2, 1)).toBeUndefined();
    // Of two people none can be spared.
    expect([...drawn(1, [of(1, 0, 'train'), of(2, 0, 'train'), of(3, 0, 'test')]).parts.values()]).toEqual([
      'train',
      'train',
      'test',
    ]);
  });
});
