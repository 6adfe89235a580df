import { describe, expect, it } from 'vitest';
import { isLabelTable } from '../../data/dataset/label-columns.ts';
import {
  isWindowTable,
  readRowLabels,
  readWindowTable,
  recordingsOfTable,
} from '../../data/dataset/window-table.ts';
import { loadWindows } from '../../data/index.ts';

const SAMPLES = 40;
/** Slow along the row, of another phase in each. */
const wave = (row: number) =>
  Array.from({ length: SAMPLES }, (_, t) => Math.sin(t / 6 + 2.4 * row).toFixed(4));
const names = Array.from({ length: SAMPLES }, (_, t) => `s${t}`);

const WITH_FACTS = [
  `subject,label,label_name,split,${names}`,
  ...[0, 1, 2, 3, 4, 5].map((row) => {
    const [subject, split] = row < 4 ? ['a', 'train'] : ['b', 'test'];
    return `${subject},${row % 2},${row % 2 ? 'af' : 'sinus'},${split},${wave(row)}`;
  }),
];
const UCR = [0, 1, 2, 3, 4].map((row) => `  ${1 + (row % 2)}.0000000e+00  ${wave(row).join('  ')}`);

describe('isWindowTable', () => {
  it('knows tables of one window a row from recordings', () => {
    expect(isWindowTable(WITH_FACTS)).toBe(true);
    expect(isWindowTable(UCR)).toBe(true);
    // The same numbers with time down the columns: a recording of 40 channels.
    const turned = Array.from({ length: SAMPLES }, (_, t) =>
      Array.from({ length: 40 }, (_, channel) => Math.sin(t / 6 + 2.4 * channel).toFixed(4)).join(','),
    );
    expect(isWindowTable(turned)).toBe(false);
    expect(isWindowTable([names.join(','), ...turned])).toBe(false);
    expect(isWindowTable(['time,ecg', '0,1', '0.1,2'])).toBe(false);
    expect(isWindowTable([])).toBe(false);
  });

  it('and tables of labels from both', () => {
    expect(isLabelTable(['file,start_sample,n_samples,label', 'a.txt,0,512,x'])).toBe(true);
    expect(isLabelTable(['recording\tclass', 'a.txt\tx'])).toBe(true);
    expect(isLabelTable(WITH_FACTS)).toBe(false);
    expect(isLabelTable(['row,label', '0,x'])).toBe(false);
    // Whatever stands between the columns, and with empty lines at the end.
    expect(isLabelTable(['file;label', 'a.csv;x', ''])).toBe(true);
    expect(isLabelTable(['file\tlabel\tsubject', 'a.csv\tx', ''])).toBe(true);
    // Labels are called otherwise, or forgotten.
    expect(isLabelTable(['file,rhythm', 'a,AF'], 'rhythm')).toBe(true);
    expect(isLabelTable(['file,subject', 'a.csv,s1'])).toBe(true);
    expect(isLabelTable(['record,value', '1,0.5'])).toBe(false);
  });
});

describe('readWindowTable', () => {
  it('reads samples, and what the other columns say of each row', () => {
    const { samples, values, rows } = readWindowTable(WITH_FACTS.join('\r\n'), 't.csv');
    expect(samples).toBe(SAMPLES);
    expect(rows[3]).toEqual({ label: 'af', subject: 'a', split: 'train' });
    expect(Array.from(values.subarray(SAMPLES, 2 * SAMPLES))).toEqual(
      wave(1).map((text) => Math.fround(Number(text))),
    );
    expect(readWindowTable(WITH_FACTS.join('\n'), 't.csv', 'label').rows[3]?.label).toBe('1');
    expect(readWindowTable(UCR.join('\n'), 'u.txt').rows.map(({ label }) => label)).toEqual([
      '1',
      '2',
      '1',
      '2',
      '1',
    ]);
  });

  it('names the line and the column of what cannot be read', () => {
    const bad = (line: number, text: string) =>
      WITH_FACTS.map((row, i) => (i === line ? text : row)).join('\n');
    expect(() => readWindowTable(bad(2, 'a,0,x,train,1,2'), 't.csv')).toThrow(
      /t.csv, line 3: has 6 fields, where 44 are expected/,
    );
    const words = `a,0,sinus,train,${wave(0).with(5, 'oops')}`;
    expect(() => readWindowTable(bad(1, words), 't.csv')).toThrow(
      /t.csv, line 2: column s5 is "oops", but must be a number/,
    );
    expect(() => readWindowTable(bad(1, `a,0,sinus,some,${wave(0)}`), 't.csv')).toThrow(
      /line 2: the split is "some", but must be one of train/,
    );
    expect(() => readWindowTable(WITH_FACTS.join('\n'), 't.csv', 'kind')).toThrow(/has no column "kind"/);
  });
});

describe('recordingsOfTable', () => {
  it('gives a recording a subject, windows apart from each other', async () => {
    const table = readWindowTable(WITH_FACTS.join('\n'), 't.csv');
    const found = recordingsOfTable(table, { path: 't.csv', rate: 20, modality: 'ppg' });
    expect(found.map(({ recording }) => recording.name)).toEqual(['t.csv#a', 't.csv#b']);
    expect(found.map(({ split }) => split)).toEqual(['train', 'test']);
    expect(found[0]?.labels[1]).toEqual({ start: 2, seconds: 2, label: 'af' });
    const { recordings } = await loadWindows(
      found.map(({ recording }) => recording),
      { seconds: 2, mains: 'none' },
    );
    expect(recordings.map(({ shape }) => shape)).toEqual([
      [4, 1, 400],
      [2, 1, 400],
    ]);
    // Nothing of a window's neighbours gets into it: the last sample is near its own last one.
    const [first] = recordings;
    const end = first?.signal?.[399] ?? Number.NaN;
    expect(Math.abs(end - Number(wave(0).at(-1)))).toBeLessThan(0.2);
  });

  it('keeps parts of a subject apart, and rows without one by themselves', () => {
    const leaking = WITH_FACTS.map((row) => row.replace(/^b,/, 'a,'));
    const table = readWindowTable(leaking.join('\n'), 't.csv');
    const parts = recordingsOfTable(table, { path: 't.csv', rate: 20 });
    expect(parts.map(({ recording }) => recording.name)).toEqual(['t.csv#a, train', 't.csv#a, test']);
    const rows = recordingsOfTable(readWindowTable(UCR.join('\n'), 'u.txt'), { path: 'u.txt', rate: 20 });
    expect(rows.map(({ recording }) => recording.name)).toContain('u.txt#row 4');
  });

  it('takes labels of rows from another table, and only those rows', () => {
    const text = 'row,class,label_name,split\n4,1,odd,test\n0,1,even,train\n';
    const labels = readRowLabels(text, 'l.csv');
    const table = readWindowTable(UCR.join('\n'), 'u.txt');
    const found = recordingsOfTable(table, { path: 'u.txt', rate: 20, labels });
    expect(
      found.map(({ recording, labels: [first], split }) => [recording.name, first?.label, split]),
    ).toEqual([
      ['u.txt#row 0', 'even', 'train'],
      ['u.txt#row 4', 'odd', 'test'],
    ]);
    expect(() => readRowLabels('row,label\n1,a\n1,b\n', 'l.csv')).toThrow(
      /l.csv, line 3: row 1 stands there twice/,
    );
    expect(() => readRowLabels('row,label\n-1,a\n', 'l.csv')).toThrow(
      /"row" is "-1", but must be a whole number/,
    );
    expect(() => readRowLabels('file,label\nx,a\n', 'l.csv')).toThrow(/has no column "row"/);
  });
});
