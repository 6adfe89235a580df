import { describe, expect, it } from 'vitest';
import { modalityOf } from '../../data/channels.ts';
import { openPaths } from '../../data/open-node.ts';
import type { Modality, Recording } from '../../data/recording.ts';
import {
  type AmplitudeVerdict,
  conversionOf,
  judgeAmplitude,
  largestPossible,
  typicalAmplitude,
} from '../../data/units.ts';
import { cutWindows } from '../../data/windows/cut.ts';
import { memoryRecording } from './memory-recording.ts';
import { sharedSignals } from './shared-signals.ts';

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

describe('a unit that the amplitude contradicts', () => {
  // An alpha rhythm of 30 uV.
  const alpha = Float64Array.from({ length: 5000 }, (_, t) => 30 * Math.sin(0.32 * t) + 8 * Math.sin(t * t));
  const recording = (unit: string, factor: number) =>
    memoryRecording({
      rate: 200,
      unit,
      labels: ['EEG Fz', 'EEG Cz', 'Temp'],
      signals: [1, 1.3, 1e5].map((gain) => alpha.map((value) => gain * value * factor)),
    });
  const options = { seconds: 1, mains: 'none', channels: ['EEG Fz', 'EEG Cz'] } as const;

  it.each([
    ['mV', 1, 'x 1e-3'],
    ['V', 1, 'x 1e-6'],
    ['uV', 1e-3, 'x 1e3'],
  ])('(%s for a signal of %d times as many uV) is corrected, with a note', async (unit, factor, times) => {
    const expected = await cutWindows(recording('uV', 1), options);
    const { signal, converted, notes } = await cutWindows(recording(unit, factor), options);
    expect(notes.join()).toMatch(
      new RegExp(
        `EEG of .* uV: 1 to 500 uV are plausible, and ${times} would make it .*taken for uV after this`,
      ),
    );
    expect(expected.notes).toEqual([]);
    signal?.forEach((value, i) => void expect(value).toBeCloseTo(expected.signal?.[i] as number, 3));
    if (unit === 'uV') expect(converted[0]?.how).toBe('"uV", which its amplitude contradicts, to uV: x 1e3');
  });

  it('is refused, or taken as it is, where that is asked for', async () => {
    const wrong = recording('mV', 1);
    await expect(cutWindows(wrong, { ...options, units: 'refuse' })).rejects.toThrow(
      /EEG of .* x 1e-3 would make it/,
    );
    const { converted, notes } = await cutWindows(wrong, { ...options, units: 'trust' });
    expect(notes).toEqual([]);
    expect(converted[0]?.how).toBe('mV to uV: x 1e3');
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

describe('typicalAmplitude', () => {
  const wave = (amplitude: number, rate = 200, count = 2000) =>
    Float64Array.from(
      { length: count },
      (_, t) => amplitude * Math.SQRT2 * Math.sin((2 * Math.PI * 10 * t) / rate),
    );

  it('is the deviation of a wave, whatever its offset, its drift and a few artefacts', () => {
    expect(typicalAmplitude([wave(20)], 200)).toBeCloseTo(20, 1);
    const spoilt = wave(20).map((value, t) => value + 1e5 - 3 * t + (t >= 800 && t < 810 ? 1e4 : 0));
    expect(typicalAmplitude([spoilt], 200)).toBeCloseTo(20, 1);
    expect(typicalAmplitude([wave(20), wave(20), wave(9000)], 200)).toBeCloseTo(20, 1);
    expect(typicalAmplitude([wave(20, 1000, 10_000)], 1000)).toBeCloseTo(20, 1);
  });

  it('leaves out what is missing or dead', () => {
    const holes = wave(20).map((value, t) => (t % 1000 === 5 ? Number.NaN : value));
    expect(typicalAmplitude([holes, new Float64Array(2000).fill(7)], 200)).toBeCloseTo(20, 1);
    for (const nothing of [
      [],
      [new Float64Array(2000)],
      [wave(20).fill(Number.NaN)],
      [wave(20).subarray(0, 300)],
    ])
      expect(typicalAmplitude(nothing, 200)).toBeUndefined();
    expect(typicalAmplitude([wave(20)], 4)).toBeUndefined();
  });
});

describe('judgeAmplitude', () => {
  it.each([
    ['eeg', 'uV', 20],
    ['eeg', '\u00b5V', 400],
    ['ieeg', 'uV', 1500],
    ['ecg', 'mV', 0.15],
    ['ecg', 'MV', 5],
  ] as const)('%s in %s: %f is plausible', (modality, unit, amplitude) => {
    expect(judgeAmplitude(modality, unit, amplitude)).toMatchObject({ verdict: 'plausible' });
  });

  it.each([
    // mV said, uV meant; V said, uV meant; uV said, mV meant; uV said, V meant.
    ['eeg', 'uV', 20_000, 1e-3],
    ['eeg', 'uV', 20e6, 1e-6],
    ['eeg', 'uV', 0.02, 1e3],
    ['eeg', 'uV', 20e-6, 1e6],
    ['ieeg', 'uV', 0.3, 1e3],
    ['ieeg', 'uV', 90_000, 1e-3],
    ['ecg', 'mV', 150, 1e-3],
    ['ecg', 'mV', 1.5e-4, 1e3],
  ] as const)('%s in %s: %f would be right times %f', (modality, unit, amplitude, factor) => {
    const verdict = judgeAmplitude(modality, unit, amplitude);
    expect(verdict).toMatchObject({ verdict: 'wrong unit', factor });
    expect(verdict?.sentence).toContain(`x 1e${Math.log10(factor)} would make it`);
  });

  it('says the amplitude, the range and the factor', () => {
    expect(judgeAmplitude('ecg', 'mV', 150)?.sentence).toBe(
      'ECG of 150 mV: 0.02 to 20 mV are plausible, and x 1e-3 would make it 0.15; either the file declares a wrong unit, or this is no ECG.',
    );
    expect(judgeAmplitude('eeg', 'uV', 612.3)).toEqual({
      verdict: 'odd',
      sentence:
        'EEG of 612 uV: 1 to 500 uV are plausible, and no mistaken unit explains it; look at the signal.',
    });
    expect(judgeAmplitude('ieeg', 'uV', 100)?.sentence).toBe(
      'intracranial EEG of 100 uV: plausible, 5 to 5000 are.',
    );
  });

  it('judges nothing without a unit, a kind or an amplitude', () => {
    expect(judgeAmplitude('eeg', '', 20_000)).toBeUndefined();
    expect(judgeAmplitude('eeg', 'mV', 20_000)).toBeUndefined();
    expect(judgeAmplitude('ppg', 'V', 20_000)).toBeUndefined();
    expect(judgeAmplitude(undefined, 'uV', 20_000)).toBeUndefined();
    expect(judgeAmplitude('eeg', 'uV', undefined)).toBeUndefined();
  });

  it('finds a thousandfold error at any amplitude that is plausible', () => {
    for (const [modality, unit, low, high] of [
      ['eeg', 'uV', 1, 500],
      ['ieeg', 'uV', 5.01, 4990],
      ['ecg', 'mV', 0.0201, 19.9],
    ] as const) {
      for (let amplitude: number = low; amplitude <= high; amplitude *= 1.3) {
        for (const error of [1e-6, 1e-3, 1e3, 1e6])
          expect(judgeAmplitude(modality, unit, amplitude * error)?.verdict).toBe('wrong unit');
      }
    }
  });
});

const folder = sharedSignals('units.test.ts');
describe.runIf(folder)('real recordings', () => {
  it.each([
    ['eeg/edf-bdf', {}],
    ['ecg/wfdb', {}],
    ['eeg/bonn-eyes', { rate: 173.61, modality: 'eeg' }],
    ['ieeg/bonn', { rate: 173.61, modality: 'ieeg' }],
  ] as const)('%s: all voltages are plausible', async (path, options) => {
    const { recordings } = await openPaths([`${folder}/${path}`], options);
    let judged = 0;
    for (const recording of recordings) {
      const unit = 'modality' in options ? 'uV' : undefined;
      for (const { sentence, verdict } of await verdictsOf(recording, unit)) {
        judged++;
        // The two "ECG" inputs of this file hang in the air, at -218 and 176 mV, with 5 uV of noise.
        const open = recording.name.endsWith('test_edf_stim_channel.edf') && sentence.startsWith('ECG');
        expect([recording.name, sentence, verdict]).toEqual([
          recording.name,
          sentence,
          open ? 'wrong unit' : 'plausible',
        ]);
      }
    }
    expect(judged).toBeGreaterThan(4);
  });
});

/** Of the channels of each kind that a label names, or all where the files name no unit but are known to be in `unit`. */
async function verdictsOf(recording: Recording, unit?: string): Promise<AmplitudeVerdict[]> {
  const verdicts: AmplitudeVerdict[] = [];
  for (const modality of ['eeg', 'ieeg', 'ecg'] as const) {
    const found = recording.channels.filter(
      ({ label }) => (unit ? recording.modality : modalityOf(label)) === modality,
    );
    const signals: Float64Array[] = [];
    for (const channel of found) {
      const factor = conversionOf(channel, modality)?.factor ?? 1;
      const index = recording.channels.indexOf(channel);
      const [values] = await recording.read([index], 0, Math.min(channel.length, 60 * channel.rate));
      if (values) signals.push(values.map((value) => value * factor));
    }
    const usual = modality === 'ecg' ? 'mV' : 'uV';
    const verdict = judgeAmplitude(modality, usual, typicalAmplitude(signals, found[0]?.rate ?? 0));
    if (verdict) verdicts.push(verdict);
  }
  return verdicts;
}

describe('largestPossible', () => {
  it('is one volt in the usual unit, and what a converter holds where there is none', () => {
    const channel = (label: string, unit: string) => ({ label, unit, rate: 250, length: 1 });
    expect(largestPossible(channel('ECG', 'uV'), 'ecg')).toBe(1000);
    expect(largestPossible(channel('II', 'mV'), 'ecg')).toBe(1000);
    expect(largestPossible(channel('Cz', 'mV'), 'eeg')).toBe(1e6);
    expect(largestPossible(channel('LAH1', 'V'), 'ieeg')).toBe(1e6);
    expect(largestPossible(channel('ECG', ''), 'ecg')).toBe(2 ** 32);
    expect(largestPossible(channel('PLETH', 'mV'), 'ppg')).toBe(2 ** 32);
  });
});
