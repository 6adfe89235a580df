/** Electrodes of a kind are numbered together: the names beside it decide what a name alone leaves open. */
import { groupBy } from '../group-by.ts';
import type { Reading } from './sites.ts';

/** Consecutive contacts from which on a run of numbers is an electrode. */
const FEWEST_CONTACTS = 4;
/** A scalp site has a number of at most this. */
const LARGEST_SITE = 10;
/** Nets of EGI count their electrodes from E1. */
const FEWEST_OF_NET = 20;
/** Caps in whole blocks of one size, lettered from A on: BioSemi's of 32; of 16 there are several, or they are shafts. */
const BLOCKS: readonly { readonly size: number; readonly fewest: number }[] = [
  { size: 32, fewest: 1 },
  { size: 16, fewest: 4 },
];

type Found = Reading & Required<Pick<Reading, 'contact'>> & { readonly index: number };

/** Readings of a recording's channels, those that are contacts by their companions made so, and those that only count undone. */
export function amongOthers(readings: readonly (Reading | undefined)[]): (Reading | undefined)[] {
  const settled = [...readings];
  const open = readings.flatMap((reading, index) =>
    reading?.contact && (reading.certainty !== 'sure' || reading.kinds.includes('ieeg'))
      ? [{ ...(reading as Found), index }]
      : [],
  );
  const families = [...groupBy(open, ({ contact }) => contact.shaft).values()];
  const isOpen = ({ certainty }: Reading) => certainty !== 'sure';
  const nets = [...families.filter(isNet), ...blocksOf(families)];
  for (const { index } of nets.flat()) settled[index] = { kinds: ['eeg'], certainty: 'likely' };
  const shafts = families.filter(
    (members) => !nets.includes(members) && longestRun(members) >= FEWEST_CONTACTS,
  );
  const isLeads = (members: readonly Found[]) => members.length === 6 && longestRun(members) === 6;
  const chest = families.find(
    (members) => members[0]?.contact.shaft.toUpperCase() === 'C' && isLeads(members),
  );
  // "C1" to "C6" beside the leads of the limbs are those of the chest.
  if (chest && sureOf('ecg', readings) > 2) {
    for (const { index } of chest) settled[index] = { kinds: ['ecg'], certainty: 'likely' };
    return settled;
  }
  const pairs = families.filter((members) => !nets.includes(members) && longestRun(members) > 1);
  if (areContacts(shafts, readings) || areBesideHeart(pairs, readings)) {
    const joined = families.filter((members) => !nets.includes(members) && members.length > 1);
    for (const member of joined.flat())
      if (isOpen(member) || shafts.some((shaft) => shaft.includes(member) && isBeyondScalp(shaft)))
        settled[member.index] = { ...member, kinds: ['ieeg'], certainty: 'likely' };
    return settled;
  }
  // Columns C1 to C20 are numbered, and C3 among them is no site.
  const others = readings.some((reading) => reading?.kinds[0] === 'eeg' && reading.certainty === 'sure');
  for (const members of families.filter((each) => !nets.includes(each))) {
    const alone = !others && families.length === 1 && longestRun(members) >= FEWEST_CONTACTS;
    if (members.some(({ contact }) => contact.number === 0 || contact.number > LARGEST_SITE) || alone)
      for (const { index, kinds } of members.filter(isOpen))
        if (kinds[0] === 'eeg' || kinds[0] === 'ieeg') settled[index] = undefined;
  }
  return settled;
}

function isNet(members: readonly Found[]): boolean {
  const shaft = members[0]?.contact.shaft ?? '';
  const largest = Math.max(...members.map(({ contact }) => contact.number));
  return shaft === 'E' && largest >= FEWEST_OF_NET;
}

/** The families that are the blocks of a cap. */
function blocksOf(families: readonly (readonly Found[])[]): (readonly Found[])[] {
  for (const { size, fewest } of BLOCKS) {
    const whole = families.filter((members) => members.length === size && longestRun(members) === size);
    const letters = whole.map(([first]) => first?.contact.shaft ?? '').sort();
    const inOrder = letters.every((letter, i) => letter === String.fromCharCode('A'.charCodeAt(0) + i));
    if (whole.length >= fewest && inOrder) return whole;
  }
  return [];
}

/** How many numbers follow each other without a hole. */
function longestRun(members: readonly Found[]): number {
  const numbers = [...new Set(members.map(({ contact }) => contact.number))].sort((a, b) => a - b);
  let [longest, run] = [0, 0];
  for (const [i, number] of numbers.entries()) {
    run = i > 0 && number === (numbers[i - 1] as number) + 1 ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

const isBeyondScalp = (members: readonly Found[]): boolean => members.some(({ contact }) => !contact.isSite);

/** Whether runs of numbers are electrodes in the brain: several of them, or one whose name says the side. */
function areContacts(
  shafts: readonly (readonly Found[])[],
  readings: readonly (Reading | undefined)[],
): boolean {
  const members = shafts.flat();
  const certain = readings.filter(
    (reading) => reading?.kinds[0] === 'ieeg' && reading.certainty !== 'weak',
  ).length;
  const open = members.filter(({ kinds, certainty }) => kinds[0] !== 'ieeg' || certainty === 'weak');
  const evidence = certain + open.filter(({ contact }) => !contact.isSite).length;
  const scalp = readings.filter(
    (reading) => reading?.kinds[0] === 'eeg' && reading.certainty === 'sure',
  ).length;
  const named = certain > 0 || shafts.some(([first]) => /^[LR][A-Z]/i.test(first?.contact.shaft ?? ''));
  return evidence >= FEWEST_CONTACTS && evidence > scalp && (shafts.length > 1 || named);
}

/** Whether short runs of numbers are contacts, of which somebody chose a few, with the one lead that is recorded with them. */
function areBesideHeart(
  pairs: readonly (readonly Found[])[],
  readings: readonly (Reading | undefined)[],
): boolean {
  const members = pairs.flat().filter(({ kinds }) => kinds[0] !== 'ecg');
  const beyond = members.filter(({ contact }) => !contact.isSite).length;
  return (
    pairs.length > 1 &&
    beyond >= FEWEST_CONTACTS &&
    sureOf('ecg', readings) > 0 &&
    sureOf('eeg', readings) === 0
  );
}

/** How many names surely are of a kind. */
function sureOf(kind: Reading['kinds'][0], readings: readonly (Reading | undefined)[]): number {
  return readings.filter((reading) => reading?.kinds[0] === kind && reading.certainty === 'sure').length;
}
