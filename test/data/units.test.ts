import { describe, expect, it } from 'vitest';
import type { Modality } from '../../data/recording.ts';
import { conversionOf } from '../../data/units.ts';
import { cutWindows } from '../../data/windows/cut.ts';
import { memoryRecording } from './memory-recording.ts';

const of = (label: string, unit: string, modality?: Modality) =>
  conversionOf({ label, unit, rate: 200, length: 1 }, modality);

describe('conversionOf', () => {
  it.each([
    ['EEG Fz', 'V', undefined, 1e6, 'V to uV: x 1e6'],
    ['x', 'mV', 'ieeg', 1e3, 'mV to uV: x 1e3'],
    ['x', 'nV', 'eeg', 1e-3, 'nV to uV: x 1e-3'],
    ['II', '\u00b5V', undefined, 1e-3, 'uV to mV: x 1e-3'],
    ['II', '\u03bcV', undefined, 1e-3, 'uV to mV: x 1e-3'],
    ['x', 'Volts', 'ecg', 1e3, 'Volts to mV: x 1e3'],
    ['ECG', 'uV', 'eeg', 1e-3, 'uV to mV: x 1e-3'],
  ] as const)('%s in %s (%s)', (label, unit, modality, factor, how) => {
    expect(of(label, unit, modality)).toEqual({ factor, how });
  });

  it.each([
    ['EEG Fz', 'uV', undefined],
    ['II', 'mV', undefined],
    ['x', 'V', undefined],
    ['PPG', 'V', undefined],
    ['EEG Fz', '', undefined],
    ['x', 'mmHg', 'ecg'],
  ] as const)('leaves %s in "%s" (%s) as it is', (label, unit, modality) => {
    expect(of(label, unit, modality)).toBeUndefined();
  });
});

describe('cutWindows', () => {
  it('gives the same windows whatever the unit that a file declares, and says what it did', async () => {
    const microvolts = Float64Array.from({ length: 1000 }, (_, t) => 20 * Math.sin(t * t) + 3);
    const cut = (unit: string, factor: number) =>
      cutWindows(
        memoryRecording({
          rate: 250,
          unit,
          labels: ['EEG Fz', 'EEG Cz'],
          signals: [1, 2].map((gain) => microvolts.map((value) => gain * value * factor)),
        }),
        { seconds: 1, mains: 50 },
      );
    const expected = await cut('uV', 1);
    expect(expected.converted).toEqual([]);
    for (const [unit, factor, how] of [
      ['V', 1e-6, 'V to uV: x 1e6'],
      ['mV', 1e-3, 'mV to uV: x 1e3'],
    ] as const) {
      const { signal, converted } = await cut(unit, factor);
      expect(converted).toEqual([
        { label: 'EEG Fz', how },
        { label: 'EEG Cz', how },
      ]);
      expect(signal).toHaveLength(expected.signal?.length ?? 0);
      signal?.forEach((value, i) => {
        expect(value).toBeCloseTo(expected.signal?.[i] as number, 3);
      });
    }
  });
});
