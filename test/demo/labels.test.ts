import { describe, expect, it } from 'vitest';
import type { RecordingWindows } from '../../data/index.ts';
import { type LabelPlace, Labels } from '../../demo/worker/labels.ts';
import { WindowSet } from '../../demo/worker/windows.ts';

const place = (name: string, more: Partial<LabelPlace> = {}): LabelPlace => ({
  ...{ key: name, name, rate: 100, seconds: 12, given: [] },
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
  return new WindowSet(recordings, seconds, signals, labels);
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
    expect(windows.list()).toMatchObject({
      subject: ['Ann', 'Ann', 'Bea', 'Bea'],
      split: ['train', 'train', 'test', 'test'],
    });
    // Without a table the file's own.
    expect(windowSet([a], new Labels()).subjectOf(0)).toBe('of the file');
    expect(windowSet([a], new Labels()).splitOf(0)).toBeUndefined();
  });
});
