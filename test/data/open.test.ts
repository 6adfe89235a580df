import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../base/bytes.ts';
import { unitsOf } from '../../data/dataset/kinship.ts';
import { splitGroups } from '../../data/dataset/split.ts';
import { atGivenRate } from '../../data/formats/given-rate.ts';
import { openFile, openFiles } from '../../data/open.ts';
import { openPaths } from '../../data/open-node.ts';
import type { Recording } from '../../data/recording.ts';
import { blobSource } from '../../data/source/blob.ts';
import { loadWindows } from '../../data/windows/load.ts';
import { sharedSignals } from './shared-signals.ts';
import { edfBytes, format16 } from './writers.ts';

const edf = edfBytes({
  records: 2,
  signals: [{ label: 'EEG Cz', unit: 'uV', perRecord: 4, values: [1, 2, 3, 4, 5, 6, 7, 8] }],
});

describe('openPaths', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spotr-open-'));
    await mkdir(join(folder, 'deep'));
    const files: Record<string, string | Uint8Array> = {
      'a.edf': edf,
      'deep/B.EDF': edf,
      'broken.edf': edf.subarray(0, 90),
      'r.hea': 'r 1 100 3\nr.dat 16 1 16 0 0 0 0 II',
      'r.dat': Uint8Array.from(format16([1, 2, 3])),
      'twin.hea': 'twin 1 100 3\nr.dat 16 1 16 0 0 0 0 II',
      's.csv': 'time,PPG\n0,1\n0.01,2\n0.02,3\n',
      'norate.txt': '1\n2\n3\n',
      'notes.md': 'nothing',
      '.hidden.edf': edf,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('walks a folder, opens what it can, and says what it passed over and why', async () => {
    const { recordings, skipped } = await openPaths([folder]);
    const short = (path: string) => path.slice(folder.length + 1);
    expect(recordings.map(({ name, modality }) => [short(name), modality])).toEqual([
      ['a.edf', 'eeg'],
      ['deep/B.EDF', 'eeg'],
      ['r.hea', 'ecg'],
      ['s.csv', 'ppg'],
    ]);
    const reasons = Object.fromEntries(skipped.map(({ path, reason }) => [short(path), reason]));
    expect(Object.keys(reasons).sort()).toEqual(['broken.edf', 'norate.txt', 'notes.md', 'twin.hea']);
    expect(reasons['broken.edf']).toMatch(/90 bytes/);
    expect(reasons['twin.hea']).toMatch(/same samples as .*r\.hea/);
    expect(reasons['norate.txt']).toMatch(/--rate/);
    expect([...((await recordings[2]?.read([0], 1, 2))?.[0] ?? [])]).toEqual([2, 3]);
  });

  it('opens single files, with options for those that need them', async () => {
    const { recordings } = await openPaths([join(folder, 'norate.txt'), join(folder, 'r.hea')], {
      rate: 50,
      modality: 'ppg',
    });
    expect(recordings.map(({ channels, modality }) => [channels[0]?.rate, modality])).toEqual([
      [50, 'ppg'],
      [50, 'ecg'],
    ]);
  });

  it('takes the rate given for that of a header, and says so', async () => {
    const given = (rate: number, slow = 200) =>
      openFile(
        {
          path: 'a.edf',
          open: async () =>
            memorySource(
              'a.edf',
              edfBytes({
                records: 1,
                signals: [
                  { label: 'Cz', perRecord: 200, values: [] },
                  { label: 'Pz', perRecord: slow, values: [] },
                ],
              }),
            ),
        },
        [],
        { rate },
      );
    const ratesOf = ({ channels }: Recording) => channels.map(({ rate }) => rate);
    const other = await given(250);
    expect(ratesOf(other)).toEqual([250, 250]);
    expect(other.notes.join()).toMatch('it declares 200 Hz; the 250 Hz given are used');
    expect((await given(200)).notes.join()).not.toMatch(/declares/);
    // One rate for channels of several would make all but some of them wrong.
    const mixed = await given(250, 50);
    expect(ratesOf(mixed)).toEqual([200, 50]);
    expect(mixed.notes.join()).toMatch('rates of their own, 50 to 200 Hz, which are used, and not the 250');
    await expect(given(-1)).rejects.toThrow('cannot have a rate of -1 Hz');
  });

  it('leaves marks and pauses at the samples that they are at, whatever the rate given', () => {
    const recording = atGivenRate(
      {
        name: 'a',
        format: 'EDF+D',
        channels: [{ label: 'Cz', unit: 'uV', rate: 200, length: 4000 }],
        gaps: [{ at: 10, seconds: 30 }],
        startOffset: 2,
        notes: [],
        read: async () => [],
        annotations: async () => [{ onset: 5, duration: 1, text: 'x', sample: 1000 }],
      },
      100,
    );
    expect(recording).toMatchObject({ gaps: [{ at: 20, seconds: 60 }], startOffset: 4 });
    return expect(recording.annotations?.()).resolves.toEqual([
      { onset: 10, duration: 2, text: 'x', sample: 1000 },
    ]);
  });

  it('fails on what was named and cannot be read', async () => {
    await expect(openPaths([join(folder, 'broken.edf')])).rejects.toThrow(/90 bytes/);
    await expect(openPaths([join(folder, 'notes.md')])).rejects.toThrow(/"\.md" is not a format.*\.edf/);
    await expect(openPaths([join(folder, 'r.dat')])).rejects.toThrow(/give its \.hea file/);
    await expect(openPaths([join(folder, 'no-such')])).rejects.toThrow(/no such file or folder/);
    await mkdir(join(folder, 'empty'));
    await expect(openPaths([join(folder, 'empty')])).rejects.toThrow(/no recording was found\.$/);
    await writeFile(join(folder, 'empty', 'a.edf'), edf.subarray(0, 90));
    const error = await openPaths([join(folder, 'empty')]).catch(String);
    expect(error).toMatch(/was found\. Passed over one file: [^ ]*a\.edf[:,] /);
    expect(String(error).split('a.edf').length).toBe(2);
    await writeFile(join(folder, 'empty', 'b.md'), '');
    await expect(openPaths([join(folder, 'empty')])).rejects.toThrow(
      /Passed over 2 files, such as .*a\.edf.*; .*b\.md \(is not of a format that is read\)\.$/,
    );
  });
});

describe('segments of one WFDB record', () => {
  const line = (file: string) => `${file} 16 200 16 0 0 0 0 II`;
  const wave = Uint8Array.from(
    format16(Array.from({ length: 1600 }, (_, i) => Math.round(300 * Math.sin(i / 9 + Math.sin(i))))),
  );
  const files: Record<string, string | Uint8Array> = {
    // Joined by a header of several segments, over names that tell nothing.
    'whole.hea': 'whole/4 1 200 4800\nlayout 0\nfirst 1600\n~ 10\nsecond 1600\n',
    'layout.hea': 'layout 1 200 0\n~ 0 200 16 0 0 0 0 II',
    ...Object.fromEntries(
      ['first', 'second'].map((name) => [`${name}.hea`, `${name} 1 200 1600\n${line(`${name}.dat`)}`]),
    ),
    // Joined by their numbers alone: their master was not copied.
    ...Object.fromEntries(
      ['31_0001', '31_0002', '31_0017', '32_0001'].map((name) => [
        `${name}.hea`,
        `${name} 1 200 1600\n${line(`${name}.dat`)}`,
      ]),
    ),
    // The same samples under two names.
    'twin.hea': `twin 1 200 1600\n${line('first.dat')}`,
    'alone.hea': `alone 1 200 1600\n${line('alone.dat')}`,
    ...Object.fromEntries(
      ['first', 'second', '31_0001', '31_0002', '31_0017', '32_0001', 'alone'].map((name) => [
        `${name}.dat`,
        wave,
      ]),
    ),
  };
  const OTHERS = [['31_0001', '31_0002', '31_0017'], ['32_0001'], ['alone']];
  const NAMED = [['whole', 'first', 'second', 'twin'], ...OTHERS];
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spotr-segments-'));
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['a folder', () => [folder], [['whole'], ...OTHERS]],
    ['named headers', () => NAMED.flat().map((name) => join(folder, `${name}.hea`)), NAMED],
  ])('are held out or trained on together, from %s', async (_, paths, units) => {
    const { recordings } = await openPaths(paths());
    const { recordings: windows } = await loadWindows(recordings, { seconds: 1, mains: 'none' });
    const nameOf = (path: string) => path.slice(folder.length + 1, -4);
    const seen = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      const [split] = splitGroups([windows], 0.2, seed, 2);
      const names = (refs: readonly { recording: number }[] = []) =>
        new Set(refs.map(({ recording }) => nameOf(windows[recording]?.name ?? '')));
      const [held, trained] = [names(split?.heldOut), names(split?.train)];
      expect(held.size).toBeGreaterThan(0);
      for (const unit of units) {
        const sides = [held, trained].filter((side) => unit.some((name) => side.has(name)));
        expect(sides.length, `${unit} with seed ${seed}`).toBe(1);
        if (unit.some((name) => held.has(name))) seen.add(unit.join());
      }
      expect(split?.how).toMatch(/as whole records$/);
      expect(new Set(split?.heldOutRecordings.map(nameOf))).toEqual(held);
    }
    expect(seen.size).toBe(units.length);
  });

  it('are not opened beside the record that they belong to', async () => {
    const { recordings, skipped } = await openPaths([folder]);
    const short = (path: string) => path.slice(folder.length + 1);
    expect(recordings.map(({ name }) => short(name))).toEqual([
      ...['31_0001.hea', '31_0002.hea', '31_0017.hea', '32_0001.hea', 'alone.hea', 'whole.hea'],
    ]);
    expect(skipped.map(({ path, reason }) => [short(path), reason.replaceAll(folder, '')])).toEqual([
      ['twin.hea', 'holds the same samples as /first.hea'],
    ]);
  });

  it('are no twins of each other where they lie in one file', async () => {
    const one = 'one 1 200 1600\nfirst.dat 16 200 16 0 0 0 0 II';
    const entry = (path: string, content: string | Uint8Array) => ({
      path,
      open: async () => memorySource(path, Buffer.from(content)),
    });
    const { recordings, skipped } = await openFiles([
      entry('a.hea', one),
      entry('b.hea', one),
      entry('first.dat', wave),
      entry('z.hea', 'z/2 1 200 3200\na 1600\nb 1600'),
    ]);
    expect(recordings.map(({ name, channels }) => [name, channels[0]?.length])).toEqual([['z.hea', 3200]]);
    expect(skipped).toEqual([]);
  });

  const entry = (path: string) => ({
    path,
    open: async () => memorySource(path, Buffer.from(files[path] ?? '')),
  });

  it('are one recording with a gap where one of them is missing', async () => {
    const there = Object.keys(files).filter((name) => !name.startsWith('second'));
    const { recordings, skipped } = await openFiles(there.map(entry));
    const whole = recordings.find(({ name }) => name === 'whole.hea');
    expect(whole).toMatchObject({
      kin: { records: ['whole'], files: ['first.dat'] },
      notes: [
        expect.stringMatching(/says 4800 samples/),
        '1 of 2 segments is not there, first "second"; the 8 s that they hold count as missing',
      ],
    });
    const [values] = (await whole?.read([0], 0, 3210)) ?? [];
    expect(values?.findIndex((value) => Number.isNaN(value))).toBe(1600);
    expect(recordings.some(({ name }) => name === 'first.hea')).toBe(false);
    expect(skipped.map(({ path }) => path)).toEqual(['twin.hea']);
  });

  it('are opened by themselves, and known as belonging together, where one of them is damaged', async () => {
    const { recordings, skipped } = await openFiles(
      Object.keys(files).map((path) =>
        path === 'second.hea'
          ? { path, open: async () => memorySource(path, Buffer.from('second 1 x')) }
          : entry(path),
      ),
    );
    const kin = Object.fromEntries(recordings.map(({ name, kin }) => [name, kin]));
    expect(kin['first.hea']).toEqual({ records: ['whole'], files: ['first.dat'] });
    expect(kin['32_0001.hea']).toEqual({ records: ['32'], files: ['32_0001.dat'] });
    expect(kin['alone.hea']).toEqual({ records: [], files: ['alone.dat'] });
    expect(kin['whole.hea']).toBeUndefined();
    expect(Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]))).toEqual({
      'whole.hea': expect.stringMatching(/second\.hea, line 1: has no number as its sampling rate/),
      'second.hea': expect.stringMatching(/has no number as its sampling rate/),
      'second.dat': expect.anything(),
      'layout.hea': expect.stringMatching(/layout or a pause/),
      'twin.hea': expect.stringMatching(/same samples as first\.hea/),
    });
  });
});

it('of two headers of one file of samples opens the one with its name, whose marks lie beside it', async () => {
  const header = (name: string) => `${name} 1 100 3\nr.dat 16 1 16 0 0 0 0 II`;
  const entry = (path: string, content: string | Uint8Array) => ({
    path,
    open: async () =>
      memorySource(path, typeof content === 'string' ? new TextEncoder().encode(content) : content),
  });
  // A copy comes first in every list of names.
  const copy = entry('r-copy.hea', header('r-copy'));
  const [own, samples] = [entry('r.hea', header('r')), entry('r.dat', Uint8Array.from(format16([1, 2, 3])))];
  const marks = entry('r.atr', Uint8Array.of(1, 4, 0, 0));
  for (const entries of [
    [copy, own, samples],
    [copy, marks, samples, own],
  ]) {
    const { recordings } = await openFiles(entries);
    expect(recordings.map(({ name }) => name)).toEqual(['r.hea']);
  }
});

const shared = sharedSignals('open.test.ts');

if (shared) {
  describe('a known record of several segments', () => {
    it('is one recording, and its segments are its kin', async () => {
      const folder = join(shared, 'ecg/wfdb/multi-segment/s25047');
      const { recordings } = await openPaths([folder]);
      expect(recordings.map(({ name }) => name.slice(folder.length + 1))).toEqual([
        's25047-2704-05-04-10-44.hea',
        's25047-2704-05-04-10-44n.hea',
      ]);
      const headers = Array.from({ length: 18 }, (_, i) => `3234460_${String(i + 1).padStart(4, '0')}.hea`);
      const named = await openPaths([
        recordings[0]?.name ?? '',
        ...headers.map((name) => join(folder, name)),
      ]);
      expect(named.recordings.length).toBe(19);
      const units = unitsOf(named.recordings, ({ name, kin }) => [name, ...(kin?.records ?? [])]);
      expect(new Set(units.values()).size).toBe(1);
    });
  });
}

describe('openFiles', () => {
  it('opens what a browser was given', async () => {
    const entry = (path: string, content: Uint8Array<ArrayBuffer>) => ({
      path,
      open: async () => blobSource(new Blob([content]), path),
    });
    const text = (content: string) => new TextEncoder().encode(content);
    const { recordings, skipped } = await openFiles([
      entry('a.edf', Uint8Array.from(edf)),
      entry('r.hea', text('r 1 100 3\nr.dat 16 1 16 0 0 0 0 II')),
      entry('r.dat', Uint8Array.from(format16([4, 5, 6]))),
    ]);
    expect(skipped).toEqual([]);
    expect([...((await recordings[1]?.read([0], 0, 3))?.[0] ?? [])]).toEqual([4, 5, 6]);
    expect(recordings[0]?.channels[0]?.length).toBe(8);
  });
});
