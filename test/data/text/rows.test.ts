import { describe, expect, it } from 'vitest';
import { labelsOfRows, placesIn, readLabelTable } from '../../../data/dataset/labels.ts';
import { cutWindows } from '../../../data/windows/cut.ts';
import { lines, open } from './open.ts';

const rowsOf = (...places: readonly (readonly [start: number, length: number])[]) =>
  readLabelTable(
    `file,start_sample,n_samples,label\n${places.map(([start, length], i) => `t.csv,${start},${length},l${i}`).join('\n')}`,
    'labels.csv',
  );

describe('rows of a table with pauses', () => {
  /** Rows come every 10 ms; before some of them seconds are missing. */
  const paused = (pauses: Readonly<Record<number, number>>, wander: (row: number) => number = () => 0) => {
    let late = 0;
    return open(
      `time_s,TP9\n${lines(3000, (row) => {
        late += pauses[row] ?? 0;
        return `${(row / 100 + late + wander(row)).toFixed(4)},${1000 + row}`;
      })}`,
    );
  };

  it('lie where the same values lie', async () => {
    for (const wander of [() => 0, (row: number) => 0.004 * Math.sin(row * row)]) {
      const recording = await paused({ 1000: 30, 2000: 5, 2500: 0.02 }, wander);
      const { rows } = recording;
      const [values] = await recording.read([0], 0, recording.channels[0]?.length ?? 0);
      // Interpolated rows lie between samples, and beside a hole the nearest one may be missing.
      for (const row of [0, 500, 998, 1001, 1500, 1997, 2002, 2499, 2501, 2998]) {
        const place = rows?.placeOf(row) ?? Number.NaN;
        const value = values?.[Math.round(place)] as number;
        expect(Math.abs(value - (1000 + row)), `row ${row}`).toBeLessThan(1.01);
      }
      expect(rows?.count).toBe(3000);
      expect(rows?.placeOf(3000)).toBe(recording.channels[0]?.length);
      expect(rows?.pauseIn(900, 1000)).toBe(0);
      expect(rows?.pauseIn(900, 1001)).toBeCloseTo(30.01, 1);
      expect(rows?.pauseIn(1500, 2900)).toBeCloseTo(5.01, 1);
      expect(rows?.pauseIn(2400, 2600)).toBe(0);
    }
  });

  it('carry labels to windows of just these rows', async () => {
    const recording = await paused({ 1000: 30, 2000: 5 });
    const places = rowsOf([0, 500], [1000, 500], [2000, 500], [2500, 500]);
    const { labels, notes } = labelsOfRows('t.csv', places, placesIn(recording));
    expect(notes).toBeUndefined();
    expect(labels.map(({ start, seconds }) => [start, seconds])).toEqual([
      [0, 5],
      [10, 5],
      [25, 5],
      [30, 5],
    ]);
    const [values] = await recording.read([0], 2500, 500);
    expect([values?.[0], values?.[499], values?.some(Number.isNaN)]).toEqual([3000, 3499, false]);
    const windows = await cutWindows(recording, {
      seconds: 5,
      mains: 'none',
      starts: labels.map(({ start }) => start),
    });
    expect([...windows.starts]).toEqual([0, 10, 25, 30]);
  });

  it('leave out what reaches over a pause or the end, with the reason; a lost row is no pause', async () => {
    const recording = await paused({ 1000: 30, 2000: 5, 2500: 0.02 });
    const places = rowsOf([501, 500], [500, 500], [1999, 2], [2400, 200], [2600, 401], [3000, 1]);
    const { labels, notes } = labelsOfRows('t.csv', places, placesIn(recording));
    expect(labels).toEqual([
      { start: 5, seconds: 5, label: 'l1' },
      { start: 29, seconds: expect.closeTo(2.02, 9), label: 'l3' },
    ]);
    expect(notes).toEqual([
      'the label of rows 501 to 1000 reaches over a pause of 30.01 s; it is left out',
      'the label of rows 1999 to 2000 reaches over a pause of 5.01 s; it is left out',
      'the label of rows 2600 to 3000 reaches out of the recording, which has rows 0 to 2999; it is left out',
      'the label of rows 3000 to 3000 reaches out of the recording, which has rows 0 to 2999; it is left out',
    ]);
  });
});

describe('samples of a file of another format', () => {
  it('are those stored: gaps take none, and what reaches over one is left out', () => {
    const gaps = [{ at: 10, seconds: 50 }];
    const { labels, notes } = labelsOfRows('a.edf', rowsOf([0, 1000], [1000, 500], [900, 200]), {
      rate: 100,
      seconds: 30,
      gaps,
    });
    expect(labels).toEqual([
      { start: 0, seconds: 10, label: 'l0' },
      { start: 10, seconds: 5, label: 'l1' },
    ]);
    expect(notes).toEqual(['the label of samples 900 to 1099 reaches over a pause of 50 s; it is left out']);
  });

  it('hold on both sides of a gap where they are the whole file', () => {
    const whole = readLabelTable('file,label\na.edf,x\n', 'l.csv');
    const { labels } = labelsOfRows('a.edf', whole, {
      rate: 100,
      seconds: 30,
      gaps: [{ at: 10, seconds: 5 }],
    });
    expect(labels).toEqual([{ start: 0, seconds: 30, label: 'x' }]);
  });
});
