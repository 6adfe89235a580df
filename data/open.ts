/** Picks the reader for each of a set of files, and says what was passed over and why. */
import { withBids } from './bids/enrich.ts';
import { passedOver } from './bids/tree.ts';
import { SignalError } from './errors.ts';
import { foreignError, mistakenError } from './formats/foreign.ts';
import { type FileEntry, FileSet, type Format, type OpenOptions } from './formats/format.ts';
import { formatOf, unreadable } from './formats/index.ts';
import type { Recording } from './recording.ts';

export interface Opened {
  recordings: Recording[];
  skipped: { path: string; reason: string }[];
}

/**
 * Opens every file that a reader knows by its ending. Files that cannot be read, that belong to another one (the
 * signal files of a WFDB header) or that hold the same samples as one before end up in `skipped`.
 */
export async function openFiles(entries: readonly FileEntry[], options: OpenOptions = {}): Promise<Opened> {
  const opened: Opened = { recordings: [], skipped: [] };
  const files = new FileSet(entries);
  const owners = await ownersOf(entries);
  const bids = passedOver(files);
  opened.skipped.push(...bids.folders);
  for (const entry of entries) {
    const { path } = entry;
    if (bids.paths.has(path)) continue;
    const owner = owners.get(path);
    if (owner?.twin) opened.skipped.push({ path, reason: `holds the same samples as ${owner.of}` });
    if (owner) continue;
    const format = formatOf(path);
    try {
      if (format) opened.recordings.push(await openAs(format, entry, files, options));
      else opened.skipped.push({ path, reason: await whyForeign(entry) });
    } catch (error) {
      if (!(error instanceof SignalError)) throw error;
      opened.skipped.push({ path, reason: error.message });
    }
  }
  return opened;
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
  if (!format) throw (await foreignError(entry)) ?? unreadable(entry.path);
  return openAs(format, entry, siblings instanceof FileSet ? siblings : new FileSet(siblings), options);
}

async function whyForeign(entry: FileEntry): Promise<string> {
  return (await foreignError(entry))?.message ?? 'is not of a format that is read';
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
  const recording = await withBids(read, entry, files);
  const modality = recording.modality ?? options.modality;
  return modality === recording.modality ? recording : { ...recording, ...(modality ? { modality } : {}) };
}

/** Files that are not opened by themselves: `of` holds their samples, as a part of it or, where `twin`, the same ones. */
async function ownersOf(
  entries: readonly FileEntry[],
): Promise<ReadonlyMap<string, { of: string; twin: boolean }>> {
  const owners = new Map<string, { of: string; twin: boolean }>();
  for (const entry of entries) {
    const parts = await partsOf(entry);
    const first = parts[0] === undefined ? undefined : owners.get(parts[0]);
    if (first) owners.set(entry.path, { of: first.of, twin: true });
    for (const part of parts) if (!owners.has(part)) owners.set(part, { of: entry.path, twin: false });
  }
  return owners;
}

/** None of a file that cannot be read: opening it says what is wrong with it. */
async function partsOf(entry: FileEntry): Promise<readonly string[]> {
  try {
    return (await formatOf(entry.path)?.parts?.(entry)) ?? [];
  } catch (error) {
    if (error instanceof SignalError) return [];
    throw error;
  }
}
