/** Train, validation and test parts by subject, written into a manifest. */

import { firstNames } from '../../base/first-names.ts';
import { permutation, RandomStream } from '../../base/random-stream.ts';
import { SignalError } from '../errors.ts';
import { groupBy } from '../group-by.ts';
import type { RecordingWindows } from '../windows/cut.ts';
import { type Related, unitKeys, unitsOf } from './kinship.ts';
import { SPLIT_NAMES, type SplitName } from './manifest.ts';
import type { Split } from './split.ts';

/** As much of a recording as splitting needs. */
export interface Assignable extends Related {
  readonly seconds?: number;
  readonly split?: SplitName;
}

/** Parts of the whole; what is left is for training. */
export interface Parts {
  readonly validation: number;
  readonly test: number;
}

const SPLIT_STREAM = 7;
/** One for each part: somebody asked for them, so they are given as soon as they can be. Where nobody did, `FEWEST_UNITS` holds. */
const FEWEST_SUBJECTS = 3;
/** A part is filled up to this many times what was asked for: subjects are whole. */
const OVERFULL = 1.25;

/** Units up to about `wanted` seconds, in the order given; the shortest where each is too long. None where none is wanted. */
function fill(units: readonly string[], seconds: ReadonlyMap<string, number>, wanted: number): string[] {
  const taken: string[] = [];
  let filled = 0;
  const lengthOf = (unit: string) => seconds.get(unit) as number;
  for (const unit of units) {
    if (filled >= wanted) break;
    if (filled + lengthOf(unit) > OVERFULL * wanted) continue;
    taken.push(unit);
    filled += lengthOf(unit);
  }
  if (taken.length > 0 || wanted === 0) return taken;
  return [...units].sort((a, b) => lengthOf(a) - lengthOf(b)).slice(0, 1);
}

/**
 * A part for every recording. Recordings of one subject, of one longer record or of one file of samples go to one part; each
 * data set is split by itself, by seconds of signal, in an order that depends on the seed alone. A data set of fewer
 * than 3 subjects is all for training.
 * @throws SignalError where the parts make no sense.
 */
export function assignSplits(
  recordings: readonly Assignable[],
  { validation, test }: Parts,
  seed: number,
): Map<Assignable, SplitName> {
  if (!(validation >= 0 && test >= 0 && validation + test < 1 && validation + test > 0)) {
    throw new SignalError(
      `Parts of ${validation} for validation and ${test} for test were asked for; each is at least 0, and both together are over 0 and under 1.`,
    );
  }
  const units = unitsOf(recordings, unitKeys);
  const byDataset = groupBy(recordings, ({ dataset }) => dataset ?? '');
  const parts = new Map<string, SplitName>();
  for (const name of [...byDataset.keys()].sort()) {
    const members = byDataset.get(name) as readonly Assignable[];
    const seconds = new Map<string, number>();
    for (const one of members) {
      const unit = units.get(one) as string;
      seconds.set(unit, (seconds.get(unit) ?? 0) + (one.seconds ?? 1));
    }
    const sorted = [...seconds.keys()].sort();
    const total = [...seconds.values()].reduce((a, b) => a + b, 0);
    const order = permutation(sorted.length, new RandomStream(seed, SPLIT_STREAM));
    const shuffled = [...order].map((place) => sorted[place] as string);
    for (const [part, fraction] of [
      ['test', test],
      ['validation', validation],
    ] as const) {
      if (sorted.length < FEWEST_SUBJECTS) continue;
      const free = shuffled.filter((unit) => !parts.has(unit));
      for (const unit of fill(free.slice(0, -1), seconds, fraction * total)) parts.set(unit, part);
    }
  }
  return new Map(recordings.map((one) => [one, parts.get(units.get(one) as string) ?? 'train']));
}

/**
 * Checks that no subject, longer record or file of samples is in two parts, and that every recording has a part.
 * @throws SignalError with the list of what is.
 */
export function requireSeparate(recordings: readonly Assignable[]): void {
  const without = recordings.filter(({ split }) => split === undefined);
  if (without.length > 0 && without.length < recordings.length) {
    throw new SignalError(
      `${without.length} of ${recordings.length} recordings have no split, such as ${firstNames(
        without.map(({ name }) => name),
        3,
      )}; give them one of ${SPLIT_NAMES.join(', ')}, or run "spotr data split" again.`,
    );
  }
  const unitOf = unitsOf(recordings, unitKeys);
  const units = groupBy(recordings, (one) => unitOf.get(one) as string);
  const leaks = [...units.keys()].sort().flatMap((unit) => {
    const members = units.get(unit) as readonly Assignable[];
    const own = new Set(members.map(({ split }) => split));
    if (own.size < 2) return [];
    const parts = SPLIT_NAMES.filter((part) => own.has(part));
    const name = members.find(({ subject }) => subject !== undefined)?.subject;
    const what =
      name === undefined
        ? `recordings ${firstNames(
            members.map(({ name }) => name),
            3,
          )}`
        : `subject ${name}`;
    return [`${what} (${parts.join(' and ')})`];
  });
  if (leaks.length === 0) return;
  throw new SignalError(
    `What belongs together is in several parts, so that a test would only show what was learned by heart: ${leaks.join('; ')}. Run "spotr data split", or correct the manifest or table.`,
  );
}

/** Which recordings are for what, and in words how what is held out came about. */
export interface DecidedParts {
  readonly parts: ReadonlyMap<string, SplitName>;
  readonly how: string;
}

/**
 * Parts by name, where recordings have them. Where none is for validation, as in tables that divide a labelled task into
 * training and test alone, `fraction` of each data set's training recordings is set apart for it, by subject. Pretraining
 * knows no labels, so the draw is that of `spotr data split`, by length of signal; a labelled task wants every label on both
 * sides, and draws by `setApartValidation` (workflows/).
 */
export function decidedParts(
  recordings: readonly Assignable[],
  fraction: number,
  seed: number,
): DecidedParts | undefined {
  const parts = new Map(recordings.flatMap(({ name, split }) => (split ? [[name, split] as const] : [])));
  if (parts.size === 0) return undefined;
  if ([...parts.values()].includes('validation'))
    return { parts, how: 'as the manifest or table is divided' };
  const train = recordings.filter(({ split }) => split === 'train');
  for (const [{ name }, part] of assignSplits(train, { validation: fraction, test: 0 }, seed))
    parts.set(name, part);
  return { parts, how: 'drawn by subject from those for training, since none is said to be for validation' };
}

/**
 * Groups of recordings split as is decided.
 * @throws SignalError where a part is missing, and where what belongs together is in several.
 */
export function decidedSplits(
  groups: readonly (readonly RecordingWindows[])[],
  { parts, how }: DecidedParts,
): Split[] {
  const partOf = ({ name }: RecordingWindows) => parts.get(name);
  requireSeparate(
    groups.flat().map((one) => {
      const split = partOf(one);
      return split === undefined ? one : { ...one, split };
    }),
  );
  const splits = groups.map((group) => {
    const windowsOf = (part: SplitName) =>
      group.flatMap((one, recording) =>
        partOf(one) === part
          ? Array.from({ length: one.shape[0] }, (_, window) => ({ recording, window }))
          : [],
      );
    const held = group.filter((one) => partOf(one) === 'validation');
    const tested = group.filter((one) => partOf(one) === 'test').length;
    const rest = tested > 0 ? `; ${tested} for testing, not used` : '';
    return {
      train: windowsOf('train'),
      heldOut: windowsOf('validation'),
      how: `${held.length} of ${group.length} recordings held out, ${how}${rest}`,
      heldOutRecordings: held.map(({ name }) => name),
    };
  });
  for (const part of ['train', 'validation'] as const) {
    const key = part === 'train' ? 'train' : 'heldOut';
    if (splits.every((split) => split[key].length === 0))
      throw new SignalError(
        `No window is for ${part}; run "spotr data split" again, or correct the manifest.`,
      );
  }
  return splits;
}
