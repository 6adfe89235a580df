import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openFiles } from '../../data/open.ts';
import { pseudonym } from '../../data/privacy.ts';
import { loadWindows } from '../../data/windows/load.ts';
import { annotationBytes, brainVisionFiles, edfBytes, entriesOf, format16 } from './writers.ts';

/** Words that stand in the patient fields of every file below, and must not be seen anywhere else. */
const PLANTED = ['Zacharias', 'Quintel', 'MRN-4711', '17-JAN-1931', 'amitriptyline', 'Dr_Haldane'];
const [first, last, code, birth, drug, doctor] = PLANTED;
const wave = Array.from({ length: 1600 }, (_, i) => Math.round(3000 * Math.sin(i / 7 + Math.sin(i))));

const edf = (bytes: Partial<Parameters<typeof edfBytes>[0]>) =>
  edfBytes({
    records: 2,
    signals: [{ label: 'EEG Cz', unit: 'uV', perRecord: 800, values: wave }],
    recordSeconds: 4,
    patient: `${code} M ${birth} ${first}_${last}`,
    recording: `Startdate 02-MAR-2021 ${drug} ${doctor} X`,
    ...bytes,
  });

const signalLine = 'd 16 200(0)/mV 16 0 0 0 0 II';
const comments = `# 69 M ${first} ${last} ${code}\n#${drug}, ${doctor} ${birth}`;
const files: Record<string, string | number[] | Uint8Array> = {
  'plus.edf': edf({ reserved: 'EDF+C', tals: [{ onset: 0 }, { onset: 4 }] }),
  'plain.edf': edf({}),
  'gaps.bdf': edf({ bdf: true, reserved: 'BDF+D', tals: [{ onset: 0 }, { onset: 9 }] }),
  'cut.edf': edf({}).subarray(0, 400),
  'unfinished.edf': edf({ declaredRecords: -1 }),
  'only.edf': edf({ signals: [], reserved: 'EDF+C', tals: [{ onset: 0 }, { onset: 4 }] }),
  'wrong.edf': edf({ recordSeconds: 0 }),
  'r.hea': `${comments}\nr 1 200 1600\n${signalLine}\n${comments}`,
  d: format16(wave),
  'r.atr': annotationBytes([(1 << 10) | 100, 0]),
  'bad.hea': `bad 1 0 1600\n${signalLine}\n${comments}`,
  'lost.hea': `lost 1 200 1600\n${signalLine.replace('d ', 'lost.dat ')}\n${comments}`,
  'm.hea': `m/2 1 200\nr 1600\nother 1600\n${comments}`,
  'other.hea': `other 1 200 1600\n${signalLine.replace('d ', 'e ')}\n${comments}`,
  e: format16(wave),
  ...brainVisionFiles({ signals: [wave], comment: comments, markers: [], name: 'bv' }),
  ...brainVisionFiles({ signals: [wave], comment: comments, binary: ['BinaryFormat=X'], name: 'bad' }),
};

/** Every string that can be reached from a value: also its keys, and what errors say. */
function stringsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return [];
  seen.add(value);
  return Reflect.ownKeys(value).flatMap((key) => [String(key), ...stringsIn(Reflect.get(value, key), seen)]);
}

const planted = (text: string) => PLANTED.filter((word) => text.toLowerCase().includes(word.toLowerCase()));

describe('what files say of their patients', () => {
  it('is in no string of a recording, of its windows, or of a message', async () => {
    const { recordings, skipped } = await openFiles(entriesOf(files));
    expect(recordings.map(({ name }) => name)).toEqual([
      ...['plus.edf', 'plain.edf', 'gaps.bdf', 'unfinished.edf', 'm.hea', 'bv.vhdr'],
    ]);
    const windows = await loadWindows(recordings, { seconds: 1, mains: 'none' });
    const errors = await Promise.all(
      recordings.map((recording) => recording.read([0], 1599, 2).catch((error: unknown) => error)),
    );
    const annotations = await Promise.all(recordings.map((recording) => recording.annotations?.()));
    const all = [recordings, skipped, windows, errors, annotations];
    expect(stringsIn(all).length).toBeGreaterThan(100);
    expect(stringsIn(all).filter((text) => planted(text).length > 0)).toEqual([]);
    expect(planted(JSON.stringify(all))).toEqual([]);
    expect(planted(inspect(all, { depth: 9, getters: true }))).toEqual([]);
    expect(stringsIn(errors).join()).toMatch(/were asked for/);
  });

  it('is had by asking for it', async () => {
    const { recordings } = await openFiles(entriesOf(files));
    for (const recording of recordings)
      expect(planted(recording.patient?.() ?? ''), recording.name).toEqual(PLANTED);
  });

  it('gives one subject for all EDF files of a person, and keeps when it was recorded', async () => {
    const { recordings } = await openFiles(entriesOf(files));
    const known = recordings.filter(({ format }) => /^[EB]DF/.test(format));
    expect(new Set(known.map(({ subject }) => subject)).size).toBe(1);
    expect(known[0]?.subject).toMatch(/^p-[0-9a-f]{10}$/);
    expect(known[0]?.startTime).toBe('2021-03-02T04:05:06');
  });

  it('names nobody where it names nobody', async () => {
    const subject = async (patient: string, reserved = '') => {
      const entries = entriesOf({ 'a.edf': edf({ patient, reserved }) });
      return (await openFiles(entries)).recordings[0]?.subject;
    };
    for (const patient of [
      '',
      'X X X X',
      'x',
      'Anonymous',
      'X F X Female_33yr',
      'unknown',
      '0',
      'X M 01-JAN-1970 X',
    ])
      expect(await subject(patient), patient).toBeUndefined();
    expect(await subject('X F X X', 'EDF+C')).toBeUndefined();
    expect(await subject('X F 01-JAN-1970 Ada_L', 'EDF+C')).toBe(await subject('X f 01-jan-1970 ada_l'));
    expect(await subject('X F 01-JAN-1970 Ada_L')).not.toBe(await subject('X F 02-JAN-1970 Ada_L'));
    expect(await subject('Ada Lovelace')).toBe(await subject('  ada   LOVELACE '));
  });
});

describe('pseudonym', () => {
  it('is the start of the SHA-256 of the words', async () => {
    // printf 'ada lovelace' | sha256sum
    expect(await pseudonym('Ada_Lovelace')).toBe('p-177f85df57');
    expect(await pseudonym('X X')).toBeUndefined();
  });
});
