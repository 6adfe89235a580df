/** The labelled tasks of the study, as `spotr probe` takes them. */
import { join } from 'node:path';
import type { LabelledTask, Modality } from '../../data/index.ts';

export interface StudyTask {
  readonly name: string;
  readonly title: string;
  readonly kind: Modality;
  /** What the intervals resample. */
  readonly groups: string;
  /** Of the command; paths are from the folder of signals. */
  readonly recordings: string;
  readonly options?: Readonly<Record<string, string>>;
  /** A table that divides files: those it tests on are left out of pretraining, whatever another table says. */
  readonly dividesFiles?: true;
}

const BONN = { rate: '173.61' } as const;

export const TASKS: readonly StudyTask[] = [
  {
    name: 'eyes',
    title: 'Scalp EEG, eyes open or closed (Bonn Z and O)',
    groups: 'files; five volunteers, who is who is not published',
    recordings: 'eeg/bonn-eyes/split.csv',
    kind: 'eeg',
    options: BONN,
    dividesFiles: true,
  },
  {
    name: 'ictal',
    title: 'Intracranial EEG, seizure or not (Bonn N and F, S)',
    groups: 'files; five patients, who is who is not published',
    recordings: 'ieeg/bonn/split_ictal.csv',
    kind: 'ieeg',
    options: BONN,
    dividesFiles: true,
  },
  {
    name: 'focal',
    title: 'Intracranial EEG between seizures, focus or opposite side (Bonn F and N)',
    groups: 'files; five patients, who is who is not published',
    recordings: 'ieeg/bonn/split_focal.csv',
    kind: 'ieeg',
    options: BONN,
    dividesFiles: true,
  },
  {
    name: 'fibrillation',
    title: 'PPG, sinus rhythm or atrial fibrillation (Liu et al. 2022)',
    groups: 'subjects',
    recordings: 'ppg/af-rhythm/segments.csv',
    kind: 'ppg',
    options: { rate: '100' },
  },
  {
    name: 'beats',
    title: 'ECG, normal beats or others (ECG5000)',
    groups: 'beats, all of one patient',
    recordings: 'ecg/ecg5000/ECG5000_TRAIN.txt',
    options: { labels: 'ecg/ecg5000/split.csv', rate: '200' },
    kind: 'ecg',
  },
  generated('eyes', 'eeg'),
  generated('seizure', 'ieeg'),
  generated('rhythm', 'ecg'),
  generated('artefact', 'eeg'),
];

function generated(task: LabelledTask, kind: Modality): StudyTask {
  return {
    name: `synthetic-${task}`,
    title: `Generated: ${task}`,
    kind,
    groups: 'generated subjects',
    recordings: `synthetic:${task}`,
  };
}

/** Arguments of `spotr probe` that say what a task is. */
export function taskArguments({ recordings, kind, options = {} }: StudyTask, signals: string): string[] {
  if (recordings.startsWith('synthetic:')) return [recordings];
  const at = (path: string) => join(signals, path);
  return [
    at(recordings),
    ...Object.entries(options).flatMap(([name, value]) => [
      `--${name}`,
      name === 'labels' ? at(value) : value,
    ]),
    '--modality',
    kind,
  ];
}
