import { describe, expect, it } from 'vitest';
import { MODALITIES, type Modality } from '../../data/recording.ts';
import {
  LABELLED_TASKS,
  type LabelledOptions,
  type LabelledTask,
  type LabelledWindow,
  labelledWindows,
} from '../../data/synthetic/index.ts';
import { auc, bandRatio, deviation, irregularity, strayMeans } from './features.ts';
import { bandPower } from './spectrum.ts';

const RATE = 200;

function make(task: LabelledTask, options: Partial<LabelledOptions> = {}) {
  return labelledWindows({ task, seed: 5, subjects: 3, windowsPerSubject: 4, seconds: 2, ...options });
}

/** The channels of a window. */
function rows({ signal }: LabelledWindow, channels: number): Float32Array[] {
  const samples = signal.length / channels;
  return Array.from({ length: channels }, (_, i) => signal.subarray(i * samples, (i + 1) * samples));
}

describe('labelledWindows', () => {
  it.each(LABELLED_TASKS)('%s: two balanced classes in every subject, all in one array', (task) => {
    const { shape, signal, windows, labelNames, channelLabels } = make(task);
    expect(shape).toEqual([12, channelLabels.length, 400]);
    expect(signal.length).toBe(12 * channelLabels.length * 400);
    expect(signal.every(Number.isFinite)).toBe(true);
    expect(new Set(channelLabels).size).toBe(channelLabels.length);
    expect(windows.map(({ subject }) => subject)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    for (const subject of [0, 1, 2]) {
      const own = windows.filter((window) => window.subject === subject);
      expect(own.filter(({ label }) => label === 1).length).toBe(2);
    }
    for (const [i, window] of windows.entries()) {
      expect(window.labelName).toBe(labelNames[window.label]);
      const size = signal.length / 12;
      expect(window.signal).toEqual(signal.subarray(i * size, (i + 1) * size));
    }
    expect(new Set(windows.map((window) => window.signal.slice(0, 64).join())).size).toBe(12);
  });

  it('gives a window by seed, subject and number alone, however many are asked for', () => {
    for (const task of LABELLED_TASKS) {
      const few = make(task);
      const many = make(task, { subjects: 5, windowsPerSubject: 7 });
      for (const subject of [0, 1, 2]) {
        for (const window of [0, 1, 2, 3])
          expect(many.windows[subject * 7 + window]).toEqual(few.windows[subject * 4 + window]);
      }
      expect(make(task, { seed: 6 }).signal).not.toEqual(few.signal);
    }
  });

  it('draws which of two windows has the label, so that the number of a window does not tell', () => {
    const { windows } = make('rhythm', { subjects: 200, windowsPerSubject: 2, seconds: 0.1 });
    const first = windows.filter(({ label }, i) => i % 2 === 0 && label === 1).length;
    expect(first).toBeGreaterThan(70);
    expect(first).toBeLessThan(130);
  });

  it('makes artefacts in any modality', () => {
    for (const modality of MODALITIES) expect(make('artefact', { modality }).modality).toBe(modality);
    expect(make('rhythm', { modality: 'ppg', channels: 2 }).channelLabels).toEqual(['PPG 1', 'PPG 2']);
    expect(make('eyes').channelLabels.slice(-2)).toEqual(['O1', 'O2']);
  });

  it.each<[Partial<LabelledOptions>, RegExp]>([
    [{ task: 'sleep' as LabelledTask }, /no task "sleep"; there are rhythm, seizure, eyes, artefact/],
    [{ task: 'toString' as LabelledTask }, /no task "toString"/],
    [{ modality: 'eeg' }, /task "rhythm" is one of ecg, ppg, not of eeg/],
    [{ seed: -1 }, /seed is -1/],
    [{ subjects: 0 }, /subjects is 0.*from 1/],
    [{ windowsPerSubject: 1.5 }, /windowsPerSubject is 1.5/],
    [{ seconds: 65 }, /samples in a window of 65 s/],
    [{ channels: 13 }, /channels of ecg is 13.*1 to 12/],
    [{ subjects: 1 << 20, windowsPerSubject: 1 << 10 }, /take \d+ MB, and 2147 MB are the most/],
  ])('refuses %o', (options, message) => {
    expect(() => make('rhythm', options)).toThrow(message);
  });
});

/** What tells the classes apart: one number of a window's channels. */
type Feature = (channels: readonly Float32Array[]) => number;

const largest = (of: (channel: Float32Array) => number) => (channels: readonly Float32Array[]) =>
  Math.max(...channels.map(of));

const FEATURES: [LabelledTask, Modality, number, Feature][] = [
  ['rhythm', 'ecg', 10, ([lead]) => irregularity(lead as Float32Array, RATE, 0.02, true)],
  ['rhythm', 'ppg', 10, ([pulse]) => irregularity(pulse as Float32Array, RATE, 0.08)],
  ['seizure', 'ieeg', 4, largest((channel) => bandRatio(channel, RATE, [2.5, 14], [0.5, 2]))],
  ['eyes', 'eeg', 4, (channels) => bandRatio(channels[7] as Float32Array, RATE, [8, 12], [14, 25])],
  ['artefact', 'ecg', 4, largest((channel) => strayMeans(channel, RATE))],
  ['artefact', 'ppg', 4, largest((channel) => strayMeans(channel, RATE))],
  ['artefact', 'eeg', 4, largest((channel) => strayMeans(channel, RATE))],
  ['artefact', 'ieeg', 4, largest((channel) => strayMeans(channel, RATE))],
];

describe('classes', () => {
  it.each(FEATURES)(
    '%s in %s: a plain feature tells them apart, amplitude less so',
    (task, modality, seconds, feature) => {
      const { windows, shape } = make(task, { modality, seconds, subjects: 40, windowsPerSubject: 4 });
      const labels = windows.map(({ label }) => label);
      const told = auc(
        windows.map((window) => feature(rows(window, shape[1]))),
        labels,
      );
      const byAmplitude = auc(
        windows.map(({ signal }) => deviation(signal)),
        labels,
      );
      expect(told).toBeGreaterThan(0.9);
      // An artefact is amplitude, the more so where there is but one channel.
      expect(Math.max(byAmplitude, 1 - byAmplitude)).toBeLessThan(task === 'artefact' ? told : 0.9);
    },
  );
});

describe('seizure', () => {
  it('slows down and grows from its beginning to its end', () => {
    const { windows, shape } = make('seizure', {
      seconds: 64,
      subjects: 12,
      windowsPerSubject: 2,
      channels: 1,
    });
    const part = (values: Float32Array, from: number) => values.subarray(from * RATE, (from + 10) * RATE);
    for (const label of [0, 1]) {
      const changes = windows
        .filter((window) => window.label === label)
        .map(({ signal }) => {
          const fast = (from: number) => bandRatio(part(signal, from), RATE, [6.5, 14], [2.5, 5]);
          const size = (from: number) => bandPower(part(signal, from), 2.5, 14, RATE);
          return { slower: fast(0) - fast(54), larger: Math.log(size(54) / size(0)) };
        });
      const mean = (of: (change: (typeof changes)[number]) => number) =>
        changes.reduce((sum, change) => sum + of(change) / changes.length, 0);
      // Interictal windows change at random, and in neither direction.
      expect(mean(({ slower }) => slower) > 1).toBe(label === 1);
      expect(mean(({ larger }) => larger) > 0.5).toBe(label === 1);
    }
    expect(shape).toEqual([24, 1, 12_800]);
  });
});
