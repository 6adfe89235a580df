/** The signals that the page brings along, as recordings: a few people of each modality, with labels. */
import { MODALITY_NAMES } from '../../data/channels/wording.ts';
import {
  type LabelledStretch,
  type LabelledTask,
  labelledRecordings,
  labelledWindows,
  type Modality,
  type Recording,
} from '../../data/index.ts';

const TASKS: readonly (readonly [Modality, LabelledTask])[] = [
  ['ecg', 'rhythm'],
  ['ppg', 'rhythm'],
  ['eeg', 'eyes'],
  ['ieeg', 'seizure'],
];

const PEOPLE = 6;
const STRETCHES = 2;
const STRETCH_SECONDS = 16;
const SEED = 1;

export interface Generated {
  readonly recordings: readonly Recording[];
  readonly labels: ReadonlyMap<string, readonly LabelledStretch[]>;
}

/** Of people that training never sees: its windows are drawn from other ones. */
export function generatedRecordings(): Generated {
  const recordings: Recording[] = [];
  const labels = new Map<string, readonly LabelledStretch[]>();
  for (const [modality, task] of TASKS) {
    const made = labelledWindows({
      task,
      modality,
      seed: SEED,
      subjects: PEOPLE,
      windowsPerSubject: STRETCHES,
      seconds: STRETCH_SECONDS,
    });
    const own = labelledRecordings(made, (subject) => ({
      name: `generated ${MODALITY_NAMES[modality]}, person ${subject + 1}`,
      format: 'generated',
      subject: `${modality}-${subject + 1}`,
    }));
    for (const one of own) {
      recordings.push(one.recording);
      labels.set(one.recording.name, one.labels);
    }
  }
  return { recordings, labels };
}
