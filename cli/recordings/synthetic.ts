/** Generated recordings with labels, named like files: `synthetic:eyes`, `synthetic:rhythm:ppg`. */
import { basename } from 'node:path';
import {
  groupBy,
  LABELLED_TASKS,
  type LabelledTask,
  labelledWindows,
  type ManifestEntry,
  MODALITIES,
  MODEL_RATE,
  type OpenedManifest,
  recordingOfWindows,
  SignalError,
  type SplitName,
} from '../../data/index.ts';

const PREFIX = 'synthetic:';
/** What is drawn: the same for everybody. */
const DRAWN = { seed: 1, subjects: 50, windowsPerSubject: 12 } as const;
/** A rhythm takes ten seconds to be told. */
const SECONDS: Readonly<Record<LabelledTask, number>> = { rhythm: 10, seizure: 4, eyes: 4, artefact: 4 };
/** Of every five subjects. */
const PARTS: readonly SplitName[] = ['train', 'train', 'train', 'validation', 'test'];

/** Names of what can be had, for help. */
export const SYNTHETIC_NAMES = LABELLED_TASKS.map((task) => PREFIX + task).join(', ');

export const isSynthetic = (path: string): boolean => basename(path).startsWith(PREFIX);

/** A recording a subject. @throws SignalError that lists the names there are. */
export function openSynthetic(path: string): OpenedManifest {
  const [, name = '', kind] = basename(path).split(':');
  const task = LABELLED_TASKS.find((known) => known === name);
  const modality = MODALITIES.find((known) => known === kind);
  if (!task) throw new SignalError(`There is no "${basename(path)}"; there are ${SYNTHETIC_NAMES}.`);
  if (kind !== undefined && !modality)
    throw new SignalError(`There is no modality "${kind}"; there are ${MODALITIES.join(', ')}.`);
  const seconds = SECONDS[task];
  const made = labelledWindows({ task, ...DRAWN, seconds, ...(modality && { modality }) });
  const recordings = [...groupBy(made.windows, ({ subject }) => String(subject))].map(
    ([subject, windows]) => {
      const id = `${PREFIX}${task}-${made.modality}/s${subject.padStart(2, '0')}`;
      const split = PARTS[Number(subject) % PARTS.length] as SplitName;
      const recording = recordingOfWindows({
        name: id,
        format: 'synthetic',
        subject: `s${subject.padStart(2, '0')}`,
        dataset: `${PREFIX}${task}-${made.modality}`,
        modality: made.modality,
        rate: MODEL_RATE,
        labels: made.channelLabels,
        unit: made.modality === 'ecg' ? 'mV' : made.modality === 'ppg' ? '' : 'uV',
        windows: windows.map(({ signal }) => signal),
      });
      const labels = windows.map(({ labelName }, i) => ({ start: i * seconds, seconds, label: labelName }));
      return { recording, entry: { path: id, split, labels } satisfies ManifestEntry };
    },
  );
  return {
    recordings: recordings.map(({ recording }) => recording),
    skipped: [],
    lost: [],
    entries: new Map(recordings.map(({ recording, entry }) => [recording.name, entry])),
  };
}
