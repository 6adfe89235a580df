/** Labelled windows, as classifiers need them. */
import { type RecordingWindows, readWindows, type SplitName } from '../../data/index.ts';
import type { Targets } from '../../model/index.ts';
import type { Row } from '../text.ts';
import type { Placed } from './places.ts';

/** Windows with their labels; arrays have an element a window. */
export interface Task {
  /** In the order of the alphabet. */
  readonly classes: readonly string[];
  readonly targets: Targets;
  /** Whose window it is: an interval resamples these. */
  readonly groups: readonly string[];
  readonly splits: readonly SplitName[];
  readonly places: readonly Placed[];
  readonly recordings: readonly RecordingWindows[];
  /** Of a window. */
  readonly seconds: number;
  /** For people. */
  readonly rows: readonly Row[];
}

export const PARTS = ['train', 'validation', 'test'] as const;

/** What a group is: where no subject is told, a recording stands for one. */
export function groupNoun({ recordings }: Pick<Task, 'recordings'>): 'subject' | 'recording' {
  return recordings.every(({ subject }) => subject !== undefined) ? 'subject' : 'recording';
}

/** Subjects (or recordings) of a part. */
export function groupCount(task: Pick<Task, 'splits' | 'groups'>, part: SplitName): number {
  return new Set(rowsOf(task, part).map((row) => task.groups[row])).size;
}

/** Rows of a part. */
export function rowsOf({ splits }: Pick<Task, 'splits'>, part: SplitName): number[] {
  return splits.flatMap((split, row) => (split === part ? [row] : []));
}

/** Windows of a task one after the other, each [channels, samples], for baselines on a processor. */
export async function* signalsOf({ recordings, places }: Task) {
  for (const { recording, window } of places) {
    const own = recordings[recording] as RecordingWindows;
    yield { signal: await readWindows(own, window, 1), channels: own.shape[1] };
  }
}
