import { describe, expect, it } from 'vitest';
import { scan } from '../../data/dataset/scan.ts';
import type { Modality } from '../../data/recording.ts';
import { findDefect, firstBeyond } from '../../data/windows/checks.ts';
import { cutWindows } from '../../data/windows/cut.ts';
import { loadWindows } from '../../data/windows/load.ts';
import { memoryRecording } from './memory-recording.ts';

const RATE = 250;
const noise = (gain = 30, seconds = 10) =>
  Float64Array.from({ length: seconds * RATE }, (_, i) => gain * Math.sin(i * i));

/** Noise with one value in its place. */
function spoilt(value: number, at: number, gain = 30): Float64Array {
  const signal = noise(gain);
  signal[at] = value;
  return signal;
}

const OPTIONS = { seconds: 1, mains: 50 } as const;
const eeg = (signals: readonly Float64Array[], unit = 'uV', labels = ['EEG Fz', 'EEG Cz']) =>
  memoryRecording({ name: 'night.edf', rate: RATE, unit, labels, signals });

describe('a value that no recorder delivers', () => {
  it.each([3.4e38, -3.4e38, Number.MAX_VALUE, Number.POSITIVE_INFINITY, 1.1e6])(
    '%d costs its window, which is counted and named, and no other',
    async (value) => {
      const good = await cutWindows(eeg([noise(), noise(20)]), OPTIONS);
      const cut = await cutWindows(eeg([noise(), spoilt(value, 1130, 20)]), OPTIONS);
      expect(cut.dropped).toEqual({ missing: 0, impossible: 1, flat: 0, clipped: 0, shortStretches: 0 });
      expect([...cut.starts]).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9]);
      expect(cut.blamed).toEqual([{ label: 'EEG Cz', windows: 1 }]);
      expect(cut.notes).toContain(
        `"EEG Cz" is ${Number(value.toPrecision(3))} at 4.52 s, which no recorder delivers; for such values a window was dropped`,
      );
      // The filters reach into the windows beside it, but one bridged sample is all that they meet.
      const [, channels, samples] = cut.shape;
      for (const [window, values] of [
        [0, 0],
        [3, 3],
        [4, 5],
        [8, 9],
      ] as const) {
        const own = cut.signal?.subarray(window * channels * samples, (window + 1) * channels * samples);
        const other = good.signal?.subarray(values * channels * samples, (values + 1) * channels * samples);
        own?.forEach((sample, i) => void expect(Math.abs(sample - (other?.[i] as number))).toBeLessThan(10));
      }
    },
  );

  it.each<[string, Modality, number, number]>([
    ['uV', 'eeg', 0.99e6, 1.01e6],
    ['V', 'eeg', 0.99, 1.01],
    ['mV', 'ieeg', 990, 1010],
    ['mV', 'ecg', 990, 1010],
    ['uV', 'ecg', 0.99e6, 1.01e6],
    ['', 'eeg', 4.2e9, 4.4e9],
    ['mV', 'ppg', 4.2e9, 4.4e9],
    ['NU', 'ppg', 4.2e9, 4.4e9],
  ])('in %s of an %s: %d may be, %d may not', async (unit, modality, possible, impossible) => {
    const count = async (value: number) => {
      const gain = { uV: 30, mV: 0.3, V: 3e-5 }[unit] ?? 30;
      const recording = { ...eeg([spoilt(value, 400, gain)], unit, ['x']), modality };
      return (await cutWindows(recording, { ...OPTIONS, mains: 'none' })).dropped.impossible;
    };
    expect([await count(possible), await count(-impossible)]).toEqual([0, 1]);
  });

  it('is none for the offset of a DC amplifier', async () => {
    const offset = noise().map((value, i) => value + (i < 1250 ? 262_000 : -262_000));
    expect((await cutWindows(eeg([offset]), { ...OPTIONS, mains: 'none' })).dropped.impossible).toBe(0);
  });

  it('is judged by no unit that a person trusts, but still by what a converter holds', async () => {
    const trust = { ...OPTIONS, mains: 'none', units: 'trust' } as const;
    expect((await cutWindows(eeg([spoilt(2e6, 400)]), trust)).dropped.impossible).toBe(0);
    expect((await cutWindows(eeg([spoilt(5e9, 400)]), trust)).dropped.impossible).toBe(1);
  });

  it('does not hide the amplitude that a unit is judged by, nor the hum', async () => {
    const hum = noise(3).map((value, i) => value + 20 * Math.sin((2 * Math.PI * 50 * i) / RATE));
    hum[700] = 1e200;
    const { notes } = await cutWindows(eeg([hum]), { seconds: 1, mains: 'auto' });
    expect(notes.join()).toMatch(/mains hum at 50 Hz/);
    expect(notes.join()).not.toMatch(/NaN|Infinity|plausible/);
  });

  it('stops no archive: recordings of nothing else are passed over with the reason', async () => {
    const all = noise().map((value) => value * 1e30);
    const { recordings, skipped, dropped } = await loadWindows(
      [
        { ...eeg([all]), name: 'bad' },
        { ...eeg([noise()]), name: 'good' },
      ],
      { ...OPTIONS, mains: 'none' },
    );
    expect(recordings.map(({ name }) => name)).toEqual(['good']);
    expect(dropped.impossible).toBe(10);
    expect(skipped[0]?.reason).toMatch(/10 for impossible values, 0 as flat, .* because of "EEG Fz" \(10\)/);
  });

  it('is named by a scan, with its channel and second', async () => {
    const { entries } = await scan({ recordings: [eeg([noise(), spoilt(3.4e38, 1130)])], skipped: [] });
    expect(entries[0]?.notes).toEqual([
      '"EEG Cz" is 3.4e+38 at 4.52 s, which no recorder delivers; windows with such values are dropped',
    ]);
  });

  it('is found in its stretch alone', () => {
    const signal = Float64Array.of(1, -9, Number.NaN, 3);
    expect(firstBeyond(signal, 0, 4, 8)).toBe(1);
    expect(firstBeyond(signal, 2, 4, 2)).toBe(3);
    expect(firstBeyond(signal, 2, 4, 3)).toBe(-1);
  });
});

describe('a signal too small for any recorder', () => {
  it.each([1e-30, 1e-300, 1e-8])('of %d is flat, and said to be', async (gain) => {
    await expect(loadWindows([eeg([noise(gain), noise(gain)])], OPTIONS)).rejects.toThrow(
      /"EEG Fz" never changes, "EEG Cz" never changes/,
    );
  });

  it('is left out beside others, and in volts only where it is small as microvolts', async () => {
    const small = await cutWindows(eeg([noise(1e-30), noise()]), OPTIONS);
    expect(small).toMatchObject({
      labels: ['EEG Cz'],
      leftOut: [{ label: 'EEG Fz', reason: 'never changes' }],
    });
    const volts = await cutWindows(eeg([noise(3e-7), noise(3e-5)], 'V'), OPTIONS);
    expect(volts.labels).toEqual(['EEG Fz', 'EEG Cz']);
  });

  it('drops the windows in which it is, as flat', async () => {
    const signal = noise().map((value, i) => (i < 1000 ? value * 1e-30 : value));
    const { dropped, starts } = await cutWindows(eeg([signal]), { ...OPTIONS, mains: 'none' });
    expect(dropped.flat).toBe(4);
    expect(starts[0]).toBe(4);
  });

  it('is flat where its offset leaves f32 nothing of it', () => {
    const around = (offset: number) => noise().map((value) => offset + value / 30);
    expect(findDefect(around(1e6), 0, 250)).toBeUndefined();
    expect(findDefect(around(1e9), 0, 250)).toBe('flat');
  });
});
