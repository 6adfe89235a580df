/** Labelled windows of a manifest, as a probe needs them. */
import { totalmem } from 'node:os';
import {
  type LabelledStretch,
  labelOf,
  loadWindows,
  type ManifestEntry,
  MODEL_RATE,
  RandomStream,
  type RecordingWindows,
  readWindows,
  SignalError,
  type SplitName,
} from '../../data/index.ts';
import { windowOptionsOf } from '../pretrain/options.ts';
import { channelsOf, openOptionsOf, openRecordings } from '../recordings.ts';
import { plural, type Row } from '../text.ts';
import type { ProbeValues } from './options.ts';

/** Windows with their labels; arrays have an element a window. */
export interface Task {
  /** In the order of the alphabet: a label is a place in here. */
  readonly classes: readonly string[];
  readonly labels: Uint32Array;
  /** Whose window it is: an interval resamples these. */
  readonly groups: readonly string[];
  readonly splits: readonly SplitName[];
  readonly recordings: readonly RecordingWindows[];
  readonly rows: readonly Row[];
}

/** Seconds: as far as the position table reaches. */
const LONGEST = 64;

/**
 * Cuts the labelled stretches of manifests into windows: of the length asked for, or of the shortest stretch. Without a
 * validation part a fifth of the training subjects is set apart, by the seed.
 * @throws SignalError that names everything that is missing at once.
 */
export async function labelledTask(paths: readonly string[], values: ProbeValues): Promise<Task> {
  const opened = await openRecordings(paths, openOptionsOf(values));
  const entryOf = ({ name }: { name: string }) => opened.entries.get(name);
  requireComplete(paths, [...opened.entries.values()]);
  const labelled = opened.recordings.filter((one) => (entryOf(one)?.labels ?? []).length > 0);
  const seconds = values.window ?? shortest(labelled.flatMap((one) => entryOf(one)?.labels ?? []));
  const loaded = await loadWindows(labelled, {
    ...windowOptionsOf({ ...values, window: seconds, stride: undefined }),
    startsOf: (one) => startsIn(entryOf(one)?.labels ?? [], seconds),
    ...channelsOf(opened, values.channels),
    maximumBytes: totalmem() / 2,
  });
  const parts = setApart(loaded.recordings, entryOf, values.seed);
  const places = loaded.recordings.flatMap((recording) => {
    const entry = entryOf(recording);
    return [...recording.starts].map((start) => ({
      label: labelOf(entry?.labels ?? [], start, seconds) ?? '',
      group: recording.subject ?? recording.name,
      split: parts.get(recording) as SplitName,
    }));
  });
  const classes = [...new Set(places.map(({ label }) => label))].sort();
  const labels = Uint32Array.from(places, ({ label }) => classes.indexOf(label));
  const splits = places.map(({ split }) => split);
  const groups = places.map(({ group }) => group);
  requireClasses(classes, labels, splits);
  const rows = describe({ classes, labels, splits, groups }, seconds, loaded.dropped);
  return { classes, labels, groups, splits, recordings: loaded.recordings, rows };
}

function requireComplete(paths: readonly string[], entries: readonly ManifestEntry[]): void {
  const problems = [
    entries.length === 0 && 'names no recordings by a manifest',
    entries.every(({ labels = [] }) => labels.length === 0) && 'has no labels (spotr data label gives them)',
    entries.every(({ split }) => split === undefined) && 'has no split (spotr data split makes one)',
    !entries.some(({ split }) => split === 'test') && 'has nothing to test on',
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new SignalError(`${paths.join(', ')}: ${problems.join('; ')}.`);
}

function shortest(labels: readonly LabelledStretch[]): number {
  const least = Math.min(LONGEST, ...labels.map(({ seconds }) => seconds));
  // Half a sample of tolerance: lengths are sums of fractions.
  return Math.floor(least * MODEL_RATE + 1e-6) / MODEL_RATE;
}

/** One after the other within each stretch. */
function startsIn(labels: readonly LabelledStretch[], seconds: number): number[] {
  return labels.flatMap(({ start, seconds: length }) =>
    Array.from({ length: Math.floor(length / seconds + 1e-9) }, (_, i) => start + i * seconds),
  );
}

const VALIDATION = 0.2;
const VALIDATION_STREAM = 11;

/** The parts of the manifest; where it has none for validation, a fifth of the subjects for training. */
function setApart(
  recordings: readonly RecordingWindows[],
  entryOf: (one: RecordingWindows) => ManifestEntry | undefined,
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

const PARTS = ['train', 'validation', 'test'] as const;

function requireClasses(classes: readonly string[], labels: Uint32Array, splits: readonly SplitName[]): void {
  const problems = PARTS.flatMap((part) => {
    const there = new Set([...labels].filter((_, i) => splits[i] === part));
    if (there.size === 0) return [`no window is for ${part}`];
    const missing = classes.filter((_, index) => !there.has(index));
    if (there.size < 2 || (part === 'train' && missing.length > 0))
      return [`${part} has no window of ${missing.join(', ')}`];
    return [];
  });
  if (classes.length < 2) problems.unshift(`there is one class only, ${classes.join()}`);
  if (problems.length > 0) throw new SignalError(`Nothing can be learned here: ${problems.join('; ')}.`);
}

function describe(
  { classes, labels, splits, groups }: Pick<Task, 'classes' | 'labels' | 'splits' | 'groups'>,
  seconds: number,
  dropped: Readonly<Record<string, number>>,
): Row[] {
  const rows: Row[] = [['task', `${classes.join(' against ')}, windows of ${seconds} s`]];
  for (const part of PARTS) {
    const counts = classes.map(
      (_, index) => [...labels].filter((label, i) => label === index && splits[i] === part).length,
    );
    const subjects = new Set(groups.filter((_, i) => splits[i] === part)).size;
    rows.push([
      `  ${part}`,
      `${counts.map((count, i) => `${count} ${classes[i]}`).join(', ')}, of ${plural(subjects, 'subject')}`,
    ]);
  }
  const lost = Object.entries(dropped).filter(([, count]) => count > 0);
  if (lost.length > 0) rows.push(['  not used', lost.map(([why, count]) => `${count} ${why}`).join(', ')]);
  return rows;
}

/** All windows of the recordings, each [channels, samples], for baselines on a processor. */
export async function* signalsOf(recordings: readonly RecordingWindows[]) {
  for (const recording of recordings)
    for (let window = 0; window < recording.shape[0]; window++)
      yield { signal: await readWindows(recording, window, 1), channels: recording.shape[1] };
}
