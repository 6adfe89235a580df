/** Which labelled recordings are learned from, chosen by and tested on. */
import {
  type Assignable,
  assignSplits,
  type Modality,
  RandomStream,
  type Related,
  SPLIT_NAMES,
  type SplitName,
} from '../../data/index.ts';
import { groupsOf } from './task.ts';

/** As much of a recording as dividing needs. */
export interface Divisible extends Related {
  /** Which labels its windows have; how often does not matter. */
  readonly labels: readonly string[];
  readonly modality?: Modality | undefined;
  /** Where a table or manifest says it. */
  readonly split?: SplitName | undefined;
}

/** Of what no table divides, or of the training part where a table leaves validation out; the rest is for training. */
const PARTS_BY_SUBJECT = { validation: 0.2, test: 0.2 } as const;
/** What no table divides is divided alike by everybody, whatever else is drawn. */
const SPLIT_SEED = 1;
/** Ways that are tried, for one that leaves every label in every part. */
const DRAWS = 20;

/**
 * Divides what nothing divides, by subject: the first division in which every part has every label, else the one that lacks
 * fewest, since few subjects may be of one label each. Of fewer than three subjects all are for training.
 */
export function divideBySubject<One extends Divisible>(units: readonly One[]): ReadonlyMap<One, SplitName> {
  const wanted = SPLIT_NAMES.length * new Set(units.flatMap(({ labels }) => labels)).size;
  // A part that somebody gave is not to be looked at here.
  const plain = new Map(units.map((one) => [one, undivided(one)]));
  let best: { readonly parts: ReadonlyMap<One, SplitName>; readonly have: number } | undefined;
  for (let seed = SPLIT_SEED; seed < SPLIT_SEED + DRAWS; seed++) {
    const assigned = assignSplits([...plain.values()], PARTS_BY_SUBJECT, seed);
    const parts = new Map(units.map((one) => [one, assigned.get(plain.get(one) as Assignable) as SplitName]));
    const have = pairs(units, (one) => parts.get(one) as SplitName);
    if (!best || have > best.have) best = { parts, have };
    if (have === wanted) break;
  }
  return best?.parts ?? new Map();
}

const undivided = ({ name, dataset, subject, kin }: Divisible): Assignable => ({
  name,
  ...(dataset !== undefined && { dataset }),
  ...(subject !== undefined && { subject }),
  ...(kin && { kin }),
});

/** How many pairs of a part and a label there are. */
const pairs = <One extends Divisible>(units: readonly One[], partOf: (one: One) => string): number =>
  new Set(units.flatMap((one) => one.labels.map((label) => JSON.stringify([partOf(one), label])))).size;

const VALIDATION_STREAM = 11;

/**
 * The parts that are given; where none is for validation, a fifth of the training subjects is set apart for it: the first draw
 * that leaves every label on both sides, else the one that lacks fewest. What has no part is for training. Not drawn as
 * pretraining does (`decidedParts` in data/), which knows no labels and fills up by length of signal.
 */
export function holdOutValidation<One extends Divisible>(
  units: readonly One[],
  seed: number,
): Map<One, SplitName> {
  const parts = new Map(units.map((one) => [one, one.split ?? 'train'] as const));
  if ([...parts.values()].includes('validation')) return parts;
  const groupOf = groupsOf(units);
  const train = units.filter((one) => parts.get(one) === 'train');
  const groups = [...new Set(train.map((one) => groupOf.get(one) as string))].sort();
  const sides = 2 * new Set(train.flatMap(({ labels }) => labels)).size;
  let best: { readonly chosen: ReadonlySet<string>; readonly have: number } | undefined;
  for (let draw = 0; draw < DRAWS && best?.have !== sides; draw++) {
    const stream = new RandomStream(seed, VALIDATION_STREAM, ...(draw > 0 ? [draw] : []));
    const chosen = drawnGroups(groups, stream);
    const have = pairs(train, (one) => String(chosen.has(groupOf.get(one) as string)));
    if (!best || have > best.have) best = { chosen, have };
  }
  for (const one of train) if (best?.chosen.has(groupOf.get(one) as string)) parts.set(one, 'validation');
  return parts;
}

function drawnGroups(groups: readonly string[], stream: RandomStream): ReadonlySet<string> {
  const drawn = groups.map((group) => ({ group, at: stream.u32() })).sort((a, b) => a.at - b.at);
  const count = Math.max(1, Math.round(PARTS_BY_SUBJECT.validation * groups.length));
  return new Set(drawn.slice(0, count).map(({ group }) => group));
}
