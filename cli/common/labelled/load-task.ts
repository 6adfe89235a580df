/** From what a command line names to a task. */

import { totalmem } from 'node:os';
import { firstNames } from '../../../base/first-names.ts';
import {
  type Dropped,
  filtersInWords,
  type Kinds,
  kindsOfChosen,
  labelOf,
  loadWindows,
  type ManifestEntry,
  type Recording,
  SignalError,
  type SplitName,
  secondsInWords,
  secondsOfKind,
} from '../../../data/index.ts';
import { countsOf, takeRows } from '../../../evaluate/index.ts';
import { droppedInWords } from '../../../workflows/dropped.ts';
import { holdOutValidation } from '../../../workflows/labelled/division.ts';
import { separationInWords, separationOf } from '../../../workflows/labelled/separation.ts';
import {
  groupsInWords,
  groupsOf,
  type LabelledPlace,
  PARTS,
  positiveInWords,
  rowsOf,
  type Task,
  type TaskOptions,
  taskOf,
} from '../../../workflows/labelled/task.ts';
import { SAY_NOTHING, type Say } from '../../../workflows/progress.ts';
import { channelsOf, type OpenedRecordings, openOptionsOf, openRecordings } from '../recordings.ts';
import { plural, type Row } from '../text.ts';
import { windowOptionsOf } from '../training/options.ts';
import {
  channelRows,
  comparedWith,
  filterRemark,
  kindsUsed,
  lengthRemark,
  type TrainedOn,
  windowAsTrained,
} from '../weights/trained-on.ts';
import { requireClasses, requireWhole } from './checks.ts';
import type { LabelledValues } from './options.ts';
import {
  DEFAULT_SECONDS,
  identityPlaces,
  joined,
  labelsAt,
  separated,
  shortestStretch,
  startsIn,
} from './places.ts';

/** A task, what it is in words, and the windows that were dropped. */
export interface LoadedTask {
  readonly task: Task;
  readonly rows: readonly Row[];
}

interface CutTask {
  readonly task: Task;
  readonly dropped: Dropped;
}

/**
 * Cuts the labelled stretches of recordings into windows: of the length asked for, or of the shortest stretch. Without a
 * validation part a fifth of the training subjects is held out for it, by the seed. With `identity` the label is the subject, and
 * windows are as long as those that the weights were trained on.
 * @throws SignalError that names everything that is wrong at once.
 */
export async function labelledTask(
  paths: readonly string[],
  values: LabelledValues,
  trained: TrainedOn | undefined,
  say: Say = SAY_NOTHING,
): Promise<LoadedTask> {
  const { labels, labelColumn } = values;
  const opened = await openRecordings(paths, {
    ...openOptionsOf(values),
    ...(labels !== undefined && { labels }),
    ...(labelColumn !== undefined && { labelColumn }),
  });
  const cut = await (values.identity
    ? identityTask(opened, values, trained, say)
    : tableTask(paths, opened, values, trained, say));
  requireClasses(cut.task);
  await say('comparing test windows with the others');
  const separation = await separationOf(cut.task);
  return { task: cut.task, rows: describe(cut, separationInWords(separation), values, trained) };
}

async function tableTask(
  paths: readonly string[],
  opened: OpenedRecordings,
  values: LabelledValues,
  trained: TrainedOn | undefined,
  say: Say,
): Promise<CutTask> {
  const { multilabel = false } = values;
  const known = new Map(
    [...opened.entries].map(([name, entry]) => [name, multilabel ? withSeparated(entry) : entry]),
  );
  const entryOf = ({ name }: { name: string }) => known.get(name);
  const labelled = opened.recordings.filter((one) => (entryOf(one)?.labels ?? []).length > 0);
  const stretches = labelled.flatMap((one) => entryOf(one)?.labels ?? []);
  const seconds = values.window ?? shortestStretch(stretches);
  requireWhole(paths, opened, labelled, entryOf, seconds, multilabel);
  const loaded = await load(opened, labelled, { values, trained, seconds, say }, (one) => {
    const own = entryOf(one)?.labels ?? [];
    return startsIn(multilabel ? joined(own) : own, seconds);
  });
  const units = loaded.recordings.map((one) => ({
    ...one,
    recording: one,
    labels: (entryOf(one)?.labels ?? []).map(({ label }) => label),
    split: entryOf(one)?.split,
  }));
  const parts = holdOutValidation(units, values.seed);
  const groups = groupsOf(units);
  const places = units.flatMap((unit, recording): LabelledPlace[] => {
    const own = entryOf(unit)?.labels ?? [];
    const [group, split] = [groups.get(unit) as string, parts.get(unit) as SplitName];
    return [...unit.starts].flatMap((start, window) => {
      const label = labelOf(own, start, seconds);
      const at = multilabel ? labelsAt(own, start, seconds) : label === undefined ? undefined : [label];
      return at ? [{ recording, window, labels: at, group, split }] : [];
    });
  });
  return cutTask(places, loaded, { seconds, many: multilabel, positive: values.positive });
}

function cutTask(
  places: readonly LabelledPlace[],
  { recordings, dropped }: Awaited<ReturnType<typeof load>>,
  options: TaskOptions,
): CutTask {
  return { task: taskOf(places, recordings, options), dropped };
}

const withSeparated = (entry: ManifestEntry): ManifestEntry => ({
  ...entry,
  ...(entry.labels && { labels: separated(entry.labels) }),
});

async function identityTask(
  opened: OpenedRecordings,
  values: LabelledValues,
  trained: TrainedOn | undefined,
  say: Say,
): Promise<CutTask> {
  const seconds = values.window ?? secondsAsTrained(opened, values, trained) ?? DEFAULT_SECONDS;
  const loaded = await load(opened, opened.recordings, { values, trained, seconds, say });
  const { positive } = values;
  return cutTask(identityPlaces(loaded.recordings), loaded, { seconds, many: false, positive });
}

/**
 * The one length of windows that the weights were trained on of what the recordings hold; undefined where they say nothing.
 * @throws SignalError where it is not one.
 */
function secondsAsTrained(
  opened: OpenedRecordings,
  values: LabelledValues,
  trained: TrainedOn | undefined,
): number | undefined {
  const window = windowAsTrained(trained);
  if (window === undefined) return undefined;
  const { channelsOf: wished } = channelsOf(opened, values.channels);
  const found = kindsOfChosen(opened.recordings, (one) => wished?.(one));
  const kinds = kindsUsed(found, trained, values);
  const [seconds = secondsOfKind(window, undefined), ...others] = new Set(
    kinds.map((kind) => secondsOfKind(window, kind)),
  );
  if (others.length === 0) return seconds;
  throw new SignalError(
    `The recordings are of several kinds, and the weights were trained on windows of ${secondsInWords(window, kinds)}; the windows of a task are of one length: give it with --window, or name recordings of one kind.`,
  );
}

interface Cut {
  readonly values: LabelledValues;
  readonly trained: TrainedOn | undefined;
  readonly seconds: number;
  readonly say: Say;
}

function load(
  opened: OpenedRecordings,
  recordings: readonly Recording[],
  { values, trained, seconds, say }: Cut,
  startsOf?: (one: Recording) => readonly number[],
) {
  return loadWindows(recordings, {
    ...windowOptionsOf({ ...values, window: seconds, stride: undefined }),
    ...comparedWith(trained, values, 'refuse'),
    ...(startsOf && { startsOf }),
    ...channelsOf(opened, values.channels),
    maximumBytes: totalmem() / 2,
    onRecording: (done, of) => void say('cutting recordings into windows', done, of),
  });
}

/** Classes beyond which a list says no more. */
const MAX_NAMED = 8;

function describe(
  { task, dropped }: CutTask,
  separation: readonly string[],
  values: LabelledValues,
  trained: TrainedOn | undefined,
): Row[] {
  const { classes, targets, seconds, positive } = task;
  const few = classes.slice(0, MAX_NAMED);
  const named = firstNames(classes, MAX_NAMED, targets.many ? ', ' : ' against ');
  const kinds: Kinds = [...new Set(task.recordings.map(({ modality }) => modality))];
  const length = trained ? `, ${lengthRemark(seconds, trained, kinds)}` : '';
  const filters = filtersInWords(windowOptionsOf({ ...values, window: seconds, stride: undefined }));
  const rows: Row[] = [
    ['task', `${named}, windows of ${seconds} s${length}`],
    ['  filters', `${filters}${filterRemark(values, trained)}`],
    ...channelRows(task.recordings, trained),
  ];
  for (const part of PARTS) {
    const own = rowsOf(task, part);
    const counts = countsOf(takeRows(targets, own));
    const missing = classes.filter((_, index) => counts[index] === 0);
    const counted = few
      .map((name, index) => `${counts[index]} ${/^[\d.+-]/.test(name) ? `of "${name}"` : name}`)
      .join(', ');
    const everywhere = targets.many ? classes.filter((_, index) => counts[index] === own.length) : [];
    const facts = [
      `${classes.length > MAX_NAMED ? plural(own.length, 'window') : counted}, of ${groupsInWords(task, part)}`,
      missing.length > 0 && `no window of ${missing.slice(0, MAX_NAMED).join(', ')}`,
      everywhere.length > 0 && `all are ${everywhere.slice(0, MAX_NAMED).join(', ')}`,
    ].filter((text) => text !== false);
    rows.push([`  ${part}`, facts.join('; ')]);
  }
  if (positive) rows.push(['  positive', positiveInWords(positive)]);
  rows.push(['  people', separation.join(' ')]);
  const unused = droppedInWords(dropped);
  if (unused !== undefined) rows.push(['  not used', unused]);
  return rows;
}
