/** Which windows are held out of training, so that the loss on them shows what was learned and not what was memorised. */

import { permutation, RandomStream } from '../../base/random-stream.ts';
import { SignalError } from '../errors.ts';
import { MODEL_RATE } from '../rate.ts';
import type { RecordingWindows } from '../windows/cut.ts';
import { recordKeys, sampleKeys, unitKeys, unitsOf } from './kinship.ts';

/** A window: which recording of the group, and which of its windows. */
export interface WindowRef {
  recording: number;
  window: number;
}

export interface Split {
  train: WindowRef[];
  heldOut: WindowRef[];
  /** In words, for the log. */
  how: string;
  /** Names of the recordings that are held out, whole or in part as `how` says. */
  heldOutRecordings: string[];
}

/** No more than this part of a group's windows is held out to reach a whole subject or recording. */
const LARGEST_PART = 0.5;

/**
 * Fewest units of a group of which one is held out whole, where nobody asked for parts by subject. From two or three people nothing general is learned, and the
 * loss on another one would say how odd that one is; the end of each recording then shows more, and is called that.
 */
export const FEWEST_UNITS = 5;

/**
 * Splits groups of recordings (a group is what one kind of batch is drawn from). A unit is all recordings that share a
 * subject, a record that they are segments of, or a file of samples. Whole units are held out, picked by the seed,
 * until `fraction` of a group's windows is reached; a unit held out of one group is in no group's training part. Where
 * a group has too few units, other records of a subject are taken, and where these are too few too, the last windows
 * of each recording; training windows that overlap them are dropped.
 */
export function splitGroups(
  groups: readonly (readonly RecordingWindows[])[],
  fraction: number,
  seed: number,
  fewestUnits: number = FEWEST_UNITS,
): Split[] {
  if (!(fraction > 0 && fraction <= LARGEST_PART)) {
    throw new SignalError(
      `A held-out part of ${fraction} was asked for; it must be over 0 and at most ${LARGEST_PART}.`,
    );
  }
  const all = groups.flat();
  const subjects = nameOf(unitsOf(all, unitKeys));
  const records = nameOf(unitsOf(all, recordKeys));
  const bySubject = pickUnits(
    groups,
    subjects,
    fraction,
    new RandomStream(seed, 0),
    fewestUnits,
    () => false,
  );
  const ofSubject = (recording: RecordingWindows) => bySubject.has(subjects(recording));
  const byRecord = pickUnits(groups, records, fraction, new RandomStream(seed, 1), fewestUnits, ofSubject);
  const isHeld = (recording: RecordingWindows) => ofSubject(recording) || byRecord.has(records(recording));
  const trained = new Set(all.filter((recording) => !isHeld(recording)).map(subjects));
  const ends = endsOf(
    groups.filter((group) => !group.some(isHeld)),
    fraction,
  );
  return groups.map((group) => {
    const held = group.filter(isHeld);
    if (held.length === 0) return endBlocks(group, fraction, ends);
    const isNamed = held.some(({ subject }) => subject !== undefined);
    const isJoined = new Set(group.map(records)).size < group.length;
    const what = held.some((recording) => trained.has(subjects(recording)))
      ? `${isJoined ? 'records' : 'recordings'} (their subject has others in training)`
      : isNamed
        ? 'subjects'
        : isJoined
          ? 'records'
          : 'recordings';
    return wholes(group, isHeld, ends, what);
  });
}

const nameOf = (units: ReadonlyMap<RecordingWindows, string>) => (recording: RecordingWindows) =>
  units.get(recording) as string;

/**
 * Picks whole units until each group has its part, leaving each group at least one unit to train on. Groups of which
 * something `isHeld` already want no more, but may lose a unit to another group's part.
 */
function pickUnits(
  groups: readonly (readonly RecordingWindows[])[],
  unitOf: (recording: RecordingWindows) => string,
  fraction: number,
  random: RandomStream,
  fewestUnits: number,
  isHeld: (recording: RecordingWindows) => boolean,
): Set<string> {
  const states = groups.map((group) => {
    const sizes = new Map<string, number>();
    for (const recording of group) {
      const unit = unitOf(recording);
      sizes.set(unit, (sizes.get(unit) ?? 0) + recording.shape[0]);
    }
    const held = group.filter(isHeld);
    return {
      /** Windows of each unit. */
      sizes,
      total: group.reduce((sum, { shape }) => sum + shape[0], 0),
      windows: held.reduce((sum, { shape }) => sum + shape[0], 0),
      units: new Set(held.map(unitOf)).size,
      isServed: held.length > 0,
    };
  });
  const taken = new Set(groups.flat().filter(isHeld).map(unitOf));
  const units = [...new Set(states.flatMap(({ sizes }) => [...sizes.keys()]))].sort();
  const picked = new Set<string>();
  for (const place of permutation(units.length, random)) {
    const unit = units[place] as string;
    const here = states.filter(({ sizes }) => sizes.has(unit));
    const isWanted = here.some(({ isServed, windows, total }) => !isServed && windows < fraction * total);
    const isAllowed = here.every(
      ({ units: held, windows, sizes, total }) =>
        sizes.size >= fewestUnits &&
        held + 1 < sizes.size &&
        windows + (sizes.get(unit) as number) <= LARGEST_PART * total,
    );
    if (taken.has(unit) || !isWanted || !isAllowed) continue;
    picked.add(unit);
    for (const state of here) {
      state.windows += state.sizes.get(unit) as number;
      state.units++;
    }
  }
  return picked;
}

/** Seconds of each file (or recording without one) after which windows are held out; nothing else may train on them. */
export type Ends = ReadonlyMap<string, number>;

/** Where the last windows of these recordings begin. */
function endsOf(groups: readonly (readonly RecordingWindows[])[], fraction: number): Ends {
  const ends = new Map<string, number>();
  for (const recording of groups.flat()) {
    const end = recording.starts[lastBlock(recording, fraction)] as number;
    for (const key of sampleKeys(recording)) ends.set(key, Math.min(end, ends.get(key) ?? end));
  }
  return ends;
}

/** The first of the windows that are held out of a recording which is in training with the others. */
function lastBlock({ shape }: RecordingWindows, fraction: number): number {
  return shape[0] - Math.ceil(shape[0] * fraction);
}

/** How many of a recording's first windows do not reach into what is held out. */
export function trainable(recording: RecordingWindows, ends: Ends): number {
  const { shape, starts } = recording;
  const end = Math.min(...sampleKeys(recording).map((key) => ends.get(key) ?? Number.POSITIVE_INFINITY));
  const seconds = shape[2] / MODEL_RATE;
  let count = 0;
  // Half a sample of tolerance: starts are sums of fractions.
  while (count < shape[0] && (starts[count] as number) + seconds <= end + 0.0025) count++;
  return count;
}

function wholes(
  group: readonly RecordingWindows[],
  isHeld: (recording: RecordingWindows) => boolean,
  ends: Ends,
  what: string,
): Split {
  const held = group.filter(isHeld);
  const split: Split = {
    train: [],
    heldOut: [],
    how: `${held.length} of ${group.length} recordings held out, as whole ${what}`,
    heldOutRecordings: held.map(({ name }) => name),
  };
  group.forEach((one, recording) => {
    const into = isHeld(one) ? split.heldOut : split.train;
    const count = isHeld(one) ? one.shape[0] : trainable(one, ends);
    for (let window = 0; window < count; window++) into.push({ recording, window });
  });
  return split;
}

function endBlocks(group: readonly RecordingWindows[], fraction: number, ends: Ends): Split {
  const split: Split = {
    train: [],
    heldOut: [],
    how: `the last ${Math.round(100 * fraction)} % of each recording held out`,
    heldOutRecordings: group.map(({ name }) => name),
  };
  group.forEach((one, recording) => {
    const count = trainable(one, ends);
    for (let window = 0; window < count; window++) split.train.push({ recording, window });
    for (let window = lastBlock(one, fraction); window < one.shape[0]; window++)
      split.heldOut.push({ recording, window });
  });
  return split;
}
