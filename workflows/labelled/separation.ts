/** What the parts of a task share, looked up in the windows themselves, and what may be said of it. */

import { firstNames } from '../../base/first-names.ts';
import { withoutEnding } from '../../base/without-ending.ts';
import {
  MODEL_RATE,
  type RecordingWindows,
  readWindows,
  recordKeys,
  type SplitName,
  sampleKeys,
  subjectKeys,
} from '../../data/index.ts';
import { plural } from '../words.ts';
import type { Task } from './task.ts';

export interface Separation {
  readonly tested: Side;
  /** Training and validation. */
  readonly learned: Side;
  /** Of the test part, what is in training or validation too. */
  readonly shared: {
    /** By their names within their data set. */
    readonly subjects: readonly string[];
    readonly recordings: readonly string[];
    /** Recordings that are of one longer record, or of one file, with others that were learned from. */
    readonly relatives: readonly string[];
    /** Test windows that overlap in time with windows that were learned from. */
    readonly overlapping: readonly Found[];
    /** Test windows with the very samples of windows that were learned from. */
    readonly copies: readonly Found[];
  };
  /** Names that stand for a tested subject in one data set and for one learned from in another; they are taken for two. */
  readonly namesakes: readonly string[];
}

/** Recordings with windows in a part. */
interface Side {
  readonly recordings: number;
  readonly subjects: number;
  /** Recordings whose subject is not known. */
  readonly unknown: number;
  /** Recordings whose subject is called as their file is. */
  readonly namedAfterFile: number;
}

/** A test window, and one that was learned from. */
export interface Found {
  readonly test: Where;
  readonly other: Where;
}

export interface Where {
  readonly recording: string;
  /** Seconds of stored signal. */
  readonly start: number;
}

interface Window extends Where {
  readonly own: RecordingWindows;
  readonly window: number;
  readonly isTest: boolean;
}

/** Looks at every window of the test part and of the others. Reads them all once. */
export async function separationOf(
  task: Pick<Task, 'recordings' | 'places' | 'splits' | 'seconds'>,
): Promise<Separation> {
  const windows = task.places.map(({ recording, window }, row): Window => {
    const own = task.recordings[recording] as RecordingWindows;
    const start = own.starts[window] ?? 0;
    return { own, window, recording: own.name, start, isTest: isTested(task.splits[row] as SplitName) };
  });
  const side = (isTest: boolean) => [
    ...new Set(windows.flatMap((one) => (one.isTest === isTest ? [one.own] : []))),
  ];
  const [tested, learned] = [side(true), side(false)];
  const count = (recordings: readonly RecordingWindows[]): Side => ({
    recordings: recordings.length,
    subjects: new Set(recordings.flatMap(subjectKeys)).size,
    unknown: recordings.filter(({ subject }) => subject === undefined).length,
    namedAfterFile: recordings.filter(
      ({ name, subject }) => subject === withoutEnding(name).split('/').at(-1),
    ).length,
  });
  const inOthers = (keysOf: (one: RecordingWindows) => readonly string[]) => {
    const known = new Set(learned.flatMap(keysOf));
    return tested.filter((one) => keysOf(one).some((key) => known.has(key)));
  };
  const recordings = inOthers(({ name }) => [name]);
  const ownNames = new Set(recordings);
  return {
    tested: count(tested),
    learned: count(learned),
    shared: {
      subjects: unique(inOthers(subjectKeys).flatMap(subjectKeys).map(withoutKind)),
      recordings: unique(recordings.map(({ name }) => name)),
      relatives: unique(inOthers(recordKeys).flatMap((one) => (ownNames.has(one) ? [] : [one.name]))),
      overlapping: overlapping(windows, task.seconds),
      copies: await copies(windows),
    },
    namesakes: namesakes(tested, learned),
  };
}

/** A key without the word that says what it is a key of. */
const withoutKind = (key: string): string => key.slice(key.indexOf(' ') + 1);
const isTested = (split: SplitName): boolean => split === 'test';
const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();

function namesakes(tested: readonly RecordingWindows[], learned: readonly RecordingWindows[]): string[] {
  return unique(
    tested.flatMap((one) => {
      const { subject } = one;
      const others = learned.filter((other) => other.subject === subject);
      const [key] = subjectKeys(one);
      return subject !== undefined && others.some((other) => subjectKeys(other)[0] !== key) ? [subject] : [];
    }),
  );
}

/** Half a sample: starts are sums of fractions. */
const TOLERANCE = 0.5 / MODEL_RATE;

/** Each test window with the first that it overlaps, along each recording and each file of samples. */
function overlapping(windows: readonly Window[], seconds: number): Found[] {
  const byKey = new Map<string, Window[]>();
  for (const window of windows)
    for (const key of sampleKeys(window.own)) {
      const own = byKey.get(key);
      if (own) own.push(window);
      else byKey.set(key, [window]);
    }
  const found = new Map<Window, Found>();
  for (const own of byKey.values()) {
    own.sort((a, b) => a.start - b.start);
    for (const [i, one] of own.entries())
      for (let j = i + 1; j < own.length; j++) {
        const next = own[j] as Window;
        if (next.start >= one.start + seconds - TOLERANCE) break;
        if (next.isTest === one.isTest) continue;
        const [test, other] = one.isTest ? [one, next] : [next, one];
        if (!found.has(test)) found.set(test, { test: whereOf(test), other: whereOf(other) });
      }
  }
  return [...found.values()];
}

const whereOf = ({ recording, start }: Where): Where => ({ recording, start });

/** Test windows whose samples are, bit by bit, those of a window that was learned from. */
async function copies(windows: readonly Window[]): Promise<Found[]> {
  const learned = new Map<number, Window[]>();
  const hashes = new Map<Window, number>();
  for (const window of windows) {
    const hash = hashOf(await bitsOf(window));
    hashes.set(window, hash);
    if (window.isTest) continue;
    const own = learned.get(hash);
    if (own) own.push(window);
    else learned.set(hash, [window]);
  }
  const found: Found[] = [];
  for (const test of windows) {
    if (!test.isTest) continue;
    const bits = await bitsOf(test);
    for (const other of learned.get(hashes.get(test) as number) ?? []) {
      // That the same window is in two parts is an overlap.
      if (other.own === test.own && other.window === test.window) continue;
      if (!isEqual(bits, await bitsOf(other))) continue;
      found.push({ test: whereOf(test), other: whereOf(other) });
      break;
    }
  }
  return found;
}

async function bitsOf({ own, window }: Window): Promise<Uint32Array> {
  const { buffer, byteOffset, length } = await readWindows(own, window, 1);
  return new Uint32Array(buffer, byteOffset, length);
}

const isEqual = (a: Uint32Array, b: Uint32Array): boolean =>
  a.length === b.length && a.every((bits, i) => bits === b[i]);

/** FNV-1a over words: equal windows have equal ones, others are told apart by their samples. */
function hashOf(bits: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ (bits[i] as number), 0x01000193);
  return hash >>> 0;
}

/** Whether the test part tells anything of other people, in sentences: each from what was found. */
export function separationInWords({ tested, learned, shared, namesakes: names }: Separation): string[] {
  const sentences = [
    shared.subjects.length > 0 &&
      `${ofAll(shared.subjects.length, tested.subjects, 'test subject')} ${areIn(shared.subjects)}: ${few(shared.subjects)}. Windows of one person are alike, so this says little about others.`,
    shared.recordings.length > 0 &&
      shared.subjects.length === 0 &&
      `${ofAll(shared.recordings.length, tested.recordings, 'test recording')} ${areIn(shared.recordings)}: ${few(shared.recordings)}. Windows of one recording are alike, so this says little about others.`,
    shared.relatives.length > 0 &&
      `${ofAll(shared.relatives.length, tested.recordings, 'test recording')} ${shared.relatives.length === 1 ? 'is' : 'are'} of one record or file with training or validation recordings: ${few(shared.relatives)}.`,
    shared.overlapping.length > 0 &&
      `${plural(shared.overlapping.length, 'test window')} ${shared.overlapping.length === 1 ? 'overlaps a window' : 'overlap windows'} of training or validation, such as ${pairInWords(shared.overlapping)}.`,
    shared.copies.length > 0 &&
      `${plural(shared.copies.length, 'test window')} ${shared.copies.length === 1 ? 'is a copy' : 'are copies'}, sample by sample, of ${shared.copies.length === 1 ? 'a window' : 'windows'} of training or validation, such as ${pairInWords(shared.copies)}.`,
  ].filter((sentence) => sentence !== false);
  if (sentences.length === 0) sentences.push(apartInWords(tested, learned));
  if (names.length > 0)
    sentences.push(
      `${names.length === 1 ? 'A subject of' : 'Subjects of'} one name in two data sets ${names.length === 1 ? 'is' : 'are'} taken for different people: ${few(names)}.`,
    );
  return sentences;
}

function apartInWords(tested: Separation['tested'], learned: Separation['learned']): string {
  const recordings = tested.recordings + learned.recordings;
  const unknown = tested.unknown + learned.unknown;
  // A table of labels may have files for groups, of whatever people they are.
  if (tested.namedAfterFile + learned.namedAfterFile === recordings)
    return 'No test subject is in training or validation. But each subject has the name of its file: where one person has several files, that person may be in training and test.';
  if (unknown === 0) return 'No test subject is in training or validation.';
  const whose =
    unknown === recordings
      ? 'The subjects are unknown: each recording is taken for a person of its own, and one person may be in training and test.'
      : `Of ${unknown} of ${recordings} recordings the subject is unknown: each of these is taken for a person of its own, and one person may be in training and test.`;
  return `No test recording is in training or validation. ${whose}`;
}

const areIn = (names: readonly string[]): string =>
  `${names.length === 1 ? 'is' : 'are'} in training or validation too`;

const ofAll = (count: number, all: number, noun: string): string => `${count} of ${plural(all, noun)}`;

function pairInWords([first]: readonly Found[]): string {
  const at = ({ recording, start }: Where) => `${recording} at ${start.toFixed(2)} s`;
  return first ? `${at(first.test)} and ${at(first.other)}` : '';
}

const MAX_NAMED = 5;

const few = (names: readonly string[]): string => firstNames(names, MAX_NAMED);
