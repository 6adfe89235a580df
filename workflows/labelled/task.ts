/** Labelled windows, as classifiers need them. */
import { firstNames } from '../../base/first-names.ts';
import {
  type RecordingWindows,
  type Related,
  readWindows,
  type SplitName,
  unitKeys,
  unitsOf,
} from '../../data/index.ts';
import { countsOf, distinguishingClasses, type Targets, takeRows } from '../../evaluate/index.ts';
import { ModelError } from '../../model/index.ts';
import { plural } from '../words.ts';

/** Which window of which recording. */
export interface Placed {
  readonly recording: number;
  readonly window: number;
}

/** A window before its labels are numbers. */
export interface LabelledPlace extends Placed {
  readonly labels: readonly string[];
  /** Whose it is: windows of one group are resampled together. */
  readonly group: string;
  readonly split: SplitName;
}

/** Windows with their labels; arrays have an element a window. */
export interface Task {
  /** In the order of the alphabet. */
  readonly classes: readonly string[];
  /** Of two classes that exclude each other, the one that is looked for: AUPRC and ROC curves are of it. */
  readonly positive: Positive | undefined;
  readonly targets: Targets;
  /** Whose window it is: an interval resamples these. */
  readonly groups: readonly string[];
  readonly splits: readonly SplitName[];
  readonly places: readonly Placed[];
  readonly recordings: readonly RecordingWindows[];
  /** Of a window. */
  readonly seconds: number;
}

export interface Positive {
  readonly index: number;
  readonly name: string;
  /** `asked`: a person chose it; `rarer`: it has fewer windows; `second`: both have as many, and it is second in the alphabet. */
  readonly because: 'asked' | 'rarer' | 'second';
}

export interface TaskOptions {
  /** Of a window. */
  readonly seconds: number;
  /** Whether windows have any number of labels. */
  readonly many: boolean;
  /** The name of the positive class. Default: of two classes the rarer. */
  readonly positive?: string | undefined;
}

export const PARTS = ['train', 'validation', 'test'] as const;

/**
 * The task that labelled windows are. Rows are in the order of recordings' names, then of time, so that one data set gives one
 * table in whichever order its files were named.
 * @throws ModelError for a positive class that is none, or where there are not two classes.
 */
export function taskOf(
  unsorted: readonly LabelledPlace[],
  recordings: readonly RecordingWindows[],
  { seconds, many, positive }: TaskOptions,
): Task {
  const places = sorted(unsorted, recordings);
  const classes = [...new Set(places.flatMap(({ labels }) => labels))].sort();
  const marks = new Uint8Array(places.length * classes.length);
  const placeOf = new Map(classes.map((name, index) => [name, index]));
  for (const [row, { labels }] of places.entries())
    for (const label of labels) marks[row * classes.length + (placeOf.get(label) as number)] = 1;
  const targets = { classes: classes.length, marks, many };
  return {
    classes,
    positive: positiveOf(classes, targets, positive),
    targets,
    groups: places.map(({ group }) => group),
    splits: places.map(({ split }) => split),
    places,
    recordings,
    seconds,
  };
}

function sorted(
  places: readonly LabelledPlace[],
  recordings: readonly RecordingWindows[],
): readonly LabelledPlace[] {
  const names = recordings.map(({ name }) => name);
  const order = names.map((_, i) => i).sort((a, b) => compare(names[a], names[b]) || a - b);
  const rank = new Uint32Array(names.length);
  for (const [at, recording] of order.entries()) rank[recording] = at;
  return [...places].sort(
    (a, b) => (rank[a.recording] as number) - (rank[b.recording] as number) || a.window - b.window,
  );
}

const compare = (a = '', b = '') => (a < b ? -1 : Number(a > b));

function positiveOf(
  classes: readonly string[],
  targets: Targets,
  asked: string | undefined,
): Positive | undefined {
  if (classes.length !== 2 || targets.many) {
    if (asked === undefined) return undefined;
    throw new ModelError(
      targets.many
        ? `The positive class is to be "${asked}", but windows have any number of labels, each of which is a positive class; leave it out.`
        : `The positive class is to be "${asked}", but there are ${classes.length} classes, not two; leave it out.`,
    );
  }
  const [first = 0, second = 0] = countsOf(targets);
  if (asked === undefined) {
    const index = first < second ? 0 : 1;
    return { index, name: classes[index] as string, because: first === second ? 'second' : 'rarer' };
  }
  const index = classes.indexOf(asked);
  if (index >= 0) return { index, name: asked, because: 'asked' };
  throw new ModelError(
    `The positive class is to be "${asked}", but the classes are "${classes.join('" and "')}".`,
  );
}

/** Whose each recording is, by a name for its group: those that share a subject, a record or a file are one. */
export function groupsOf<One extends Related>(recordings: readonly One[]): ReadonlyMap<One, string> {
  return unitsOf(recordings, unitKeys);
}

export type GroupNoun = 'subject' | 'recording' | 'subject or recording';

/** What a group of some rows is: where no subject is known, a recording stands for one. */
export function groupNoun(
  { recordings, places }: Pick<Task, 'recordings' | 'places'>,
  rows: readonly number[] = [...places.keys()],
): GroupNoun {
  const used = new Set(rows.map((row) => (places[row] as Placed).recording));
  const known = [...used].filter((recording) => recordings[recording]?.subject !== undefined).length;
  if (known === 0) return 'recording';
  return known === used.size ? 'subject' : 'subject or recording';
}

/** Groups of a part. */
export function groupCount(task: Pick<Task, 'splits' | 'groups'>, part: SplitName): number {
  return new Set(rowsOf(task, part).map((row) => task.groups[row])).size;
}

/** `3 subjects`, `2 recordings`. */
export function groupsInWords(task: Task, part: SplitName): string {
  const noun = groupNoun(task, rowsOf(task, part));
  return plural(groupCount(task, part), noun, severalOf(noun));
}

export const severalOf = (noun: GroupNoun): string =>
  noun === 'subject or recording' ? 'subjects or recordings' : `${noun}s`;

/** Which class is looked for, why that one, and what is of it. */
export function positiveInWords({ name, because }: Positive, what = 'AUPRC and ROC curves are'): string {
  const why = {
    asked: 'as requested',
    rarer: 'the rarer of the two',
    second: 'of two classes with as many windows the second',
  }[because];
  return `"${name}", ${why}: ${what} of it`;
}

/** Classes that a sentence names. */
const MAX_NAMED = 8;

/** Rows of a part. */
export function rowsOf({ splits }: Pick<Task, 'splits'>, part: SplitName): number[] {
  return splits.flatMap((split, row) => (split === part ? [row] : []));
}

/** Windows of a task one after the other, each [channels, samples], for baselines on a processor. */
export async function* signalsOf({ recordings, places }: Pick<Task, 'recordings' | 'places'>) {
  for (const { recording, window } of places) {
    const own = recordings[recording] as RecordingWindows;
    yield { signal: await readWindows(own, window, 1), channels: own.shape[1] };
  }
}

/** Why nothing can be learned of a task, a clause each: a part that tells no class from another, or training that lacks one. */
export function taskProblems(task: Pick<Task, 'classes' | 'targets' | 'splits'>): string[] {
  const { classes, targets } = task;
  if (classes.length < 2 && !targets.many)
    return [`there is ${classes.length === 0 ? 'no class' : `one class only, ${classes.join()}`}`];
  return PARTS.flatMap((part) => {
    const rows = rowsOf(task, part);
    if (rows.length === 0) return [`no window is for ${part}`];
    const own = takeRows(targets, rows);
    const counts = countsOf(own);
    const missing = classes.filter((_, index) => counts[index] === 0);
    if (distinguishingClasses(own) > 0 && !(part === 'train' && missing.length > 0)) return [];
    const windows = plural(rows.length, 'window');
    return [
      missing.length > 0
        ? `${part} has ${windows}, and none of ${firstNames(missing, MAX_NAMED)}`
        : `all ${windows} for ${part} have all labels`,
    ];
  });
}
