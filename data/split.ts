/** Which windows are held out of training, so that the loss on them tells what was learned and not what was learned by heart. */
import { SignalError } from './errors.ts';
import { permutation, RandomStream } from './random.ts';
import { MODEL_RATE } from './rate.ts';
import type { RecordingWindows } from './windows.ts';

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
}

/** No more than this part of a group's windows is held out to reach a whole subject or recording. */
const LARGEST_PART = 0.5;

/**
 * Splits groups of recordings (a group is what one kind of batch is drawn from). Where a group has several subjects
 * (or recordings, where the files name no subject), whole ones are held out, picked by the seed, until `fraction` of
 * the windows is reached; a subject held out of one group is in no other group's training part. Else the last windows
 * of each recording are held out, and training windows that overlap them are dropped.
 */
export function splitGroups(
  groups: readonly (readonly RecordingWindows[])[],
  fraction: number,
  seed: number,
): Split[] {
  if (!(fraction > 0 && fraction <= LARGEST_PART)) {
    throw new SignalError(
      `A held-out part of ${fraction} was asked for; it must be over 0 and at most ${LARGEST_PART}.`,
    );
  }
  const heldSubjects = pickUnits(groups, unitOf, fraction, new RandomStream(seed, 0));
  return groups.map((group, index) => {
    if (group.some((recording) => heldSubjects.has(unitOf(recording)))) {
      const named = group.some(({ subject }) => subject !== undefined);
      return wholes(
        group,
        (recording) => heldSubjects.has(unitOf(recording)),
        named ? 'subjects' : 'recordings',
      );
    }
    const held = pickUnits([group], ({ name }) => name, fraction, new RandomStream(seed, 1, index));
    if (held.size > 0) {
      return wholes(group, ({ name }) => held.has(name), 'recordings (their subject has others in training)');
    }
    return endBlocks(group, fraction);
  });
}

function unitOf({ subject, name }: RecordingWindows): string {
  return subject === undefined ? `recording ${name}` : `subject ${subject}`;
}

/** Picks whole units until each group has its part, leaving each group at least one unit to train on. */
function pickUnits(
  groups: readonly (readonly RecordingWindows[])[],
  unitOf: (recording: RecordingWindows) => string,
  fraction: number,
  random: RandomStream,
): Set<string> {
  /** Windows of each unit in each group. */
  const counts = groups.map((group) => {
    const windows = new Map<string, number>();
    for (const recording of group) {
      const unit = unitOf(recording);
      windows.set(unit, (windows.get(unit) ?? 0) + recording.shape[0]);
    }
    return windows;
  });
  const totals = counts.map((windows) => [...windows.values()].reduce((a, b) => a + b, 0));
  const held = groups.map(() => ({ windows: 0, units: 0 }));
  const units = [...new Set(counts.flatMap((windows) => [...windows.keys()]))].sort();
  const picked = new Set<string>();
  for (const place of permutation(units.length, random)) {
    const unit = units[place] as string;
    const here = groups.flatMap((_, g) => (counts[g]?.has(unit) ? [g] : []));
    const size = (g: number) => counts[g]?.get(unit) ?? 0;
    const state = (g: number) => held[g] as { windows: number; units: number };
    const wanted = here.some((g) => state(g).windows < fraction * (totals[g] as number));
    const allowed = here.every(
      (g) =>
        state(g).units + 1 < (counts[g]?.size ?? 0) &&
        state(g).windows + size(g) <= LARGEST_PART * (totals[g] as number),
    );
    if (!wanted || !allowed) continue;
    picked.add(unit);
    for (const g of here) {
      state(g).windows += size(g);
      state(g).units++;
    }
  }
  return picked;
}

function wholes(
  group: readonly RecordingWindows[],
  isHeld: (recording: RecordingWindows) => boolean,
  what: string,
): Split {
  const split: Split = { train: [], heldOut: [], how: '' };
  let held = 0;
  group.forEach((recording, index) => {
    const into = isHeld(recording) ? split.heldOut : split.train;
    if (isHeld(recording)) held++;
    for (let window = 0; window < recording.shape[0]; window++) into.push({ recording: index, window });
  });
  split.how = `${held} of ${group.length} recordings held out, as whole ${what}`;
  return split;
}

function endBlocks(group: readonly RecordingWindows[], fraction: number): Split {
  const split: Split = {
    train: [],
    heldOut: [],
    how: `the last ${Math.round(100 * fraction)} % of each recording held out`,
  };
  group.forEach(({ shape, starts }, recording) => {
    const count = shape[0];
    const block = Math.ceil(count * fraction);
    const blockStart = starts[count - block] as number;
    const seconds = shape[2] / MODEL_RATE;
    for (let window = 0; window < count; window++) {
      if (window >= count - block) split.heldOut.push({ recording, window });
      // Half a sample of tolerance: starts are sums of fractions.
      else if ((starts[window] as number) + seconds <= blockStart + 0.0025)
        split.train.push({ recording, window });
    }
  });
  return split;
}
