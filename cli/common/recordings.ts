/** The recordings that a command line names: files, folders, manifests, tables, and generated ones. */
import { statSync } from 'node:fs';
import {
  type LoadOptions,
  type Manifest,
  type ManifestEntry,
  type OpenedManifest,
  type OpenOptions,
  readManifest,
  SignalError,
} from '../../data/index.ts';
import { openPaths } from '../../data/node.ts';
import { readText } from './files.ts';
import { openManifestLines } from './recordings/manifest.ts';
import { isSynthetic, openSynthetic } from './recordings/synthetic.ts';
import { openLabelTable, openWindowTable, type TableOptions, tableKindOf } from './recordings/tables.ts';

/** With what manifests and tables say of recordings, by name. */
export type OpenedRecordings = OpenedManifest;

/** What a command line says of files that do not say it themselves. */
export function openOptionsOf({
  rate,
  modality,
  variable,
}: { [Name in 'rate' | 'modality' | 'variable']: OpenOptions[Name] | undefined }): OpenOptions {
  return {
    ...(rate !== undefined && { rate }),
    ...(modality !== undefined && { modality }),
    ...(variable !== undefined && { variable }),
  };
}

/** Whether a name stands for a manifest. */
export const isManifest = (path: string): boolean => path.toLowerCase().endsWith('.jsonl');

/** Bytes of a manifest: a million recordings. */
const MAXIMUM_MANIFEST_BYTES = 2 ** 28;

export function loadManifest(path: string): Manifest {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAXIMUM_MANIFEST_BYTES)
    throw new SignalError(
      `${path}: has ${size} bytes, more than the ${MAXIMUM_MANIFEST_BYTES} that are read of a manifest; divide it.`,
    );
  return readManifest(readText(path), path);
}

/** @throws SignalError for what was named itself and cannot be read, and where nothing can. */
export async function openRecordings(
  paths: readonly string[],
  options: TableOptions,
): Promise<OpenedRecordings> {
  const openers = new Map(paths.map((path) => [path, openerOf(path, options.labelColumn)] as const));
  requireTables(paths, [...openers.values()], options);
  const plain = paths.filter((path) => openers.get(path) === undefined);
  const opened = plain.length > 0 ? await openPaths(plain, options) : { recordings: [], skipped: [] };
  const entries = new Map<string, ManifestEntry>();
  const lost: OpenedRecordings['lost'] = [];
  for (const [path, open] of openers) {
    if (open === undefined) continue;
    const { recordings, skipped, entries: own, lost: gone } = await open(path, options);
    for (const name of own.keys())
      if (entries.has(name)) throw new SignalError(`${path}: ${name} is named by two tables or manifests.`);
    opened.recordings.push(...recordings);
    opened.skipped.push(...skipped);
    lost.push(...gone);
    for (const [name, entry] of own) entries.set(name, entry);
  }
  return { ...opened, entries, lost };
}

/** @throws SignalError for what is said of tables where there are none. */
function requireTables(
  paths: readonly string[],
  openers: readonly (Opener | undefined)[],
  { labels, labelColumn }: TableOptions,
): void {
  const ofWindows = openers.includes(openWindowTable);
  if (labels !== undefined && !ofWindows)
    throw new SignalError(
      `${paths.join(', ')}: --labels is for a table of one window a row; leave it out, or name such a table beside it.`,
    );
  if (labelColumn !== undefined && !ofWindows && !openers.includes(openLabelTable))
    throw new SignalError(`${paths.join(', ')}: --label-column is for tables; leave it out.`);
}

type Opener = (path: string, options: TableOptions) => OpenedRecordings | Promise<OpenedRecordings>;

/** Undefined for files and folders of signals. */
function openerOf(path: string, labelColumn: string | undefined): Opener | undefined {
  if (isSynthetic(path)) return openSynthetic;
  if (isManifest(path)) return openManifestOf;
  const kind = tableKindOf(path, labelColumn);
  return kind && { labels: openLabelTable, windows: openWindowTable }[kind];
}

async function openManifestOf(path: string): Promise<OpenedRecordings> {
  const opened = await openManifestLines(path, loadManifest(path));
  if (opened.recordings.length > 0) return opened;
  const why = opened.skipped[0] ? ` ${opened.skipped[0].reason}` : '';
  throw new SignalError(`${path}: none of its recordings can be opened.${why}`);
}

/** The channels that the command line names, else those that a manifest does. */
export function channelsOf(
  { entries }: OpenedRecordings,
  channels: readonly string[] | undefined,
): Pick<LoadOptions, 'channelsOf'> {
  return { channelsOf: ({ name }) => channels ?? entries.get(name)?.channels };
}

/** Seconds of the windows of recordings, where a manifest says them. */
export function secondsOf({ entries }: OpenedRecordings): Pick<LoadOptions, 'secondsOf'> {
  return { secondsOf: ({ name }) => entries.get(name)?.window };
}
