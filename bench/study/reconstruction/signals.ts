/** Recordings of one kind in windows of one length, to train a model of nothing else on. */
import type { ManifestEntry } from '../../../data/index.ts';
import type { ManifestPart } from '../plan.ts';

export interface Signals extends ManifestPart {
  readonly title: string;
  /** Seconds. */
  readonly window: number;
  /** Of a training; those of long windows take longer. */
  readonly steps: Readonly<Record<'tiny' | 'small', number>>;
  /** Seconds between the starts of windows in training; by default what the recipe takes. */
  readonly stride?: number;
  /** What is held out. */
  readonly heldOut: string;
}

const of =
  (dataset: string, change: (entry: ManifestEntry) => ManifestEntry = (entry) => entry) =>
  (entry: ManifestEntry): ManifestEntry | undefined => {
    if (entry.dataset !== dataset) return undefined;
    // The length is the plan's to say.
    const { window: _, ...line } = entry;
    return change(line);
  };

const EYES = {
  steps: { tiny: 8000, small: 6000 },
  lineOf: of('bonn-eyes'),
  heldOut: 'one of every eight files of Bonn Z and O that no labelled task tests',
} as const;

export const SIGNALS: readonly Signals[] = [
  { name: 'eeg-1', title: 'scalp EEG, 1 s', window: 1, ...EYES },
  { name: 'eeg-3', title: 'scalp EEG, 3 s', window: 3, ...EYES },
  {
    ...{ name: 'eeg-3-dense', title: 'scalp EEG, 3 s, a window every 0.08 s', window: 3, stride: 0.08 },
    ...{ ...EYES, steps: { tiny: 8000, small: 10_000 } },
  },
  {
    name: 'ppg-10',
    title: 'PPG, 10 s',
    window: 10,
    steps: { tiny: 4000, small: 3000 },
    lineOf: of('af-rhythm'),
    heldOut: 'a tenth of the subjects of Liu et al. 2022 that are for training',
  },
  {
    name: 'ecg-10',
    title: 'ECG, one lead, 10 s',
    window: 10,
    steps: { tiny: 5000, small: 4000 },
    // Of four recordings none can be spared: without a part the end of each is held out.
    lineOf: of('wfdb', ({ split: _, ...line }) => {
      const lead = line.channels?.find((label) => /^(II|MLII)$/.test(label));
      return lead === undefined ? line : { ...line, channels: [lead] };
    }),
    heldOut: 'the last tenth of each of four recordings of PhysioNet, so the same people as in training',
  },
];
