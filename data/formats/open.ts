/** Picks the reader for each of a set of files, and says what was passed over and why. */
import { SignalError } from '../errors.ts';
import type { Modality, Recording } from '../recording.ts';
import { type ByteSource, decodeText } from '../source/bytes.ts';
import { type CsvOptions, openCsv } from './csv.ts';
import { openEdf } from './edf.ts';
import { openWfdb, wfdbSignalFiles } from './wfdb.ts';
import { findMasters, kinOf, type Masters } from './wfdb-kin.ts';

export interface OpenOptions extends CsvOptions {
  /** What the recordings are, for files that do not say so themselves. */
  modality?: Modality;
}

/** A file that is not opened yet. */
export interface FileEntry {
  /** Path with / between its parts; names in messages and in the results. */
  path: string;
  open(): Promise<ByteSource>;
}

export interface Opened {
  recordings: Recording[];
  skipped: { path: string; reason: string }[];
}

type Kind = 'edf' | 'wfdb' | 'text';

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['edf', 'edf'],
  ['bdf', 'edf'],
  ['rec', 'edf'],
  ['hea', 'wfdb'],
  ['csv', 'text'],
  ['tsv', 'text'],
  ['txt', 'text'],
]);

/**
 * Opens every file that a reader knows by its ending. Files that cannot be read, that belong to another one (the
 * signal files of a WFDB header) or that hold the same samples as one before end up in `skipped`.
 */
export async function openFiles(entries: readonly FileEntry[], options: OpenOptions = {}): Promise<Opened> {
  const opened: Opened = { recordings: [], skipped: [] };
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const signalFiles = new Map<string, string>();
  const masters = await findMasters(entries);
  for (const entry of entries) {
    const kind = KINDS.get(endingOf(entry.path));
    if (!kind) continue;
    try {
      if (kind === 'wfdb') {
        const twin = await claimSignalFiles(entry, signalFiles);
        if (twin) {
          opened.skipped.push({ path: entry.path, reason: `holds the same samples as ${twin}` });
          continue;
        }
      }
      opened.recordings.push(await openEntry(entry, kind, byPath, options, masters));
    } catch (error) {
      if (!(error instanceof SignalError)) throw error;
      opened.skipped.push({ path: entry.path, reason: error.message });
    }
  }
  for (const { path } of entries) {
    if (KINDS.has(endingOf(path)) || signalFiles.has(path)) continue;
    opened.skipped.push({ path, reason: 'is not of a format that is read' });
  }
  return opened;
}

/**
 * Opens one file by its ending; `siblings` are the files that it may refer to, and that may refer to it. `masters` are
 * found among them; give them where several files of one folder are opened. Throws what the reader throws.
 */
export async function openFile(
  entry: FileEntry,
  siblings: readonly FileEntry[],
  options: OpenOptions = {},
  masters?: Masters,
): Promise<Recording> {
  const kind = KINDS.get(endingOf(entry.path));
  if (!kind) {
    throw new SignalError(
      `${entry.path}: ".${endingOf(entry.path)}" is not a format that is read; known are ${[...KINDS.keys()].map((ending) => `.${ending}`).join(' ')}. For a WFDB record give its .hea file.`,
    );
  }
  const byPath = new Map(siblings.map((sibling) => [sibling.path, sibling]));
  const known = masters ?? (kind === 'wfdb' ? await findMasters(siblings) : new Map());
  return openEntry(entry, kind, byPath, options, known);
}

async function openEntry(
  entry: FileEntry,
  kind: Kind,
  byPath: ReadonlyMap<string, FileEntry>,
  options: OpenOptions,
  masters: Masters,
): Promise<Recording> {
  const source = await entry.open();
  const recording =
    kind === 'edf'
      ? await openEdf(source)
      : kind === 'text'
        ? await openCsv(source, options)
        : await openRecord(source, entry.path, byPath, masters);
  const modality = recording.modality ?? options.modality;
  return modality === recording.modality ? recording : { ...recording, ...(modality ? { modality } : {}) };
}

async function openRecord(
  header: ByteSource,
  path: string,
  byPath: ReadonlyMap<string, FileEntry>,
  masters: Masters,
): Promise<Recording> {
  const signalFiles: string[] = [];
  const recording = await openWfdb(header, async (fileName) => {
    signalFiles.push(besides(path, fileName));
    return byPath.get(besides(path, fileName))?.open();
  });
  return { ...recording, kin: kinOf(path, signalFiles, masters) };
}

/** Notes which signal files a header uses. Returns the header that used the same ones before, if any. */
async function claimSignalFiles(entry: FileEntry, claimed: Map<string, string>): Promise<string | undefined> {
  const source = await entry.open();
  const names = wfdbSignalFiles(decodeText(await source.read(0, source.size)), entry.path);
  const paths = names.map((name) => besides(entry.path, name));
  const twin = paths.length > 0 ? claimed.get(paths[0] as string) : undefined;
  for (const path of paths) if (!claimed.has(path)) claimed.set(path, entry.path);
  return twin;
}

function besides(path: string, fileName: string): string {
  return path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/${fileName}` : fileName;
}

function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : '';
}
