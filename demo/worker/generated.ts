/** The signals that the page brings along, as recordings: a few people of each modality, with labels. */
import {
  type LabelledStretch,
  type LabelledTask,
  labelledWindows,
  MODEL_RATE,
  type Modality,
  type Recording,
  recordingOfWindows,
} from '../../data/index.ts';

const TASKS: readonly (readonly [Modality, LabelledTask])[] = [
  ['ecg', 'rhythm'],
  ['ppg', 'rhythm'],
  ['eeg', 'eyes'],
  ['ieeg', 'seizure'],
];
const UNITS: Readonly<Record<Modality, string>> = { ecg: 'mV', ppg: '', eeg: 'uV', ieeg: 'uV' };

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
  const labels = new Map<string, LabelledStretch[]>();
  for (const [modality, task] of TASKS) {
    const made = labelledWindows({
      task,
      modality,
      seed: SEED,
      subjects: PEOPLE,
      windowsPerSubject: STRETCHES,
      seconds: STRETCH_SECONDS,
    });
    for (let person = 0; person < PEOPLE; person++) {
      const own = made.windows.filter(({ subject }) => subject === person);
      const name = `generated ${modality.toUpperCase()}, person ${person + 1}`;
      recordings.push(
        recordingOfWindows({
          name,
          format: 'generated',
          subject: `${modality}-${person + 1}`,
          modality,
          rate: MODEL_RATE,
          labels: made.channelLabels,
          unit: UNITS[modality],
          windows: own.map(({ signal }) => signal),
        }),
      );
      labels.set(
        name,
        own.map(({ labelName }, i) => ({
          start: i * STRETCH_SECONDS,
          seconds: STRETCH_SECONDS,
          label: labelName,
        })),
      );
    }
  }
  return { recordings, labels };
}
