/** Recordings of one kind in windows of one length, to train a model of nothing else on. */
import type { ManifestEntry } from '../../../data/index.ts';
import type { ManifestPart } from '../plan.ts';

export interface Signals extends ManifestPart {
  readonly title: string;
  /** Seconds. */
  readonly window: number;
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
  lineOf: of('bonn-eyes'),
  heldOut: 'one of every eight files of Bonn Z and O that no labelled task tests',
} as const;

export const SIGNALS: readonly Signals[] = [
  { name: 'eeg-1', title: 'scalp EEG, 1 s', window: 1, ...EYES },
  { name: 'eeg-3', title: 'scalp EEG, 3 s', window: 3, ...EYES },
  {
    name: 'ppg-10',
    title: 'PPG, 10 s',
    window: 10,
    lineOf: of('af-rhythm'),
    heldOut: 'a tenth of the subjects of Liu et al. 2022 that are for training',
  },
  {
    name: 'ecg-10',
    title: 'ECG, one lead, 10 s',
    window: 10,
    // Of four recordings none can be spared: without a part the end of each is held out.
    lineOf: of('wfdb', ({ split: _, ...line }) => {
      const lead = line.channels?.find((label) => /^(II|MLII)$/.test(label));
      return lead === undefined ? line : { ...line, channels: [lead] };
    }),
    heldOut: 'the last tenth of each of four recordings of PhysioNet, so the same people as in training',
  },
];
