/** The recordings of a run, in the one order that every process finds, and what is said of them. */
import {
  kindsOfChosen,
  type ManifestEntry,
  type Modality,
  type Recording,
  secondsOfKind,
  sumOfDropped,
  type WindowOptions,
} from '../../../data/index.ts';
import { droppedInWords } from '../../../workflows/dropped.ts';
import { channelsOf, openOptionsOf, openRecordings } from '../recordings.ts';
import { nearPaths, plural, type Row, showCount, showDuration } from '../text.ts';
import { windowOptionsOf } from '../training/options.ts';
import { comparedWith, type TrainedOn, useRows } from '../weights/trained-on.ts';
import type { LostRow, Outcome } from './journal.ts';
import type { EmbedValues } from './options.ts';
import { dealt, type Shard, secondsOf, showShard } from './shards.ts';

export interface Found {
  /** All of them, by name. */
  readonly all: readonly Recording[];
  /** Those of this shard. */
  readonly own: readonly Recording[];
  readonly entries: ReadonlyMap<string, ManifestEntry>;
  /** What was passed over, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly optionsOf: (recording: Recording) => WindowOptions;
}

/** @throws SignalError for what was named itself and cannot be read, and where nothing can. */
export async function findRecordings(
  paths: readonly string[],
  values: EmbedValues,
  shard: Shard | undefined,
  trained: TrainedOn | undefined,
): Promise<Found> {
  const opened = await openRecordings(paths, openOptionsOf(values));
  const byName = new Map(opened.recordings.map((recording) => [recording.name, recording]));
  // By code point, so that the order is the same whatever the locale and the command line.
  const all = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = shard ? dealt(all, shard) : all;
  const options = { ...windowOptionsOf(values), ...comparedWith(trained, values) };
  const { channelsOf: wished } = channelsOf(opened, values.channels);
  const optionsOf = (recording: Recording): WindowOptions => {
    const channels = wished?.(recording);
    return { ...options, ...(channels && { channels }) };
  };
  return { all, own, entries: opened.entries, skipped: opened.skipped, optionsOf };
}

/** What the recordings of this shard hold, each kind once. */
export function kindsIn({ own, optionsOf }: Found): ReadonlySet<Modality | undefined> {
  return kindsOfChosen(own, (recording) => optionsOf(recording).channels);
}

/** Windows that a recording has where none is dropped and there is no gap; none where it has none of the channels to use. */
export function expectedWindows(recording: Recording, options: WindowOptions): number {
  const kinds = kindsOfChosen([recording], () => options.channels);
  if (kinds.size === 0) return 0;
  const seconds = secondsOfKind(options.seconds, [...kinds][0]);
  const { stride = seconds } = options;
  return Math.max(0, Math.floor((secondsOf(recording) - seconds) / stride + 1e-9) + 1);
}

export function rowsBefore({ all, own }: Found, shard: Shard | undefined): Row[] {
  const part = shard ? `, of which ${showCount(own.length)} in part ${showShard(shard)}` : '';
  const seconds = own.reduce((sum, recording) => sum + secondsOf(recording), 0);
  return [['data', `${plural(all.length, 'recording')}${part}; ${showDuration(seconds)} of signal`]];
}

const MAX_SHOWN = 5;

/** What was used and what was not, once all of it is known. */
export function rowsAfter(
  { own, skipped }: Found,
  outcomes: readonly Outcome[],
  lost: readonly LostRow[],
): Row[] {
  const rows: Row[] = [];
  const unused = droppedInWords(sumOfDropped(outcomes.map(({ dropped }) => dropped)));
  if (unused !== undefined) rows.push(['  not used', unused]);
  const name = (place: number) => nearPaths(own[place]?.name ?? '');
  const notFinite = lost.map(({ row, start }) => {
    const { recording, channels } = recordingOfRow(outcomes, row);
    return `the embedding of ${name(recording)} at ${Number(start.toFixed(3))} s (${channels.join(', ')}) is not finite`;
  });
  const remarks = outcomes.flatMap(({ remarks = [] }, place) =>
    remarks.map((remark) => `${name(place)}: ${remark}`),
  );
  const leftOut = outcomes.flatMap((outcome, place) =>
    outcome.leftOut.map(({ label, reason }) => `"${label}" of ${name(place)} ${reason}`),
  );
  const passedOver = [
    ...skipped.map(({ path, reason }) => `${nearPaths(path)}: ${nearPaths(reason)}`),
    ...outcomes.flatMap(({ reason }, place) => (reason ? [`${name(place)}: ${reason}`] : [])),
  ];
  rows.push(...useRows(outcomes.flatMap(({ use }, place) => (use ? [{ ...use, name: name(place) }] : []))));
  rows.push(...shownFew('  not used', notFinite, 'window'), ...shownFew('  note', remarks, 'note'));
  rows.push(...shownFew('  left out', leftOut, 'channel'), ...shownFew('  passed over', passedOver, 'file'));
  return rows;
}

/** The recording that a row of the journal is of, as its place in the order of the run, and its channels. */
function recordingOfRow(
  outcomes: readonly Outcome[],
  row: number,
): { readonly recording: number; readonly channels: readonly string[] } {
  let before = 0;
  for (const [recording, { windows, channels }] of outcomes.entries()) {
    before += windows;
    if (row < before) return { recording, channels };
  }
  throw new RangeError(`There is no row ${row}, but ${before} from 0.`);
}

/** The first few of some texts, a row each, and how many more there are. */
export function shownFew(label: string, texts: readonly string[], noun: string): Row[] {
  const rows = texts.slice(0, MAX_SHOWN).map((text): Row => [label, text]);
  const rest = texts.length - rows.length;
  return rest > 0 ? [...rows, [label, `and ${plural(rest, `more ${noun}`)}`]] : rows;
}
