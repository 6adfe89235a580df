import { describe, expect, it } from 'vitest';
import { labelOf, labelsFromAnnotations, readLabelTable } from '../../data/dataset/labels.ts';

describe('readLabelTable', () => {
  it('takes places in samples or seconds, names of labels, subjects and splits', () => {
    expect(
      readLabelTable(
        'file,start_sample,n_samples,label,label_name,group,split\nZ\\1.txt,512,100,0,open,z1,train\n',
        't.csv',
      ),
    ).toEqual([
      {
        file: 'Z/1.txt',
        unit: 'samples',
        start: 512,
        length: 100,
        label: 'open',
        subject: 'z1',
        split: 'train',
      },
    ]);
    expect(readLabelTable('recording;onset;duration;stage\nn.edf;30;30;N2\n', 't.csv')).toEqual([
      { file: 'n.edf', unit: 'seconds', start: 30, length: 30, label: 'N2' },
    ]);
    expect(readLabelTable('path\tclass\tset\na.hea\taf\tval\n', 't.tsv')).toEqual([
      { file: 'a.hea', unit: 'seconds', start: 0, length: undefined, label: 'af', split: 'validation' },
    ]);
    // A row cut short, and what a spreadsheet leaves behind the last row.
    expect(readLabelTable('file;label;subject\na.csv;x\n;;\n', 't.csv')).toHaveLength(1);
    // As the page saves labels of recordings that have neither.
    expect(readLabelTable('file,label,subject,split\na,x,,\nb,y,s,test\n', 't.csv')).toEqual([
      { file: 'a', unit: 'seconds', start: 0, length: undefined, label: 'x' },
      { file: 'b', unit: 'seconds', start: 0, length: undefined, label: 'y', subject: 's', split: 'test' },
    ]);
    expect(readLabelTable('file,label,score\na,x,7\n', 't.csv', 'score')[0]?.label).toBe('7');
  });

  it.each([
    ['1,2\n3,4\n', /no header row/],
    ['file,label\n', /t\.csv: has a header, but no rows below it/],
    ['name,label\na,b\n', /no column "file"; it has name, label/],
    ['file,kind\na,b\n', /no column "label"/],
    ['file,label,start\na,b,1\n', /labels begin, but not how long they are/],
    ['file,label,start,duration\na,b,1,2\na,b,x,2\n', /t\.csv, line 3: "start" is "x", but must be a number/],
    ['file,label\na,\n', /line 2: "label" is empty/],
    ['file,label,split\na,b,nowhere\n', /line 2: the split is "nowhere"/],
  ])('refuses %j', (text, message) => {
    expect(() => readLabelTable(text, 't.csv')).toThrow(message);
  });
});

describe('labelsFromAnnotations', () => {
  const mark = (onset: number, text: string, duration = 0) => ({ onset, duration, text });

  it('takes marks with a length, or until the next one, and only those that are named', () => {
    const marks = [mark(10, 'B'), mark(0, 'A', 4), mark(20, 'beat'), mark(30, 'A')];
    expect(labelsFromAnnotations(marks, 60)).toEqual([{ start: 0, seconds: 4, label: 'A' }]);
    const names = new Map([
      ['A', 'sinus'],
      ['B', 'af'],
    ]);
    expect(labelsFromAnnotations(marks, 60, { names, untilNext: true })).toEqual([
      { start: 0, seconds: 4, label: 'sinus' },
      { start: 10, seconds: 20, label: 'af' },
      { start: 30, seconds: 30, label: 'sinus' },
    ]);
  });

  it('says where in the stored signal a mark is, whatever is missing before it', () => {
    const gaps = [
      { at: 10, seconds: 50 },
      { at: 20, seconds: 5 },
    ];
    const at = (onset: number, duration: number) =>
      labelsFromAnnotations([mark(onset, 'x', duration)], 100, { gaps }).map(({ start, seconds }) => [
        start,
        seconds,
      ])[0];
    expect(at(4, 2)).toEqual([4, 2]);
    expect(at(62, 3)).toEqual([12, 3]);
    expect(at(8, 60)).toEqual([8, 10]);
    expect(at(80, 1)).toEqual([25, 1]);
    expect(at(20, 10)).toBeUndefined();
  });
});

it('labelOf gives the label that covers half of a window', () => {
  const labels = [
    { start: 0, seconds: 10, label: 'a' },
    { start: 10, seconds: 10, label: 'b' },
  ];
  expect(labelOf(labels, 2, 4)).toBe('a');
  expect(labelOf(labels, 7, 4)).toBe('a');
  expect(labelOf(labels, 9, 4)).toBe('b');
  expect(labelOf(labels, 18, 5)).toBeUndefined();
  expect(labelOf(labels, 18, 5, 0.4)).toBe('b');
});
