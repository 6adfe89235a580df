/** Windows of another length of the same recordings, to train on without what is held out. */
import type { RecordingWindows } from '../windows/cut.ts';
import { sampleKeys, unitKeys, unitsOf } from './kinship.ts';
import { type Ends, type Split, trainable, type WindowRef } from './split.ts';

/** What a data set holds out, whatever its windows are. */
export interface Reserved {
  /** Recordings none of whose windows are trained on: nothing of their subject, record or file is. */
  readonly held: readonly RecordingWindows[];
  /** Names of those that are trained on. */
  readonly trained: ReadonlySet<string>;
  /** Seconds of each file (or recording without one) after which windows are held out. */
  readonly ends: Ends;
}

interface Divided {
  readonly recordings: readonly RecordingWindows[];
  readonly train: readonly WindowRef[];
  readonly heldOut: readonly WindowRef[];
}

export function reservedOf(groups: readonly Divided[]): Reserved {
  const trained = new Set<string>();
  const ends = new Map<string, number>();
  const withHeld = new Map<string, RecordingWindows>();
  for (const { recordings, train, heldOut } of groups) {
    for (const { recording } of train) trained.add((recordings[recording] as RecordingWindows).name);
    for (const { recording, window } of heldOut) {
      const own = recordings[recording] as RecordingWindows;
      withHeld.set(own.name, own);
      const start = own.starts[window] as number;
      for (const key of sampleKeys(own)) ends.set(key, Math.min(start, ends.get(key) ?? start));
    }
  }
  return { held: [...withHeld.values()].filter(({ name }) => !trained.has(name)), trained, ends };
}

/**
 * All windows of groups of recordings that share nothing with what is reserved. A recording that only these windows fit goes
 * with its subject, record and file.
 */
export function splitApart(
  groups: readonly (readonly RecordingWindows[])[],
  { held, trained, ends }: Reserved,
): Split[] {
  const all = groups.flat();
  const units = unitsOf([...all, ...held], unitKeys);
  const reserved = new Set(held.map((one) => units.get(one)));
  return groups.map((group) => ({
    train: group.flatMap((one, recording) => {
      if (!trained.has(one.name) && reserved.has(units.get(one))) return [];
      return Array.from({ length: trainable(one, ends) }, (_, window) => ({ recording, window }));
    }),
    heldOut: [],
    how: 'held out as of the windows that are measured on',
    heldOutRecordings: [],
  }));
}
