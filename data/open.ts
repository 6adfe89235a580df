/** Picks the reader for each of a set of files, and says what was passed over and why. */

import { withoutEnding } from '../base/without-ending.ts';
import { withBids } from './bids/enrich.ts';
import { passedOver } from './bids/tree.ts';
import { kindsOf } from './channels/kinds-of.ts';
import { MODALITY_NAMES } from './channels/wording.ts';
import { SignalError } from './errors.ts';
import { type FileEntry, FileSet, type Format, type OpenOptions } from './formats/format.ts';
import { atGivenRate } from './formats/given-rate.ts';
import { formatOf, unreadable } from './formats/index.ts';
import { mistakenError, unsupportedError } from './formats/unsupported.ts';
import { groupBy } from './group-by.ts';
import { SLOWEST_RATE } from './rate.ts';
import type { Modality, Recording } from './recording.ts';

export interface Opened {
  recordings: Recording[];
  skipped: { path: string; reason: string }[];
}

/**
 * Opens every file that a reader knows by its ending. Files that cannot be read, that belong to another one (the
 * signal files of a WFDB header) or that hold the same samples as one before end up in `skipped`. Parts of one that
 * cannot be read are tried by themselves: a record of several segments may lack one, and the others are still there. The
 * files `around` may be referred to and describe others; they are not opened.
 */
export async function openFiles(
  entries: readonly FileEntry[],
  options: OpenOptions = {},
  around: readonly FileEntry[] = [],
): Promise<Opened> {
  const files = new FileSet([...around, ...entries]);
  const owners = await ownersOf(entries, files);
  const bids = passedOver(entries, files);
  const results = new Map<string, Recording | string>();
  const open = async (entry: FileEntry) => {
    results.set(entry.path, await openOrReason(entry, files, options));
  };
  for (const entry of entries) {
    if (bids.paths.has(entry.path)) continue;
    const owner = owners.get(entry.path);
    if (owner?.duplicate) results.set(entry.path, `holds the same samples as ${owner.of}`);
    if (!owner) await open(entry);
  }
  for (const entry of entries) {
    const owner = owners.get(entry.path);
    const isOrphan = owner && !owner.duplicate && typeof results.get(owner.of) === 'string';
    if (isOrphan && formatOf(entry.path)) await open(entry);
  }
  const opened: Opened = { recordings: [], skipped: [...bids.folders] };
  for (const { path } of entries) {
    const result = results.get(path);
    if (typeof result === 'string') opened.skipped.push({ path, reason: result });
    else if (result) opened.recordings.push(result);
  }
  return opened;
}

async function openOrReason(
  entry: FileEntry,
  files: FileSet,
  options: OpenOptions,
): Promise<Recording | string> {
  try {
    const format = formatOf(entry.path);
    if (!format) return (await unsupportedError(entry))?.message ?? 'is not of a format that is read';
    return await openAs(format, entry, files, options);
  } catch (error) {
    if (error instanceof SignalError) return error.message;
    throw error;
  }
}

/**
 * Opens one file by its ending; `siblings` are the files that it may refer to, and that may refer to it. Throws what the
 * reader throws.
 */
export async function openFile(
  entry: FileEntry,
  siblings: FileSet | readonly FileEntry[],
  options: OpenOptions = {},
): Promise<Recording> {
  const format = formatOf(entry.path);
  if (!format) throw (await unsupportedError(entry)) ?? unreadable(entry.path);
  return openAs(format, entry, siblings instanceof FileSet ? siblings : new FileSet(siblings), options);
}

async function openAs(
  format: Format,
  entry: FileEntry,
  files: FileSet,
  options: OpenOptions,
): Promise<Recording> {
  const read = await format.open(entry, files, options).catch(async (error: unknown) => {
    throw error instanceof SignalError ? ((await mistakenError(entry)) ?? error) : error;
  });
  const timed = format.declaresRates ? atGivenRate(read, options.rate) : read;
  const recording = await withBids(timed, entry, files);
  return options.modality ? givenModality(recording, options.modality) : recording;
}

/**
 * What a person says that files hold chooses among the kinds of a recording that has several ("ppg" of a monitor's
 * record), and holds where names and files beside it show nothing. A recording of other signals stays what it is.
 */
function givenModality(recording: Recording, given: Modality): Recording {
  if (recording.modality === undefined || recording.modality === given)
    return { ...recording, modality: given };
  const { kinds } = kindsOf(recording.channels, given);
  if (recording.channels.some(({ rate, bad }, i) => kinds[i] === given && rate >= SLOWEST_RATE && !bad))
    return { ...recording, modality: given };
  const [own, other] = [MODALITY_NAMES[recording.modality], MODALITY_NAMES[given]];
  return {
    ...recording,
    notes: [
      ...recording.notes,
      `it is taken for ${own}, not for ${other} as was said: no channel is ${other}`,
    ],
  };
}

/**
 * Files that are not opened by themselves: `of` holds their samples, as a part of it or, where `duplicate`, the same ones. What
 * is a part of one is no duplicate of another: segments of a record may lie in one file.
 */
async function ownersOf(
  entries: readonly FileEntry[],
  files: FileSet,
): Promise<ReadonlyMap<string, { of: string; duplicate: boolean }>> {
  const partsBy = new Map<string, readonly string[]>();
  for (const entry of entries) partsBy.set(entry.path, await partsOf(entry, files));
  const owners = new Map<string, { of: string; duplicate: boolean }>();
  // A header that is called like its file of samples comes before copies of it, and so do the marks beside it.
  const namesakes = (path: string, parts: readonly string[]) =>
    parts.filter((part) => files.at(part) && isNamesake(path, part)).length;
  const byName = [...partsBy].sort(([a, as], [b, bs]) => namesakes(b, bs) - namesakes(a, as));
  for (const [of, parts] of byName)
    for (const part of parts) if (!owners.has(part)) owners.set(part, { of, duplicate: false });
  for (const [path, [first]] of partsBy) {
    const owner = first === undefined ? undefined : owners.get(first);
    if (owner && owner.of !== path && !owners.has(path)) owners.set(path, { of: owner.of, duplicate: true });
  }
  for (const [path, of] of samePaths(entries.filter((one) => formatOf(one.path) && !owners.has(one.path))))
    owners.set(path, { of, duplicate: true });
  return owners;
}

/** Further paths of one file, each with the one that stands for it: no link where there is such. */
function samePaths(entries: readonly FileEntry[]): Map<string, string> {
  const known = entries.flatMap(({ path, real }) => (real ? [{ path, real }] : []));
  return new Map(
    [...groupBy(known, ({ real }) => real.path).values()].flatMap((group) => {
      const of = (group.find(({ real }) => !real.isLink) ?? group[0])?.path as string;
      return group.flatMap(({ path }) => (path === of ? [] : [[path, of] as const]));
    }),
  );
}

function isNamesake(path: string, part: string): boolean {
  return withoutEnding(part) === withoutEnding(path);
}

/** None of a file that cannot be read: opening it says what is wrong with it. */
async function partsOf(entry: FileEntry, files: FileSet): Promise<readonly string[]> {
  try {
    return (await formatOf(entry.path)?.parts?.(entry, files)) ?? [];
  } catch (error) {
    if (error instanceof SignalError) return [];
    throw error;
  }
}
