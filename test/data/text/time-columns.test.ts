import { describe, expect, it } from 'vitest';
import { ecg, firstOf, labelsOf, lines, open, used } from './open.ts';

const table = (header: string, time: (i: number) => string | number, count = 500) =>
  open(`${header}\n${lines(count, (i) => `${time(i)},${ecg(i).toFixed(4)}`)}`);

describe('columns of times', () => {
  it.each<[string, (seconds: number) => string]>([
    ['Time (min),ECG', (s) => (s / 60).toFixed(7)],
    ['Elapsed time (h),ECG', (s) => (s / 3600).toFixed(10)],
    ['Time (days),ECG', (s) => (s / 86_400).toFixed(11)],
    ['Date,ECG', (s) => (45_000.5 + s / 86_400).toFixed(10)],
    ['time [ms],ECG', (s) => (1000 * s).toFixed(1)],
    ['time (cs),ECG', (s) => (100 * s).toFixed(2)],
    ['time_us,ECG', (s) => (1e6 * s).toFixed(0)],
    ['timeNs,ECG', (s) => (1e6 * s).toFixed(0).padEnd(3, '0') + (s === 0 ? '' : '000')],
    ['t/s,ECG', (s) => s.toFixed(3)],
    ['hours,ECG', (s) => (s / 3600).toFixed(10)],
    ['Timestamp (mSecs),ECG', (s) => (1000 * s).toFixed(1)],
    ['time [s/1000],ECG []', (s) => (1000 * s).toFixed(0)],
    ['time,ECG', (s) => `20240301T23595${s.toFixed(6)}`],
    ['time,ECG', (s) => `01-Mar-2024 23:59:5${s.toFixed(6)}`],
    ['time,ECG', (s) => (1_700_000_000 + s).toFixed(3)],
    ['ts,ECG', (s) => (1_700_000_000_000 + 1000 * s).toFixed(0)],
    ['x,ECG', (s) => (1_700_000_000_000_000 + 1e6 * s).toFixed(0)],
    ['Elapsed time,ECG', (s) => `0:0${s.toFixed(3)}`],
    ['clock,ECG', (s) => `12:34:5${s.toFixed(3)}`],
    ['Zeit,ECG', (s) => `02.01.2024 10:00:0${s.toFixed(3)}`],
    ['when,ECG', (s) => `2/1/2024 10:00:0${s.toFixed(3)} PM`],
    ['ts,ECG', (s) => `2024-01-02T10:00:0${s.toFixed(3)}+05:30`],
  ])('%s is 250 Hz', async (header, of) => {
    const recording = await table(header, (i) => of(0.004 * i));
    expect(recording.channels).toMatchObject([{ label: 'ECG', rate: 250, length: 500 }]);
    expect(recording.gaps).toEqual([]);
  });

  it.each([
    [1, /1 Hz in s, which is too slow.*1000 Hz in ms.*--rate/],
    [2, /0\.5 Hz in s, which is too slow.*500 Hz in ms/],
    [0.5, /2 Hz in s, which is too slow/],
    [60, /0\.01667 Hz in s, which is too slow/],
    [1 / 15_000, /250 Hz in min, but 15000 Hz in s/],
  ])('without a unit, steps of %d may be two things', async (step, message) => {
    await expect(table('time,hr', (i) => (step * i).toFixed(9))).rejects.toThrow(message);
    // A person decides.
    const told = await open(`time,hr\n${lines(99, (i) => `${step * i},${ecg(i)}`)}`, { rate: 125 });
    expect(told.channels[0]).toMatchObject({ rate: 125, length: 99 });
  });

  it('are in milliseconds where nothing else makes sense, which is said', async () => {
    const recording = await table('time,ECG', (i) => 4 * i);
    expect(recording.channels[0]?.rate).toBe(250);
    expect(recording.notes.join()).toMatch(/"time" have no unit; they are taken for ms, 250 Hz/);
  });

  it('are refused beyond what signals have, with the unit that would fit', async () => {
    await expect(table('time (s),ECG', (i) => (i / 15_000_000).toFixed(12))).rejects.toThrow(
      /15000000 Hz, more than the 100000 Hz.*it would be 4167 Hz in h/,
    );
    const slow = await table('time (s),ECG', (i) => 4 * i);
    expect(slow.channels[0]?.rate).toBe(0.25);
    expect(slow.notes.join()).toMatch(/make 0\.25 Hz; it would be 250 Hz in ms/);
    await expect(used(slow)).rejects.toThrow(/is too slow/);
  });

  it('of a clock of whole seconds give the rate by count', async () => {
    const recording = await table(
      'time,ECG',
      (i) => `10:00:${String(Math.floor(i / 250)).padStart(2, '0')}`,
      2500,
    );
    expect(recording.channels[0]).toMatchObject({ rate: 250, length: 2500 });
    expect(recording.notes.join()).toMatch(/come in bursts/);
  });

  it('are told by their values too, and the most even one is used', async () => {
    const text = `Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]\n${lines(
      390,
      (i) =>
        `2023-01-02T10:00:0${Math.floor(i / 130)}.000;${599_616_000 + Math.floor(i / 130)}${String(
          Math.floor(((i % 130) * 1e9) / 130),
        ).padStart(9, '0')};${((1000 * i) / 130).toFixed(6)};${Math.round(1000 * ecg(i))}`,
    )}`;
    const recording = await open(text);
    expect(recording.channels).toMatchObject([{ label: 'ecg', unit: 'uV', rate: 130, length: 390 }]);
    expect(recording.notes.join()).toMatch(
      /"Phone timestamp" holds times; ".*" is used, "Phone timestamp" is left out/,
    );
  });

  it('stand in quotes of either kind, with units below (PhysioBank)', async () => {
    const text = `'Elapsed time','MLII','V5'\n'hh:mm:ss.mmm','mV','mV'\n${lines(
      300,
      (i) => `'0:0${(0.004 * i).toFixed(3)}',${ecg(i).toFixed(3)},${i % 7}`,
    )}`;
    const recording = await open(text);
    expect(recording.channels).toMatchObject([
      { label: 'MLII', unit: 'mV', rate: 250, length: 300 },
      { label: 'V5', unit: 'mV' },
    ]);
    expect(await firstOf(recording, 2)).toEqual([Number(ecg(0).toFixed(3)), Number(ecg(1).toFixed(3))]);
  });

  it('in which the day cannot be told from the month must stay within one', async () => {
    const at = (day: string) => (i: number) =>
      `${i < 250 ? '1/2/2024' : day} ${i < 250 ? '23:59:59' : '00:00:00'}.${String(4 * (i % 250)).padStart(3, '0')}`;
    await expect(table('time,ECG', at('1/3/2024'))).rejects.toThrow(/line 252: .*"1\/3\/2024 00:00:00\.000"/);
    expect((await table('time,ECG', at('1/13/2024'))).gaps.length).toBe(1);
  });

  it('leave a date by itself and other texts out, by name', async () => {
    const recording = await open(
      `date,time,ECG,device,ok\n${lines(100, (i) => `2024-01-02,10:00:00.${String(4 * i).padStart(3, '0')},${ecg(i)},XYZ,TRUE`)}`,
    );
    expect(labelsOf(recording)).toEqual(['ECG']);
    expect(recording.notes.join()).toMatch(/"date" holds texts.*"device" holds texts.*"ok" holds texts/);
    expect(recording.notes.join()).not.toMatch(/XYZ/);
  });

  it('of American dates go over midnight, as AM and PM tell the month from the day', async () => {
    const day = (i: number) =>
      i < 250 ? `3/1/2024 11:59:59.${4 * i + 1000} PM` : `3/2/2024 12:00:00.${4 * (i - 250) + 1000} AM`;
    const recording = await table('time,ECG', (i) => day(i).replace(/\.1/, '.'), 500);
    expect(recording).toMatchObject({ gaps: [], channels: [{ rate: 250, length: 500 }] });
  });

  it('of whole seconds give the rate of the whole ones', async () => {
    // The first second has half of its rows, and the last one a few.
    const recording = await table(
      'time,ECG',
      (i) => `10:00:${String(10 + Math.floor((i + 125) / 250))}`,
      2020,
    );
    expect(recording.channels[0]?.rate).toBe(250);
    expect(
      (await table('time,ECG', (i) => (Math.round(i / 25) / 10).toFixed(1), 2000)).channels[0]?.rate,
    ).toBe(250);
  });

  it('need a time in each row', async () => {
    await expect(table('time,ECG', (i) => (i === 3 ? 'NaN' : 0.004 * i))).rejects.toThrow(
      'has no time in row 4',
    );
  });
});
