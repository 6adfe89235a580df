import {
  filtersInWords,
  groupBy,
  type LoadedWindows,
  MODEL_RATE,
  UNKNOWN_MODALITY,
  type WindowDataset,
  windowSeconds,
} from '../../../data/index.ts';
import { droppedInWords } from '../../../workflows/dropped.ts';
import { RUN_FILES } from '../run/run-folder.ts';
import { fewFiles, nearPaths, plural, type Row, shortPath, tallied } from '../text.ts';
import { type PretrainSettings, windowOptionsOf } from './options.ts';

export interface PassedOver {
  readonly path: string;
  readonly reason: string;
}

/** What a data set of recordings holds, and what was left out of it and why, for people. */
export function dataRows(
  source: WindowDataset,
  { recordings, dropped }: LoadedWindows,
  passedOver: readonly PassedOver[],
  settings: PretrainSettings,
): Row[] {
  const lengths = windowSeconds(source.describe()).toSorted((a, b) => a - b);
  const rows: Row[] = [
    [
      'data',
      `${plural(recordings.length, 'recording')}, windows of ${enumerated(lengths)} s at 200 Hz, ${filtersInWords(windowOptionsOf(settings))}`,
    ],
  ];
  for (const group of groupsOf(source.describe())) {
    const { source: name, channels, labels, trainWindows, heldOutWindows, heldOut } = group;
    const length = lengths.length > 1 ? ` of ${group.samples / MODEL_RATE} s` : '';
    const shown =
      labels.length === 1 ? ` (${shorten(labels[0] ?? '', 60)})` : ` (${plural(labels.length, 'montage')})`;
    const unknown = name === UNKNOWN_MODALITY ? ', modality unknown (set it with --modality)' : '';
    rows.push([
      `  ${name}`,
      `${plural(channels, 'channel')}${shown}${unknown}: ${plural(trainWindows, 'window')}${length} for training, ${heldOutWindows} held out; ${heldOut}`,
    ]);
  }
  const unused = droppedInWords(dropped);
  if (unused !== undefined) rows.push(['  not used', unused]);
  const leftOut = counted(
    recordings.flatMap((one) => one.leftOut.map(({ label, reason }) => `"${label}" ${reason}`)),
  );
  if (leftOut.length > 0) rows.push(['  left out', firstFew(leftOut, 4, 'channel')]);
  const units = counted(recordings.flatMap((one) => one.converted.map(({ how }) => how)));
  if (units.length > 0) rows.push(['  units', firstFew(units, 4, 'conversion')]);
  rows.push(...passedOverRows(passedOver));
  const notes = groupBy(
    recordings.flatMap(({ name, notes }) => notes.map((note) => ({ note, name }))),
    ({ note }) => note,
  );
  for (const [note, members] of [...notes].slice(0, MAX_NOTES))
    rows.push(['  note', `${fewFiles(members.map(({ name }) => name))}: ${nearPaths(note)}`]);
  if (notes.size > MAX_NOTES) rows.push(['  note', `and ${plural(notes.size - MAX_NOTES, 'more note')}`]);
  return rows;
}

const MAX_NOTES = 6;
interface Group {
  source: string;
  channels: number;
  samples: number;
  labels: string[];
  trainWindows: number;
  heldOutWindows: number;
  heldOut: string;
}

/** Of a source's description; none of a source that is not of recordings. */
function groupsOf({ groups = [] }: Readonly<Record<string, unknown>>): Group[] {
  return groups as Group[];
}

/** `1`, `1 and 2`, `1, 2 and 3`. */
function enumerated(values: readonly number[]): string {
  const last = values.at(-1);
  return values.length < 2 ? String(last) : `${values.slice(0, -1).join(', ')} and ${last}`;
}

/** Each text once, with how often it came if that is more than once. */
function counted(texts: readonly string[]): string[] {
  return tallied(texts).map(([text, count]) => (count > 1 ? `${text} (${count} times)` : text));
}

function firstFew(items: readonly string[], few: number, noun: string): string {
  const shown = items.slice(0, few).join(', ');
  return items.length > few ? `${shown} and ${plural(items.length - few, `more ${noun}`)}` : shown;
}

const MAX_REASONS = 6;
/** At its end, the line that helps: neither shortened nor broken, so that it can be pasted. */
const COMMAND = /^(.*?):? (`[^`]+`)\.?$/s;

/** A row a reason, the commonest first; `allIn` names the file that has them all. */
export function passedOverRows(passedOver: readonly PassedOver[], allIn: string = RUN_FILES.config): Row[] {
  const byReason = new Map<string, { paths: string[]; command: string | undefined }>();
  for (const { path, reason } of passedOver) {
    // Reasons of readers begin with the file and the place; without these, files with the same trouble come together.
    const own = reason.startsWith(path) ? reason.slice(path.length) : reason;
    const plain = own.replace(/^(, (line|byte) \d+)?:\s*/, '');
    const [, words = plain, command] = COMMAND.exec(plain) ?? [];
    const text = shorten(nearPaths(words), 200);
    const group = byReason.get(text);
    if (group) group.paths.push(path);
    else byReason.set(text, { paths: [path], command });
  }
  const groups = [...byReason].sort((a, b) => b[1].paths.length - a[1].paths.length);
  const rows = groups.slice(0, MAX_REASONS).map(([reason, { paths, command }]): Row => {
    const which = command !== undefined && paths.length > 1 ? `, of ${shortPath(paths[0] ?? '')}` : '';
    const how = command === undefined ? '' : `${which}: ${nearPaths(command)}`;
    return ['  passed over', `${plural(paths.length, 'file')} (${fewFiles(paths)}): ${reason}${how}`];
  });
  const rest = groups.slice(MAX_REASONS).reduce((sum, [, { paths }]) => sum + paths.length, 0);
  if (rest > 0) rows.push(['  passed over', `${plural(rest, 'more file')}; ${allIn} lists them all`]);
  return rows;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}
