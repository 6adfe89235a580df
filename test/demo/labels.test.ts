import { describe, expect, it } from 'vitest';
import type { RecordingWindows } from '../../data/index.ts';
import { embeddingsFile } from '../../demo/worker/embeddings-file.ts';
import { fromFormer } from '../../demo/worker/former-labels.ts';
import { type LabelPlace, Labels } from '../../demo/worker/labels.ts';
import { WindowSet } from '../../demo/worker/windows.ts';

const place = (name: string, more: Partial<LabelPlace> = {}): LabelPlace => ({
  ...{ key: name, name, rate: 100, seconds: 12, given: [] },
  stored: { rate: more.rate ?? 100, seconds: more.seconds ?? 12 },
  ...more,
});

/** Windows of `seconds` one after the other. */
function windowSet(
  places: readonly LabelPlace[],
  labels: Labels,
  seconds = 1,
  subject = 'of the file',
): WindowSet {
  const recordings = places.map(({ name, seconds: total }) => {
    const count = Math.floor(total / seconds);
    const starts = Float64Array.from({ length: count }, (_, i) => i * seconds);
    return {
      name,
      subject,
      shape: [count, 1, 200 * seconds],
      starts,
      labels: ['c'],
    } as unknown as RecordingWindows;
  });
  const signals = { kind: 'files', recordings: [], skipped: [], labels: new Map(), places } as const;
  return new WindowSet(recordings, signals, labels);
}

const TABLE = 'file,label,start,duration,subject,split\n';

describe('labels of recordings', () => {
  it('a table gives windows their label, subject and part', () => {
    const [a, b] = [place('a.edf'), place('b.edf')];
    const labels = new Labels();
    const windows = windowSet([a, b], labels, 6);
    labels.readTable(
      [a, b],
      `${TABLE}a.edf,left,0,6,Ann,train\na.edf,right,6,6,Ann,train\nb.edf,left,0,6,Bea,test\n`,
      't',
    );
    expect(windows.labels).toEqual(['left', 'right', 'left', null]);
    expect([0, 1, 2, 3].map((window) => windows.subjectOf(window))).toEqual(['Ann', 'Ann', 'Bea', 'Bea']);
    expect([0, 1, 2, 3].map((window) => windows.splitOf(window))).toEqual(['train', 'train', 'test', 'test']);
    expect(windows.of(0).own.subject).toBe('Ann');
    expect(windows.recordings.map(({ subject }) => subject)).toEqual(['Ann', 'Bea']);
    expect(windows.splits).toEqual(
      new Map([
        ['a.edf', 'train'],
        ['b.edf', 'test'],
      ]),
    );
    // Without a table the file's own.
    expect(windowSet([a], new Labels()).subjectOf(0)).toBe('of the file');
    expect(windowSet([a], new Labels()).splitOf(0)).toBeUndefined();
  });

  const a = place('a.edf');
  const table = (label: string, file = 'a.edf') => `file,label,start,duration\n${file},${label},0,12\n`;

  it('what a person says lies over a table, and taking it off brings the table’s back', () => {
    const labels = new Labels();
    const windows = windowSet([a], labels, 3);
    labels.readTable([a], table('rest'), 't.csv');
    windows.label([1, 2], 'mine');
    expect(windows.labels).toEqual(['rest', 'mine', 'mine', 'rest']);
    windows.takeLabelOff([1]);
    expect(windows.labels).toEqual(['rest', 'rest', 'mine', 'rest']);
    // A table's own can be taken off too: by hand it then has none, until that is undone.
    windows.takeLabelOff([0, 1]);
    expect(windows.labels).toEqual([null, null, 'mine', 'rest']);
    // Another table comes beneath what a person said.
    labels.readTable([a], table('other'), 'u.csv');
    expect(windows.labels).toEqual([null, null, 'mine', 'other']);
  });

  it('every change can be undone, the last one first', () => {
    const labels = new Labels();
    const windows = windowSet([a], labels, 6);
    const states = [windows.labels];
    const said: (string | null)[] = [];
    for (const change of [
      () => labels.readTable([a], table('rest'), 't.csv'),
      () => windows.label([0], 'mine'),
      () => windows.takeLabelOff([0]),
      () => windows.takeLabelOff([0, 1]),
      () => labels.readTable([a], table('other'), 'u.csv'),
    ]) {
      change();
      states.push(windows.labels);
      said.push(labels.undoable);
    }
    expect(said).toEqual([
      'table t.csv',
      '“mine” on 1 window',
      'label taken off 1 window',
      'label taken off 2 windows',
      'table u.csv',
    ]);
    for (let i = states.length - 2; i >= 0; i--) {
      labels.undo();
      expect(windows.labels).toEqual(states[i]);
    }
    expect(labels.undoable).toBeNull();
    labels.undo();
    expect(windows.labels).toEqual(states[0]);
    // Nothing to take off is nothing to undo.
    windows.takeLabelOff([0]);
    expect(labels.undoable).toBeNull();
  });

  it('holds for stretches of time: windows of another length have what covers half of them', () => {
    const labels = new Labels();
    windowSet([a], labels, 1).label([0, 1, 4, 5, 6], 'mine');
    expect(windowSet([a], labels, 2).labels).toEqual(['mine', null, 'mine', 'mine', null, null]);
    expect(windowSet([a], labels, 4).labels).toEqual(['mine', 'mine', null]);
    expect(windowSet([a], labels, 12).labels).toEqual([null]);
    // And nothing was lost by looking at it so.
    expect(windowSet([a], labels, 1).labels.map((label) => label === 'mine')).toEqual(
      Array.from({ length: 12 }, (_, i) => [0, 1, 4, 5, 6].includes(i)),
    );
  });

  it('stays on the samples where the recording is said to have another rate', () => {
    const labels = new Labels();
    windowSet([a], labels, 1).label([4], 'mine');
    const twice = place('a.edf', { rate: 200, seconds: 6 });
    expect(windowSet([twice], labels, 1).labels).toEqual([null, null, 'mine', null, null, null]);
    expect(labels.csv([twice])).toBe('file,start,duration,label,subject,split\na.edf,2,0.5,mine,,\n');
    // Of a table in seconds the seconds are what counts.
    labels.readTable([a], 'file,label,start,duration\na.edf,t,1,1\n', 't.csv');
    expect(windowSet([twice], labels, 1).labels).toEqual([null, 't', 'mine', null, null, null]);
    labels.readTable([twice], 'file,label,start,duration\na.edf,u,1,1\n', 'u.csv');
    expect(windowSet([twice], labels, 1).labels).toEqual([null, 'u', 'mine', null, null, null]);
    const samples = new Labels();
    samples.readTable([a], 'file,label,start_sample,n_samples\na.edf,t,200,200\n', 't.csv');
    expect(windowSet([twice], samples, 1).labels).toEqual([null, 't', null, null, null, null]);
  });

  it('is there again when the recording is, and not on another that is called alike', () => {
    const labels = new Labels();
    windowSet([a], labels, 6).label([0], 'mine');
    const other = place('a.edf', { key: 'a.edf of somebody else' });
    expect(windowSet([other], labels, 6).labels).toEqual([null, null]);
    const kept = JSON.parse(JSON.stringify(labels.all));
    expect(windowSet([a], new Labels(kept), 6).labels).toEqual(['mine', null]);
  });

  it('labels that the signals came with lie beneath, and a table takes their place', () => {
    const given = place('g', { given: [{ start: 0, seconds: 12, label: 'came' }] });
    const labels = new Labels();
    const windows = windowSet([given], labels, 6);
    expect(windows.labels).toEqual(['came', 'came']);
    windows.label([0], 'mine');
    expect(windows.labels).toEqual(['mine', 'came']);
    labels.readTable([given], 'file,label,start,duration\ng,t,6,6\n', 't.csv');
    expect(windows.labels).toEqual(['mine', 't']);
  });

  it('a saved table is read again to the same labels, whatever they are called', () => {
    const b = place('folder/b.edf', { seconds: 5.0000001 });
    const [before, after] = [new Labels(), new Labels()];
    const text = `${TABLE}a.edf,"x, ""y""",0.1,1.7,-Ann,test\na.edf,z,1.8,3.1,-Ann,test\nb.edf,whole,0,5,,train\n`;
    before.readTable([a, b], text, 't.csv');
    windowSet([a, b], before, 1 / 3).label([3, 4, 16], '=1+1');
    windowSet([a, b], before, 1 / 3).takeLabelOff([20]);
    after.readTable([a, b], before.csv([a, b]), 'labels.csv');
    for (const seconds of [1 / 3, 0.5, 1, 2.5]) {
      const windows = windowSet([a, b], before, seconds);
      expect(windowSet([a, b], after, seconds).labels).toEqual(windows.labels);
      expect(windows.labels).toContain('whole');
    }
    expect(windowSet([a, b], after, 1 / 3).labels).toContain('=1+1');
    expect(after.of(a)).toMatchObject({ subject: '-Ann', split: 'test' });
    expect(after.csv([a, b])).toBe(before.csv([a, b]));
    expect(before.csv([a, b])).toContain(`,"'=1+1",`);
  });

  it('labels by hand alone are saved to a table that is read again, beside recordings that have a part', () => {
    const b = place('b.edf');
    const labels = new Labels();
    labels.readTable([a], `${TABLE}a.edf,x,0,6,Ann,test\n`, 't.csv');
    windowSet([b], labels, 6).label([1], 'mine');
    const again = new Labels();
    again.readTable([a, b], labels.csv([a, b]), 'labels.csv');
    expect(windowSet([a, b], again, 6).labels).toEqual(['x', null, null, 'mine']);
    expect([again.of(a).split, again.of(b).split, again.of(b).subject]).toEqual([
      'test',
      undefined,
      undefined,
    ]);
  });

  it('of several recordings of one name the labels are not saved as those of one', () => {
    const [now, other, third] = ['now', 'other', 'third'].map((key) => place('ecg.csv', { key }));
    const labels = new Labels();
    for (const [own, label] of [
      [other, 'of the other'],
      [now, 'mine'],
      [third, 'of the third'],
    ] as const)
      windowSet([own as LabelPlace], labels, 6).label([0], label);
    const here = [now as LabelPlace];
    expect(labels.csv(here)).toBe(
      `file,start,duration,label,subject,split
"ecg.csv (another recording of this name, 2)",0,6,of the other,,
ecg.csv,0,6,mine,,
"ecg.csv (another recording of this name, 3)",0,6,of the third,,
`,
    );
    const again = new Labels();
    expect(again.readTable(here, labels.csv(here), 'labels.csv').missing).toHaveLength(2);
    expect(windowSet(here, again, 6).labels).toEqual(['mine', null]);
  });

  it('knows which windows lie where the command would cut them', () => {
    const labels = new Labels();
    const windows = windowSet([a], labels, 2);
    labels.readTable([a], table('x'), 't.csv');
    expect(windows.labels).toEqual(Array(6).fill('x'));
    const aligned = () => windows.places.map((_, window) => windows.isAligned(window));
    expect(aligned()).toEqual(Array(6).fill(true));
    // From 1 s on there is a window of the command's at 1, 3, 5 and 7 s, and the page's at 8 s is half of it.
    labels.readTable([a], 'file,label,start,duration\na.edf,x,1,8\n', 't.csv');
    expect(windows.labels).toEqual(['x', 'x', 'x', 'x', 'x', null]);
    expect(aligned()).toEqual(Array(6).fill(false));
    windows.label([4, 5], 'mine');
    expect(aligned()).toEqual([false, false, false, false, true, true]);
  });

  it('saved embeddings have the subject, the part and the label of a table', async () => {
    const labels = new Labels();
    const windows = windowSet([a], labels, 6);
    labels.readTable([a], `${TABLE}a.edf,x,6,6,Ann,test\n`, 't.csv');
    const values = Float32Array.of(1, 2, 3, 4);
    const tokens = { values, others: values, dim: 2, step: 1, lastStep: 1, encoder: 'tiny' };
    const text = await (await embeddingsFile('csv', windows, tokens, 'none')).text();
    const [head = '', ...rows] = text.trim().split('\n');
    const cells = (line = '') =>
      Object.fromEntries(line.split(',').map((cell, i) => [head.split(',')[i], cell]));
    expect(cells(rows[0])).toMatchObject({ start: '0', subject: 'Ann', split: 'test', label: '' });
    expect(cells(rows[1])).toMatchObject({ start: '6', subject: 'Ann', split: 'test', label: 'x' });
    expect(rows.map((row) => row.split(',').slice(-2))).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('a recording whose labels were all taken off is not one with labels', () => {
    const labels = new Labels();
    const windows = windowSet([a], labels, 6);
    windows.label([0], 'x');
    expect(labels.all).toHaveLength(1);
    windows.takeLabelOff([0]);
    expect(windows.labels).toEqual([null, null]);
    expect(labels.all).toEqual([]);
    labels.undo();
    expect(windows.labels).toEqual(['x', null]);
  });

  it('finds a file whose accented letters another system wrote as two characters', () => {
    const accented = place('Se\u0301rie/e\u0301.edf');
    const labels = new Labels();
    expect(labels.readTable([accented], table('x', '\u00e9.edf'), 't.csv').missing).toEqual([]);
    expect(windowSet([accented], labels, 12).labels).toEqual(['x']);
  });

  it('a table that contradicts itself, or may mean two recordings, changes nothing', () => {
    const [one, two] = [place('1/r.edf'), place('2/r.edf')];
    const labels = new Labels();
    labels.readTable([one, two], table('rest', '1/r.edf'), 't.csv');
    expect(() => labels.readTable([one, two], table('x', 'r.edf'), 'u.csv')).toThrow(
      'u.csv: "r.edf" may be 1/r.edf, 2/r.edf; write the folder',
    );
    expect(() =>
      labels.readTable([one, two], 'file,label,subject\n1/r.edf,x,Ann\n1/r.edf,x,Bea\n', 'v.csv'),
    ).toThrow('two subjects, Ann and Bea');
    expect(() => labels.readTable([one, two], table('x', 'q.edf'), 'w.csv')).toThrow(
      'w.csv: labels q.edf, but',
    );
    expect(windowSet([one, two], labels, 12).labels).toEqual(['rest', null]);
    expect(labels.undoable).toBe('table t.csv');
    expect(labels.readTable([one, two], `${table('y', '2/r.edf')}q.edf,x,0,1\n`, 'x.csv').missing).toEqual([
      'q.edf',
    ]);
  });

  it('says which recordings have labels of a table that would go', () => {
    const labels = new Labels();
    labels.readTable([a], table('rest'), 't.csv');
    expect(labels.replacedBy([a], table('rest'), 'copy.csv')).toEqual([]);
    expect(labels.replacedBy([a], table('other'), 'u.csv')).toEqual(['a.edf (t.csv)']);
  });

  it('takes up what the page kept before labels held for stretches', () => {
    const b = place('b.edf');
    const former = fromFormer(
      {
        labels: [
          ['a.edf\n3.000', 'mine'],
          ['a.edf\n2.000', null],
          ['gone.edf\n0.000', 'x'],
        ],
        stretches: [['a.edf', [{ start: 0, seconds: 6, label: 'rest' }]]],
      },
      1,
      [a, b],
    );
    const labels = new Labels();
    labels.add(former);
    expect(windowSet([a], labels, 1).labels.slice(0, 7)).toEqual([
      'rest',
      'rest',
      null,
      'mine',
      'rest',
      'rest',
      null,
    ]);
    // What is known already is newer.
    windowSet([a], labels, 1).label([0], 'new');
    labels.add(former);
    expect(windowSet([a], labels, 1).labelOf(0)).toBe('new');
    expect(fromFormer({}, 1, [a, b])).toEqual([]);
  });

  it('rows of a table are rows, and what reaches over a pause is left out and said; elsewhere it stays as it was found', () => {
    // Of 1,200 rows at 100 Hz 300 are missing after the first 600.
    const rows = {
      count: 900,
      placeOf: (row: number) => (row < 600 ? row : row + 300),
      pauseIn: (from: number, to: number) => (from < 600 && to > 600 ? 3 : 0),
    };
    const stored = { rate: 100, seconds: 12, places: rows } as unknown as NonNullable<LabelPlace['stored']>;
    const paused = place('a.edf', { stored });
    const labels = new Labels();
    const text = 'file,label,start_sample,n_samples\na.edf,t,600,300\na.edf,over,500,200\n';
    expect(labels.readTable([paused], text, 't.csv').notes).toEqual([
      'a.edf: the label of rows 500 to 699 reaches over a pause of 3 s; it is left out',
    ]);
    // It stands as long as the table does, whatever is said meanwhile.
    const over = ['a.edf: the label of rows 500 to 699 reaches over a pause of 3 s; it is left out'];
    expect(labels.leftOut([paused, place('b.edf')])).toEqual(over);
    windowSet([paused], labels, 3).label([0], 'mine');
    expect(labels.leftOut([paused])).toEqual(over);
    labels.undo();
    const wanted = [null, null, null, 't'];
    expect(windowSet([paused], labels, 3).labels).toEqual(wanted);
    const kept = new Labels(JSON.parse(JSON.stringify(labels.all)));
    expect(kept.csv([])).toBe('file,start,duration,label,subject,split\na.edf,9,3,t,,\n');
    expect(windowSet([paused], kept, 3).labels).toEqual(wanted);
    expect(kept.leftOut([paused])).toEqual(over);
    labels.undo();
    expect(labels.leftOut([paused])).toEqual([]);
  });
});
