/** The labelled tasks of the study, as `spotr probe` takes them. */
import { join } from 'node:path';

export interface StudyTask {
  readonly name: string;
  readonly title: string;
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
    options: { ...BONN, modality: 'eeg' },
    dividesFiles: true,
  },
  {
    name: 'ictal',
    title: 'Intracranial EEG, seizure or not (Bonn N and F, S)',
    groups: 'files; five patients, who is who is not published',
    recordings: 'ieeg/bonn/split_ictal.csv',
    options: { ...BONN, modality: 'ieeg' },
    dividesFiles: true,
  },
  {
    name: 'focal',
    title: 'Intracranial EEG between seizures, focus or opposite side (Bonn F and N)',
    groups: 'files; five patients, who is who is not published',
    recordings: 'ieeg/bonn/split_focal.csv',
    options: { ...BONN, modality: 'ieeg' },
    dividesFiles: true,
  },
  {
    name: 'fibrillation',
    title: 'PPG, sinus rhythm or atrial fibrillation (Liu et al. 2022)',
    groups: 'subjects',
    recordings: 'ppg/af-rhythm/segments.csv',
    options: { rate: '100', modality: 'ppg' },
  },
  {
    name: 'beats',
    title: 'ECG, normal beats or others (ECG5000)',
    groups: 'beats, all of one patient',
    recordings: 'ecg/ecg5000/ECG5000_TRAIN.txt',
    options: { labels: 'ecg/ecg5000/split.csv', rate: '200', modality: 'ecg' },
  },
  ...['eyes', 'seizure', 'rhythm', 'artefact'].map((task) => ({
    name: `synthetic-${task}`,
    title: `Generated: ${task}`,
    groups: 'generated subjects',
    recordings: `synthetic:${task}`,
  })),
];

/** Arguments of `spotr probe` that say what a task is. */
export function taskArguments({ recordings, options = {} }: StudyTask, signals: string): string[] {
  const at = (path: string) => (path.startsWith('synthetic:') ? path : join(signals, path));
  return [
    at(recordings),
    ...Object.entries(options).flatMap(([name, value]) => [
      `--${name}`,
      name === 'labels' ? at(value) : value,
    ]),
  ];
}
