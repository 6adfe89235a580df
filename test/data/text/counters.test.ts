import { describe, expect, it } from 'vitest';
import { isCounter, notASignal } from '../../../data/counters.ts';
import { ecg, labelsOf, lines, open, used } from './open.ts';

const values = (count: number, of: (row: number) => number) =>
  Float64Array.from({ length: count }, (_, row) => of(row));

describe('notASignal', () => {
  it.each<[string, (row: number) => number]>([
    ['wraps at 3', (i) => i % 4],
    ['wraps at 15', (i) => i % 16],
    ['wraps at 255', (i) => i % 256],
    ['wraps at 65535', (i) => (65_000 + i) % 65_536],
    ['has lost packets', (i) => (i + 5 * Math.floor(i / 7)) % 256],
    ['jumps ahead', (i) => i + (i > 600 ? 4000 : 0)],
    ['begins anew at any place', (i) => (i < 777 ? i : i - 777)],
    ['counts every second row', (i) => Math.floor(i / 2) % 100],
    ['counts in twos', (i) => (2 * i) % 256],
    ['counts in tens and begins anew', (i) => (10 * i) % 1000],
    ['counts down', (i) => 5000 - i],
    ['counts down and begins anew', (i) => 255 - (i % 256)],
  ])('knows a counter that %s', (_, of) => {
    expect(notASignal(values(2000, of))).toMatch(/counter/);
    // Missing values are no steps.
    expect(notASignal(values(2000, (i) => (i % 50 === 3 ? Number.NaN : of(i))))).toMatch(/counter/);
  });

  it.each<[string, (row: number) => number]>([
    ['even times', (i) => 0.004 * i],
    ['times with lost rows', (i) => 4 * i + (i > 900 ? 300 : 0)],
    ['times of arrival that jitter back', (i) => 1_700_000_000 + 0.004 * i + 0.03 * Math.sin(i * i)],
    ['times of a clock that jitters', (i) => 12_345.678 + 0.004 * i + 0.0005 * Math.sin(i * i)],
    [
      'times of rows that come when they come',
      (i) => 100 + 4 * i + 3 * Math.sin(i) + 90 * Math.floor(i / 90),
    ],
    ['the milliseconds of each second', (i) => ((1000 * i) / 256.3) % 1000],
  ])('knows %s', (_, of) => {
    expect(notASignal(values(1000, of))).toMatch(/as (parts of )?times do/);
  });

  it('knows a count of packets that never begins anew, and what only falls', () => {
    expect(notASignal(values(2000, (i) => Math.floor(i / 10)))).toMatch(/counter/);
    expect(notASignal(values(2000, (i) => 900 - 0.3 * i - Math.sin(i) / 9))).toMatch(
      /as a time that is left does|times/,
    );
  });

  it('knows the codes of a trigger', () => {
    const codes = (i: number) => (i % 250 < 5 ? [1, 2, 4, 8, 16, 32][Math.floor(i / 250) % 6] : 0) as number;
    expect(notASignal(values(2000, codes))).toMatch(/as marks do/);
    // A signal of few counts moves more often.
    expect(notASignal(values(2000, (i) => (i % 8 < 2 ? i % 6 : 0)))).toBeUndefined();
  });

  it('knows flags and states', () => {
    expect(notASignal(values(500, (i) => (i % 100 < 3 ? 1 : 0)))).toMatch(/flags/);
    expect(notASignal(values(500, (i) => [1, 2, 4][Math.floor(i / 100) % 3] as number))).toMatch(/flags/);
  });

  it.each<[string, (row: number) => number]>([
    ['counts of an unsigned converter of 32 bits', (i) => 2 ** 31 + Math.round(9e6 * Math.sin(i / 30))],
    ['slow breaths in whole numbers', (i) => Math.round(2048 + 900 * Math.sin(i / 300))],
    ['very slow breaths', (i) => Math.round(2048 + 1900 * Math.sin(i / 1900))],
    ['a ramp in counts', (i) => Math.round(1000 + 0.37 * i)],
    ['a steep ramp in counts with noise', (i) => 1000 + i + ((i * 7919) % 3) - 1],
    [
      'a saw-tooth of pulses',
      (i) => (i % 200 < 20 ? 30 * (i % 200) : 600 - Math.floor(((i % 200) - 20) * 3.3)),
    ],
    ['beats in whole numbers with a plateau', (i) => Math.round(512 + 60 * ecg(i))],
    ['beats', ecg],
    ['a slow drift with noise', (i) => 0.001 * i + 0.01 * Math.sin(i)],
    ['a slow ramp in a few counts', (i) => 1000 + Math.floor(i / 80)],
    ['temperature', (i) => 33 + 0.01 * Math.round(i / 400)],
    ['coarse counts', (i) => Math.round(2 * Math.sin(i / 9))],
  ])('takes %s for a signal', (_, of) => {
    expect(notASignal(values(2000, of))).toBeUndefined();
  });

  it('judges nothing by few rows', () => {
    expect(notASignal(values(31, (i) => i))).toBeUndefined();
    expect(isCounter(values(2000, (i) => i + 0.5))).toBe(false);
  });
});

describe('columns that are no signal', () => {
  it('are left out where they are flags called after a signal', async () => {
    const recording = await open(
      `ECG_Raw,ECG_R_Beats\n${lines(1500, (i) => `${ecg(i).toFixed(3)},${i % 200 === 0 ? 1 : 0}`)}`,
      { rate: 250 },
    );
    expect(await used(recording)).toEqual(['ECG_Raw']);
  });

  it('are named where nothing says the rate', async () => {
    const rows = lines(600, (i) => `${i % 256},${ecg(i).toFixed(3)}`);
    await expect(open(`PacketNum,ECG\n${rows}`)).rejects.toThrow('("PacketNum" counts rows or packets)');
    await expect(open(`pk,ECG\n${rows}`)).rejects.toThrow('("pk" counts rows or packets)');
  });

  const beside = (name: string, of: (row: number) => number) =>
    open(`${name},EEG\n${lines(1500, (i) => `${of(i)},${ecg(i).toFixed(3)}`)}`, { rate: 250 });

  it('are left out by name where their name says it too', async () => {
    for (const name of ['PacketNum', 'Sample Index', 'COUNTER', 'frame_no', 'EEG.Counter', 'seq']) {
      const recording = await beside(name, (i) => i % 256);
      expect(labelsOf(recording), name).toEqual(['EEG']);
      expect(recording.notes.join()).toMatch(`"${name}" counts rows or packets; it is left out`);
    }
    expect(labelsOf(await beside('packet', (i) => Math.floor(i / 18)))).toEqual(['EEG']);
    // The name alone is not enough.
    expect(labelsOf(await beside('frame', ecg))).toEqual(['frame', 'EEG']);
  });

  it('are left out by their values, and come back where they are asked for', async () => {
    const recording = await beside('x', (i) => i % 256);
    expect(await used(recording)).toEqual(['EEG']);
    expect(recording.channels[0]).toMatchObject({ label: 'x', bad: expect.stringMatching(/counter/) });
    expect(
      await used(await beside('colA', (i) => 12_345.678 + 0.004 * i + 0.0005 * Math.sin(i * i))),
    ).toEqual(['EEG']);
    // What is called after a kind of signal is one.
    expect(await used(await beside('Cz', (i) => i % 200))).toEqual(['Cz', 'EEG']);
    expect(await used(await beside('out (mV)', (i) => i % 200))).toEqual(['out (mV)'.slice(0, 3), 'EEG']);
  });
});
