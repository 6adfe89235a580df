import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dividedEntries, keptEntries, scanInto } from '../../bench/commands/recordings.ts';
import { TASKS } from '../../bench/study/tasks.ts';
import { dataInWords } from '../../bench/weights/data-in-words.ts';
import { makeOne } from '../../bench/weights/make.ts';
import { type MakeOptions, parseMake, STEPS } from '../../bench/weights/options.ts';
import { GENERATED, SOURCES } from '../../bench/weights/sources.ts';
import { type OpenedRecordings, openRecordings } from '../../cli/common/recordings.ts';
import {
  groupBy,
  type ManifestEntry,
  readManifest,
  type SplitName,
  writeManifest,
} from '../../data/index.ts';

let home: string;
const at = (...parts: string[]) => join(home, ...parts);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-weights-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const optionsOf = (...argv: string[]) => parseMake(['--signals', '/s', ...argv], {}) as MakeOptions;

const splitsOf = ({ entries }: OpenedRecordings) =>
  new Map([...entries].flatMap(([name, { split }]) => (split ? [[name, split] as const] : [])));

describe('the maker of the bundled weights', () => {
  it('says which of its options makes no sense', () => {
    expect(optionsOf('--dry')).toMatchObject({ signals: '/s', sizes: ['tiny', 'small'], dry: true });
    expect(optionsOf('--size', 'small', '--steps', '5')).toMatchObject({ sizes: ['small'], steps: 5 });
    expect(parseMake(['--help'], {})).toBeUndefined();
    expect(() => parseMake([], {})).toThrow(/no signals; give --signals DIR, or set SPOTR_SIGNALS_DIR/);
    expect(() => optionsOf('--size', 'base')).toThrow(/--size is "base", but must be one of tiny, small/);
    expect(() => optionsOf('--steps', '0')).toThrow(
      /--steps is "0", but must be a whole number of at least 1/,
    );
    expect(() => optionsOf('--stepz', '1')).toThrow(/--stepz.*--help lists the options/);
  });

  it('names a licence and an origin of each recording, and no file of a labelled task', () => {
    const tasks = TASKS.map(({ recordings }) => recordings.slice(0, recordings.lastIndexOf('/')));
    const folders = [...tasks.filter((name) => name !== ''), 'eeg/eye-state', 'ppg/usc-bp'];
    expect(folders).toContain('ppg/af-rhythm');
    for (const { licence, origin, paths } of SOURCES) {
      expect(licence).toMatch(/^(MIT|BSD-\d-Clause|Apache-2\.0|CC0-1\.0)( \(PhysioNet, ODC-BY 1\.0\))?$/);
      expect(origin).toMatch(/^github\.com\/[\w-]+\/[\w.-]+[,:] /);
      for (const path of paths)
        for (const folder of folders) {
          expect(`${path}/`.startsWith(`${folder}/`)).toBe(false);
          expect(`${folder}/`.startsWith(`${path}/`)).toBe(false);
        }
    }
  });

  it('trains on no generated subject that a probe of the same signals is tested on', async () => {
    expect(GENERATED.map(({ path }) => path).sort()).toEqual(
      TASKS.flatMap(({ recordings }) => (recordings.startsWith('synthetic:') ? recordings : [])).sort(),
    );
    // The generator divides, so no line may; that all sets are divided alike one of them shows.
    expect(GENERATED.filter(({ split }) => split !== undefined)).toEqual([]);
    const lines = GENERATED.filter(({ path }) => path === 'synthetic:eyes');
    const manifest = at('generated.jsonl');
    writeFileSync(manifest, writeManifest({ entries: lines, skipped: [] }));
    const opened = await openRecordings([manifest], {});
    const trained = splitsOf(opened);
    const probed = splitsOf(await openRecordings(['synthetic:eyes'], {}));
    expect(trained).toEqual(probed);
    const parts = groupBy([...trained], ([, split]) => split);
    expect(['train', 'validation', 'test'].map((part) => parts.get(part as SplitName)?.length)).toEqual([
      30, 10, 10,
    ]);
    expect(opened.entries.get('synthetic:eyes-eeg/s00')?.window).toBe(4);
  });

  it('measures one of every eight subjects of a data set, and keeps the channels that it means', () => {
    const psg = { dataset: 'edfio', path: 'psg.edf', seconds: 300 };
    const ppg = Array.from({ length: 17 }, (_, i): ManifestEntry => {
      return {
        path: `${i}.csv`,
        dataset: 'welltory',
        seconds: 70,
        channels: ['R', 'G'],
        subject: `s${i % 9}`,
      };
    });
    const found = [{ ...psg, channels: ['EEG Fpz-Cz', 'EOG horizontal', 'EMG submental'] }, ...ppg];
    const [first, ...others] = dividedEntries(keptEntries(found, SOURCES));
    expect(first).toEqual({ ...psg, channels: ['EEG Fpz-Cz'], split: 'train' });
    expect(new Set(others.flatMap(({ split, subject }) => (split === 'validation' ? subject : [])))).toEqual(
      new Set(['s7']),
    );
    expect(others.every(({ channels }) => channels?.join() === 'R')).toBe(true);
    expect(keptEntries([{ path: 'a.hea', dataset: 'wfdb', channels: ['II'], seconds: 59 }], SOURCES)).toEqual(
      [],
    );
  });

  it('tells of what the held-out losses are', () => {
    const set = { dataset: 'welltory', modality: 'ppg' as const };
    const entries: ManifestEntry[] = [
      { ...set, path: 'a', split: 'train' },
      { ...set, path: 'b', split: 'validation' },
      { path: 'c', dataset: 'wfdb', modality: 'ecg', split: 'train' },
      ...GENERATED,
    ];
    const text = dataInWords(entries, 'npm run weights -- --size tiny');
    expect(text).toContain(
      'Measured on, and not trained on: 1 of 2 recordings of welltory, the subjects that the generator assigns to validation. So the held-out losses of EEG and ECG are of generated signals.',
    );
    expect(text).toContain('| welltory | ppg | 10 s | CC0-1.0 | github.com/Welltory/');
    expect(text).toContain('`synthetic:rhythm` (10 s)');
    expect(text).toContain('Made by `npm run weights -- --size tiny`');
  });

  it('scans anew what was interrupted, and takes a whole manifest as it is', async () => {
    const manifest = at('scan', 'm.jsonl');
    const scan = async () => {
      const lines: string[] = [];
      const spotr = async (...argv: readonly string[]) => {
        lines.push(argv.join(' '));
        writeFileSync(
          at('scan', 'm.draft.jsonl'),
          writeManifest({ entries: [{ path: 'new' }], skipped: [] }),
        );
      };
      const [source] = SOURCES as readonly [(typeof SOURCES)[number]];
      await scanInto(manifest, { sources: [source], signals: '/s', dry: false, spotr }, (found) => found);
      return lines;
    };
    mkdirSync(at('scan'));
    writeFileSync(at('scan', 'm.draft.jsonl'), writeManifest({ entries: [{ path: 'old' }], skipped: [] }));
    expect(await scan()).toEqual([
      `data scan --append --out ${at('scan', 'm.draft.jsonl')} --dataset pyedflib --modality eeg --window 4 /s/eeg/edf-bdf/pyedflib/test_subsecond.edf`,
    ]);
    expect(readManifest(readFileSync(manifest, 'utf8'), manifest).entries).toEqual([{ path: 'new' }]);
    expect(await scan()).toEqual([]);
  });

  it('trains what is new, goes on with what was interrupted, and publishes what is whole', async () => {
    const options = optionsOf('--runs', at('runs'), '--out', at('out'), '--adapter', 'llvmpipe');
    const make = async (changed: Partial<MakeOptions> = {}) => {
      const lines: string[][] = [];
      await makeOne('small', { ...options, ...changed }, 'm.jsonl', async (...argv) => {
        lines.push([...argv]);
      });
      return lines.map((words) => words.filter((word) => !word.includes('\n')).join(' '));
    };
    const folder = at('runs', 'small');
    const [trained, published] = await make();
    expect(trained).toBe(
      `pretrain --size small --recipe quick --draw 2 --steps ${STEPS.small} --batch-size 16 --seed 1 m.jsonl --out ${folder} --adapter llvmpipe`,
    );
    expect(published).toContain(
      `publish ${folder} --out ${at('out', 'small')} --license mit --precision f16`,
    );
    // Also where nothing is there: a publish that was cut off may have moved it away.
    expect(published).toMatch(/--overwrite$/);
    mkdirSync(folder, { recursive: true });
    const settings = {
      size: 'small',
      recipe: 'quick',
      draw: { temperature: 2 },
      steps: STEPS.small,
      batchSize: 16,
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ settings: { ...settings, seed: 1 } }));
    expect((await make())[0]).toBe(`pretrain --resume --out ${folder} --adapter llvmpipe`);
    await expect(make({ steps: 60 })).rejects.toThrow(`was made with steps ${STEPS.small}, not 60`);
    writeFileSync(join(folder, 'summary.json'), '{}');
    mkdirSync(at('out', 'small'), { recursive: true });
    const [only, ...others] = await make();
    expect(only).toBe(published);
    expect(others).toEqual([]);
  });
});
