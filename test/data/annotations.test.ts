import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAnnotations, storedSeconds } from '../../data/annotations.ts';
import { openFile } from '../../data/open.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { sharedSignals } from './shared-signals.ts';
import { annotationBytes, brainVisionFiles, edfBytes, entriesOf } from './writers.ts';

type Files = Record<string, string | number[] | Uint8Array>;

const openIn = (files: Files, name: string) => {
  const entries = entriesOf(files);
  const entry = entries.find(({ path }) => path === name);
  if (!entry) throw new Error(`no ${name} among the files`);
  return openAnnotations(entry, entries);
};

/** Two beats, 100 and 150 samples in. */
const beats = annotationBytes([(1 << 10) | 100, (5 << 10) | 50, 0]);
const record = 'r 1 250 1000\nr.dat 16 200 16 0 0 0 0 II';

describe('openAnnotations', () => {
  it('reads any WFDB annotator, at the rate of the record beside it', async () => {
    for (const name of ['r.atr', 'r.anI', 'r.qrs']) {
      const found = await openIn({ [name]: beats, 'r.hea': record }, name);
      expect(found.map(({ onset, sample, symbol }) => [onset, sample, symbol])).toEqual([
        [0.4, 100, 'N'],
        [0.6, 150, 'V'],
      ]);
    }
    const segments = await openIn({ 'm.atr': beats, 'm.hea': 'm/1 1 50 1000\nr 1000' }, 'm.atr');
    expect(segments[0]?.onset).toBe(2);
    await expect(openIn({ 'r.atr': beats }, 'r.atr')).rejects.toThrow(
      /r\.atr: counts its times in samples.*\.hea/,
    );
  });

  it('reads EDF+ files without signals', async () => {
    const bytes = edfBytes({
      records: 2,
      reserved: 'EDF+C',
      recordSeconds: 0,
      tals: [
        { onset: 0, texts: ['Sleep stage W'] },
        { onset: 30, texts: ['Schlafstufe ä'] },
      ],
      signals: [],
    });
    expect(await openIn({ 'night.edf': bytes }, 'night.edf')).toEqual([
      { onset: 0, duration: 0.5, text: 'Sleep stage W' },
      { onset: 30, duration: 0.5, text: 'Schlafstufe ä' },
    ]);
  });

  it('reads BrainVision markers, at the rate of the header that names them', async () => {
    const files = brainVisionFiles({ signals: [[1, 2, 3]], markers: ['Mk1=Stimulus,S1,3,1,0'] });
    expect(await openIn(files, 'r.vmrk')).toMatchObject([{ onset: 2 / 500, sample: 2, text: 'S1' }]);
    const { 'r.vhdr': header = '', ...others } = files;
    expect(await openIn({ ...others, 'broken.vhdr': 'x', 'other.vhdr': header }, 'r.vmrk')).toMatchObject([
      { onset: 2 / 500 },
    ]);
    await expect(openIn(others, 'r.vmrk')).rejects.toThrow(/no header beside it.*\.vhdr/);
  });
});

const shared = sharedSignals('annotations.test.ts');

describe.runIf(shared)('known annotation files', () => {
  const entryOf = (path: string) => ({ path, open: () => nodeFileSource(join(shared ?? '', path)) });

  it('a hypnogram', async () => {
    const path = 'eeg/edf-bdf/edfio/SC4001EC-Hypnogram.edf';
    const table = JSON.parse(readFileSync(join(shared ?? '', 'eeg/edf-bdf/expected.json'), 'utf8')) as Record<
      string,
      {
        n_annotations: number;
        annotations_first20: { onset: number; duration: number | null; text: string }[];
      }
    >;
    const expected = table[`edfio/${basename(path)}`];
    const found = await openAnnotations(entryOf(path), []);
    expect(found.length).toBe(expected?.n_annotations);
    expect(found.slice(0, 20)).toEqual(
      expected?.annotations_first20.map(({ onset, duration, text }) => ({
        onset,
        duration: duration ?? 0,
        text,
      })),
    );
  });

  it('annotators beside their headers', async () => {
    const table = JSON.parse(readFileSync(join(shared ?? '', 'ecg/wfdb/expected/expected.json'), 'utf8')) as {
      annotations: Record<
        string,
        { n: number; counts: Record<string, number>; first10: [number, string, string][] }
      >;
    };
    expect(Object.keys(table.annotations).length).toBe(3);
    for (const [name, expected] of Object.entries(table.annotations)) {
      const [path, header] = [name, name.replace(/\.\w+$/, '.hea')].map((file) => `ecg/wfdb/${file}`);
      expect(existsSync(join(shared ?? '', header ?? ''))).toBe(true);
      const found = await openAnnotations(entryOf(path ?? ''), [entryOf(header ?? '')]);
      const counts: Record<string, number> = {};
      for (const { symbol = '' } of found) counts[symbol] = (counts[symbol] ?? 0) + 1;
      expect(counts).toEqual(expected.counts);
      expect(found.slice(0, 10).map(({ sample, symbol, aux }) => [sample, symbol, aux ?? ''])).toEqual(
        expected.first10.map(([sample, symbol, aux]) => [sample, symbol, aux.replaceAll('\0', '')]),
      );
    }
  });
});

describe('storedSeconds', () => {
  it('frees the clock of the gaps before, and knows what lies within one', async () => {
    const bytes = edfBytes({
      records: 4,
      reserved: 'EDF+D',
      tals: [0.25, 1.25, 10.25, 20.25].map((onset) => ({ onset })),
      signals: [{ label: 'EEG Cz', perRecord: 4, values: Array.from({ length: 16 }, (_, i) => i) }],
    });
    const [entry] = entriesOf({ 'a.edf': bytes });
    const recording = await openFile(entry as NonNullable<typeof entry>, []);
    expect(recording.startOffset).toBe(0.25);
    const at = (onset: number) => storedSeconds(recording, { onset, duration: 0, text: '' });
    expect([0.25, 1, 2.24, 10.25, 11, 20.5].map(at)).toEqual([
      ...[0, 0.75].map((seconds) => expect.closeTo(seconds, 9)),
      ...[1.99, 2, 2.75, 3.25].map((seconds) => expect.closeTo(seconds, 9)),
    ]);
    expect([0.2, 2.25, 10, 11.25, 20, 21.25].map(at)).toEqual(new Array(6).fill(undefined));
    expect(storedSeconds(recording, { onset: 3, duration: 0, text: '', sample: 12 })).toBe(3);
    expect(storedSeconds(recording, { onset: 4, duration: 0, text: '', sample: 16 })).toBeUndefined();
  });
});
