/** Labelled windows as the recordings of the people that they are of. */
import type { LabelledStretch } from '../dataset/manifest.ts';
import { groupBy } from '../group-by.ts';
import { MODEL_RATE } from '../rate.ts';
import type { Modality, Recording } from '../recording.ts';
import { type GivenWindows, recordingOfWindows } from '../windows/window-recording.ts';
import type { LabelledWindows } from './labelled.ts';

const UNITS: Readonly<Record<Modality, string>> = { ecg: 'mV', ppg: '', eeg: 'uV', ieeg: 'uV' };

export interface LabelledRecording {
  /** As of the windows: from 0. */
  readonly subject: number;
  readonly recording: Recording;
  readonly labels: readonly LabelledStretch[];
}

/** A recording a subject, called as `called` says. */
export function labelledRecordings(
  { windows, modality, channelLabels, shape }: LabelledWindows,
  called: (subject: number) => Pick<GivenWindows, 'name' | 'format' | 'subject' | 'dataset'>,
): LabelledRecording[] {
  const seconds = shape[2] / MODEL_RATE;
  return [...groupBy(windows, ({ subject }) => subject)].map(([subject, own]) => ({
    subject,
    recording: recordingOfWindows({
      ...called(subject),
      modality,
      kind: modality,
      rate: MODEL_RATE,
      labels: channelLabels,
      unit: UNITS[modality],
      windows: own.map(({ signal }) => signal),
    }),
    labels: own.map(({ labelName }, i) => ({ start: i * seconds, seconds, label: labelName })),
  }));
}
