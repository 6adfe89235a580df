import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecordings } from '../../cli/common/recordings.ts';

let home: string;
const at = (name: string) => join(home, name);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-recordings-'));
  for (const [subject, phase] of [
    ['a', 0],
    ['b', 1],
    ['c', 2],
    ['d', 3],
    ['e', 4],
  ] as const)
    writeFileSync(
      at(`${subject}.csv`),
      `EEG Cz\n${Array.from({ length: 400 }, (_, t) => (50 * Math.sin(t / 9 + phase)).toFixed(3)).join('\n')}\n`,
    );
});
afterAll(() => rmSync(home, { recursive: true }));

describe('openRecordings', () => {
  it('opens the files of a table of labels, from its own folder, and divides them by subject', async () => {
    const rows = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.csv,0,1,${name < 'c' ? 'x' : 'y'},${name}`);
    writeFileSync(at('labels.csv'), `file,start,duration,label,subject\n${rows.join('\n')}\n`);
    const { recordings, entries } = await openRecordings([at('labels.csv')], { rate: 200 });
    expect(recordings.map(({ subject }) => subject)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const parts = [...entries.values()].map(({ split }) => split).sort();
    expect(parts).toEqual(['test', 'train', 'train', 'train', 'validation']);
    expect([...entries.values()][3]?.labels).toEqual([{ start: 0, seconds: 1, label: 'y' }]);
    await expect(openRecordings([at('labels.csv'), at('labels.csv')], { rate: 200 })).resolves.toBeDefined();
    writeFileSync(at('twice.csv'), `file,label\na.csv,x\n`);
    await expect(openRecordings([at('labels.csv'), at('twice.csv')], { rate: 200 })).rejects.toThrow(
      /a.csv is named by two tables or manifests/,
    );
  });

  it('divides so that every part has every label, where subjects have one each', async () => {
    const rows = ['a', 'b', 'c', 'd', 'e'].flatMap((name, i) =>
      [1, 2].map((half) => {
        const copy = `${name}${half}.csv`;
        copyFileSync(at(`${name}.csv`), at(copy));
        return `${copy},${(i + half) % 2 ? 'x' : 'y'},${name}${half}`;
      }),
    );
    writeFileSync(at('cases.csv'), `file,label,subject\n${rows.join('\n')}\n`);
    const { entries } = await openRecordings([at('cases.csv')], { rate: 200 });
    const have = new Set([...entries.values()].map(({ split, labels }) => `${split} ${labels?.[0]?.label}`));
    expect(have.size).toBe(6);
  });

  it('refuses what is said of tables where there are none', async () => {
    await expect(openRecordings([at('a.csv')], { rate: 200, labels: at('b.csv') })).rejects.toThrow(
      /a.csv: --labels is for a table of one window a row; leave it out/,
    );
    await expect(openRecordings(['synthetic:eyes'], { labelColumn: 'x' })).rejects.toThrow(
      /--label-column is for tables; leave it out/,
    );
  });

  it('names the files of a table that are not there', async () => {
    writeFileSync(at('gone.csv'), 'file,label\na.csv,x\nnone.csv,y\n');
    await expect(openRecordings([at('gone.csv')], { rate: 200 })).rejects.toThrow(
      /gone.csv: 1 of the 2 files that it names is not there: ".*none.csv"; paths in a table are relative to its folder/,
    );
  });

  it('asks for the rate of a table of windows', async () => {
    const row = (phase: number) =>
      Array.from({ length: 64 }, (_, t) => Math.sin(t / 8 + 2 * phase).toFixed(3)).join(',');
    const header = Array.from({ length: 64 }, (_, t) => `x${t}`).join(',');
    writeFileSync(
      at('windows.csv'),
      `subject,label,${header}\n${[0, 1, 2, 3].map((i) => `p${i},l,${row(i)}`).join('\n')}\n`,
    );
    await expect(openRecordings([at('windows.csv')], {})).rejects.toThrow(
      /is a table of one window of 64 samples a row, but does not state its sampling rate; give --rate HZ/,
    );
    const { recordings } = await openRecordings([at('windows.csv')], { rate: 64, modality: 'ecg' });
    expect(recordings.map(({ name, modality }) => [name, modality])).toContainEqual([
      `${at('windows.csv')}#p2`,
      'ecg',
    ]);
    writeFileSync(at('rows.csv'), 'row,label\n0,a\n9,b\n');
    await expect(openRecordings([at('windows.csv')], { rate: 64, labels: at('rows.csv') })).rejects.toThrow(
      /rows.csv: labels row 9, but .*windows.csv has rows 0 to 3/,
    );
  });

  it('generates labelled signals by name', async () => {
    const { recordings, entries } = await openRecordings(['synthetic:rhythm:ppg'], {});
    expect(recordings).toHaveLength(50);
    expect(recordings[0]).toMatchObject({ subject: 's00', modality: 'ppg' });
    expect(new Set([...entries.values()].map(({ split }) => split)).size).toBe(3);
    await expect(openRecordings(['synthetic:nonsense'], {})).rejects.toThrow(
      /There is no "synthetic:nonsense"; there are synthetic:rhythm/,
    );
    await expect(openRecordings(['synthetic:rhythm:eeg'], {})).rejects.toThrow(/not of eeg/);
  });
});
