/** Generated recordings with labels, named like files: `synthetic:eyes`, `synthetic:rhythm:ppg`. */
import { basename } from 'node:path';
import {
  LABELLED_TASKS,
  type LabelledTask,
  labelledRecordings,
  labelledWindows,
  type ManifestEntry,
  MODALITIES,
  type OpenedManifest,
  SignalError,
  type SplitName,
} from '../../../data/index.ts';

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
  const made = labelledWindows({
    ...{ task, ...DRAWN, seconds: SECONDS[task] },
    ...(modality && { modality }),
  });
  const dataset = `${PREFIX}${task}-${made.modality}`;
  const recordings = labelledRecordings(made, (number) => {
    const subject = `s${String(number).padStart(2, '0')}`;
    return { name: `${dataset}/${subject}`, format: 'synthetic', subject, dataset };
  });
  const entries = recordings.map(({ subject, recording: { name }, labels }): [string, ManifestEntry] => {
    return [name, { path: name, split: PARTS[subject % PARTS.length] as SplitName, labels }];
  });
  return {
    recordings: recordings.map(({ recording }) => recording),
    skipped: [],
    lost: [],
    entries: new Map(entries),
  };
}
