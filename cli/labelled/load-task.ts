/** From what a command line names to a task. */
import { totalmem } from 'node:os';
import {
  filtersInWords,
  labelOf,
  loadWindows,
  type ManifestEntry,
  RandomStream,
  type Recording,
  type RecordingWindows,
  type SplitName,
} from '../../data/index.ts';
import { countsOf, takeRows } from '../../model/index.ts';
import { windowOptionsOf } from '../pretrain/options.ts';
import { channelsOf, type OpenedRecordings, openOptionsOf, openRecordings } from '../recordings.ts';
import { plural, type Row } from '../text.ts';
import { filterRemark, lengthRemark, type TrainedOn } from '../trained-on.ts';
import { type EntryOf, requireClasses, requireWhole } from './checks.ts';
import type { LabelledValues } from './options.ts';
import {
  DEFAULT_SECONDS,
  identityPlaces,
  joined,
  labelsAt,
  type Placed,
  separated,
  shortestStretch,
  startsIn,
} from './places.ts';
import { groupCount, groupNoun, PARTS, rowsOf, type Task } from './task.ts';

type CutTask = Omit<Task, 'rows'> & { readonly dropped: Readonly<Record<string, number>> };

/** A window before its labels are numbers. */
interface LabelledPlace extends Placed {
  readonly labels: readonly string[];
  readonly group: string;
  readonly split: SplitName;
}

/**
 * Cuts the labelled stretches of recordings into windows: of the length asked for, or of the shortest stretch. Without a
 * validation part a fifth of the training subjects is set apart, by the seed. With `identity` the label is the subject, and
 * windows are as long as those that the weights were trained on.
 * @throws SignalError that names everything that is wrong at once.
 */
export async function labelledTask(
  paths: readonly string[],
  values: LabelledValues,
  trained: TrainedOn | undefined,
): Promise<Task> {
  const { labels, labelColumn } = values;
  const opened = await openRecordings(paths, {
    ...openOptionsOf(values),
    ...(labels !== undefined && { labels }),
    ...(labelColumn !== undefined && { labelColumn }),
  });
  const task = await (values.identity
    ? identityTask(opened, values, trained)
    : tableTask(paths, opened, values));
  return { ...task, rows: describe(task, values, trained) };
}

async function tableTask(
  paths: readonly string[],
  opened: OpenedRecordings,
  values: LabelledValues,
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

async function identityTask(
  opened: OpenedRecordings,
  values: LabelledValues,
  trained: TrainedOn | undefined,
): Promise<CutTask> {
  const seconds = values.window ?? trained?.windows[0] ?? DEFAULT_SECONDS;
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

const VALIDATION = 0.2;
const VALIDATION_STREAM = 11;

/** Ways to set validation subjects apart that are tried. */
const DRAWS = 20;

/**
 * The parts of the manifest; where it has none for validation, a fifth of the subjects for training: the first draw that leaves
 * every label on both sides, else the one that lacks fewest.
 */
function setApart(
  recordings: readonly RecordingWindows[],
  entryOf: EntryOf,
  seed: number,
): Map<RecordingWindows, SplitName> {
  const parts = new Map(recordings.map((one) => [one, entryOf(one)?.split ?? 'train'] as const));
  if ([...parts.values()].includes('validation')) return parts;
  const groupOf = (one: RecordingWindows) => one.subject ?? one.name;
  const train = recordings.filter((one) => parts.get(one) === 'train');
  const groups = [...new Set(train.map(groupOf))].sort();
  const labelled = train.flatMap((one) =>
    [...new Set((entryOf(one)?.labels ?? []).map(({ label }) => label))].map(
      (label) => [one, label] as const,
    ),
  );
  const sides = 2 * new Set(labelled.map(([, label]) => label)).size;
  let best: { readonly chosen: ReadonlySet<string>; readonly have: number } | undefined;
  for (let draw = 0; draw < DRAWS && best?.have !== sides; draw++) {
    const chosen = drawnGroups(
      groups,
      new RandomStream(seed, VALIDATION_STREAM, ...(draw > 0 ? [draw] : [])),
    );
    const have = new Set(labelled.map(([one, label]) => `${chosen.has(groupOf(one))} ${label}`)).size;
    if (!best || have > best.have) best = { chosen, have };
  }
  for (const one of train) if (best?.chosen.has(groupOf(one))) parts.set(one, 'validation');
  return parts;
}

function drawnGroups(groups: readonly string[], stream: RandomStream): ReadonlySet<string> {
  const drawn = groups.map((group) => ({ group, at: stream.u32() })).sort((a, b) => a.at - b.at);
  const count = Math.max(1, Math.round(VALIDATION * groups.length));
  return new Set(drawn.slice(0, count).map(({ group }) => group));
}

function taskOf(
  places: readonly LabelledPlace[],
  { recordings, dropped }: Awaited<ReturnType<typeof load>>,
  seconds: number,
  many: boolean,
): CutTask {
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
    seconds,
    dropped,
  };
  requireClasses(task);
  return task;
}

/** Classes beyond which a list says no more. */
const MOST_NAMED = 8;

function describe(task: CutTask, values: LabelledValues, trained: TrainedOn | undefined): Row[] {
  const { classes, targets, seconds, dropped } = task;
  const few = classes.slice(0, MOST_NAMED);
  const rest = classes.length - few.length;
  const named = few.join(targets.many ? ', ' : ' against ') + (rest > 0 ? ` and ${rest} more` : '');
  const length = trained ? `, ${lengthRemark(seconds, trained)}` : '';
  const filters = filtersInWords(windowOptionsOf({ ...values, window: seconds, stride: undefined }));
  const rows: Row[] = [
    ['task', `${named}, windows of ${seconds} s${length}`],
    ['  filters', `${filters}${filterRemark(values, trained)}`],
  ];
  for (const part of PARTS) {
    const own = rowsOf(task, part);
    const counts = countsOf(takeRows(targets, own));
    const missing = classes.filter((_, index) => counts[index] === 0);
    const counted = few
      .map((name, index) => `${counts[index]} ${/^[\d.+-]/.test(name) ? `of "${name}"` : name}`)
      .join(', ');
    const everywhere = targets.many ? classes.filter((_, index) => counts[index] === own.length) : [];
    const told = [
      `${classes.length > MOST_NAMED ? plural(own.length, 'window') : counted}, of ${plural(groupCount(task, part), groupNoun(task))}`,
      missing.length > 0 && `no window of ${missing.slice(0, MOST_NAMED).join(', ')}`,
      everywhere.length > 0 && `all are ${everywhere.slice(0, MOST_NAMED).join(', ')}`,
    ].filter((text) => text !== false);
    rows.push([`  ${part}`, told.join('; ')]);
  }
  const lost = Object.entries(dropped).filter(([, count]) => count > 0);
  if (lost.length > 0) rows.push(['  not used', lost.map(([why, count]) => `${count} ${why}`).join(', ')]);
  return rows;
}
