/** Labelled windows, as classifiers need them. */
import { totalmem } from 'node:os';
import {
  labelOf,
  loadWindows,
  type ManifestEntry,
  RandomStream,
  type Recording,
  type RecordingWindows,
  readWindows,
  requireSeparate,
  SignalError,
  type SplitName,
} from '../../data/index.ts';
import { countsOf, type Targets, takeRows } from '../../model/index.ts';
import { windowOptionsOf } from '../pretrain/options.ts';
import { channelsOf, type OpenedRecordings, openOptionsOf, openRecordings } from '../recordings.ts';
import { plural, type Row } from '../text.ts';
import type { LabelledValues } from './options.ts';
import {
  DEFAULT_SECONDS,
  identityPlaces,
  joined,
  labelProblems,
  labelsAt,
  type Placed,
  separated,
  shortestStretch,
  startsIn,
} from './places.ts';

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
  /** For people. */
  readonly rows: readonly Row[];
}

/** A window before its labels are numbers. */
interface LabelledPlace extends Placed {
  readonly labels: readonly string[];
  readonly group: string;
  readonly split: SplitName;
}

/**
 * Cuts the labelled stretches of recordings into windows: of the length asked for, or of the shortest stretch. Without a
 * validation part a fifth of the training subjects is set apart, by the seed. With `identity` the label is the subject.
 * @throws SignalError that names everything that is wrong at once.
 */
export async function labelledTask(paths: readonly string[], values: LabelledValues): Promise<Task> {
  const { labels, labelColumn } = values;
  const opened = await openRecordings(paths, {
    ...openOptionsOf(values),
    ...(labels !== undefined && { labels }),
    ...(labelColumn !== undefined && { labelColumn }),
  });
  return values.identity ? identityTask(opened, values) : tableTask(paths, opened, values);
}

async function tableTask(
  paths: readonly string[],
  opened: OpenedRecordings,
  values: LabelledValues,
): Promise<Task> {
  const { multilabel = false } = values;
  const known = new Map(
    [...opened.entries].map(([name, entry]) => [name, multilabel ? withSeparated(entry) : entry]),
  );
  const entryOf = ({ name }: { name: string }) => known.get(name);
  const labelled = opened.recordings.filter((one) => (entryOf(one)?.labels ?? []).length > 0);
  const stretches = labelled.flatMap((one) => entryOf(one)?.labels ?? []);
  const seconds = values.window ?? shortestStretch(stretches);
  requireWhole(paths, opened, labelled, entryOf, seconds);
  const loaded = await load(opened, labelled, values, seconds, (one) => {
    const own = entryOf(one)?.labels ?? [];
    return startsIn(multilabel ? joined(own) : own, seconds);
  });
  const parts = setApart(loaded.recordings, entryOf, values.seed);
  const places = loaded.recordings.flatMap((one, recording): LabelledPlace[] => {
    const own = entryOf(one)?.labels ?? [];
    const group = one.subject ?? one.name;
    return [...one.starts].flatMap((start, window) => {
      const label = labelOf(own, start, seconds);
      const at = multilabel ? labelsAt(own, start, seconds) : label === undefined ? undefined : [label];
      return at ? [{ recording, window, labels: at, group, split: parts.get(one) as SplitName }] : [];
    });
  });
  return taskOf(places, loaded, seconds, multilabel);
}

const withSeparated = (entry: ManifestEntry): ManifestEntry => ({
  ...entry,
  ...(entry.labels && { labels: separated(entry.labels) }),
});

async function identityTask(opened: OpenedRecordings, values: LabelledValues): Promise<Task> {
  const seconds = values.window ?? DEFAULT_SECONDS;
  const loaded = await load(opened, opened.recordings, values, seconds);
  return taskOf(identityPlaces(loaded.recordings), loaded, seconds, false);
}

function load(
  opened: OpenedRecordings,
  recordings: readonly Recording[],
  values: LabelledValues,
  seconds: number,
  startsOf?: (one: Recording) => readonly number[],
) {
  return loadWindows(recordings, {
    ...windowOptionsOf({ ...values, window: seconds, stride: undefined }),
    ...(startsOf && { startsOf }),
    ...channelsOf(opened, values.channels),
    maximumBytes: totalmem() / 2,
  });
}

type EntryOf = (one: { readonly name: string }) => ManifestEntry | undefined;

/** @throws SignalError with all that keeps the recordings from being a task. */
function requireWhole(
  paths: readonly string[],
  { lost, entries }: OpenedRecordings,
  labelled: readonly Recording[],
  entryOf: EntryOf,
  seconds: number,
): void {
  const parts = new Set([...entries.values()].map(({ split }) => split));
  const divided = parts.size > 1 || !parts.has(undefined);
  const few = lost.slice(0, 5).map(({ reason }) => reason.replace(/\.$/, ''));
  const problems = [
    lost.length > 0 &&
      `${plural(lost.length, 'recording')} cannot be opened: ${few.join('; ')}${lost.length > few.length ? ` and ${lost.length - few.length} more` : ''}`,
    entries.size === 0 && 'names no recordings by a manifest or a table of labels',
    entries.size > 0 && labelled.length === 0 && 'has no labels (spotr data label gives them)',
    entries.size > 0 && !divided && 'has no split (spotr data split makes one)',
    entries.size > 0 && !parts.has('test') && 'has nothing to test on',
    divided && leaksOf(labelled, entryOf),
    ...labelProblems(labelled, entryOf, seconds),
  ].filter((problem) => typeof problem === 'string');
  if (problems.length > 0) throw new SignalError(`${paths.join(', ')}: ${problems.join('; ')}.`);
}

/** What belongs together and is in several parts, in words. */
function leaksOf(labelled: readonly Recording[], entryOf: EntryOf): string | false {
  try {
    requireSeparate(
      labelled.map((one) => {
        const { split } = entryOf(one) ?? {};
        return split === undefined ? one : { ...one, split };
      }),
    );
    return false;
  } catch (error) {
    if (error instanceof SignalError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

const VALIDATION = 0.2;
const VALIDATION_STREAM = 11;

/** The parts of the manifest; where it has none for validation, a fifth of the subjects for training. */
function setApart(
  recordings: readonly RecordingWindows[],
  entryOf: EntryOf,
  seed: number,
): Map<RecordingWindows, SplitName> {
  const parts = new Map(recordings.map((one) => [one, entryOf(one)?.split ?? 'train'] as const));
  if ([...parts.values()].includes('validation')) return parts;
  const groupOf = (one: RecordingWindows) => one.subject ?? one.name;
  const train = [...new Set(recordings.filter((one) => parts.get(one) === 'train').map(groupOf))].sort();
  const stream = new RandomStream(seed, VALIDATION_STREAM);
  const drawn = train.map((group) => ({ group, at: stream.u32() })).sort((a, b) => a.at - b.at);
  const chosen = new Set(
    drawn.slice(0, Math.max(1, Math.round(VALIDATION * train.length))).map(({ group }) => group),
  );
  for (const one of recordings)
    if (parts.get(one) === 'train' && chosen.has(groupOf(one))) parts.set(one, 'validation');
  return parts;
}

export const PARTS = ['train', 'validation', 'test'] as const;

function taskOf(
  places: readonly LabelledPlace[],
  { recordings, dropped }: Awaited<ReturnType<typeof load>>,
  seconds: number,
  many: boolean,
): Task {
  const classes = [...new Set(places.flatMap(({ labels }) => labels))].sort();
  const marks = new Uint8Array(places.length * classes.length);
  const placeOf = new Map(classes.map((name, index) => [name, index]));
  for (const [row, { labels }] of places.entries())
    for (const label of labels) marks[row * classes.length + (placeOf.get(label) as number)] = 1;
  const task = {
    classes,
    targets: { classes: classes.length, marks, many },
    groups: places.map(({ group }) => group),
    splits: places.map(({ split }) => split),
    places,
    recordings,
  };
  requireClasses(task);
  return { ...task, rows: describe(task, seconds, dropped) };
}

/** Rows of a part. */
export function rowsOf({ splits }: Pick<Task, 'splits'>, part: SplitName): number[] {
  return splits.flatMap((split, row) => (split === part ? [row] : []));
}

function requireClasses(task: Omit<Task, 'rows'>): void {
  const { classes, targets } = task;
  const problems = PARTS.flatMap((part) => {
    const rows = rowsOf(task, part);
    if (rows.length === 0) return [`no window is for ${part}`];
    const counts = countsOf(takeRows(targets, rows));
    const missing = classes.filter((_, index) => counts[index] === 0);
    const telling = counts.filter((count) => count > 0 && count < rows.length).length;
    if (telling === 0 || (part === 'train' && missing.length > 0))
      return [
        missing.length > 0
          ? `${part} has ${plural(rows.length, 'window')}, and none of ${missing.join(', ')}`
          : `all ${plural(rows.length, 'window')} for ${part} have all labels`,
      ];
    return [];
  });
  if (classes.length < 2 && !targets.many)
    problems.unshift(`there is one class only, ${classes.join() || 'none'}`);
  if (problems.length > 0) throw new SignalError(`Nothing can be learned here: ${problems.join('; ')}.`);
}

/** Classes beyond which a list says no more. */
const MOST_NAMED = 8;

function describe(
  task: Omit<Task, 'rows'>,
  seconds: number,
  dropped: Readonly<Record<string, number>>,
): Row[] {
  const { classes, targets, groups } = task;
  const few = classes.slice(0, MOST_NAMED);
  const rest = classes.length - few.length;
  const named = few.join(targets.many ? ', ' : ' against ') + (rest > 0 ? ` and ${rest} more` : '');
  const rows: Row[] = [['task', `${named}, windows of ${seconds} s`]];
  for (const part of PARTS) {
    const own = rowsOf(task, part);
    const counts = countsOf(takeRows(targets, own));
    const subjects = new Set(own.map((row) => groups[row])).size;
    const missing = classes.filter((_, index) => counts[index] === 0);
    const counted = few.map((name, index) => `${counts[index]} ${name}`).join(', ');
    rows.push([
      `  ${part}`,
      `${classes.length > MOST_NAMED ? plural(own.length, 'window') : counted}, of ${plural(subjects, 'subject')}${missing.length > 0 ? `; no window of ${missing.slice(0, MOST_NAMED).join(', ')}` : ''}`,
    ]);
  }
  const lost = Object.entries(dropped).filter(([, count]) => count > 0);
  if (lost.length > 0) rows.push(['  not used', lost.map(([why, count]) => `${count} ${why}`).join(', ')]);
  return rows;
}

/** Windows of a task one after the other, each [channels, samples], for baselines on a processor. */
export async function* signalsOf({ recordings, places }: Task) {
  for (const { recording, window } of places) {
    const own = recordings[recording] as RecordingWindows;
    yield { signal: await readWindows(own, window, 1), channels: own.shape[1] };
  }
}
