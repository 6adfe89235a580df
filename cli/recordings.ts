/** The recordings that a command line names: files, folders, and manifests. */
import {
  type LoadOptions,
  type Manifest,
  type ManifestEntry,
  type Opened,
  type OpenOptions,
  readManifest,
  SignalError,
} from '../data/index.ts';
import { openManifestFile, openPaths } from '../data/node.ts';
import { readBytes } from './files.ts';

export interface OpenedRecordings extends Opened {
  /** What manifests say of recordings, by name. */
  readonly entries: ReadonlyMap<string, ManifestEntry>;
}

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

export function loadManifest(path: string): Manifest {
  return readManifest(new TextDecoder().decode(readBytes(path)), path);
}

/** @throws SignalError for what was named itself and cannot be read, and where nothing can. */
export async function openRecordings(
  paths: readonly string[],
  options: OpenOptions,
): Promise<OpenedRecordings> {
  const plain = paths.filter((path) => !isManifest(path));
  const opened = plain.length > 0 ? await openPaths(plain, options) : { recordings: [], skipped: [] };
  const entries = new Map<string, ManifestEntry>();
  for (const path of paths.filter(isManifest)) {
    const { recordings, skipped, entries: own } = await openManifestFile(path, loadManifest(path));
    if (recordings.length === 0) {
      const why = skipped[0] ? ` ${skipped[0].reason}` : '';
      throw new SignalError(`${path}: none of its recordings can be opened.${why}`);
    }
    opened.recordings.push(...recordings);
    opened.skipped.push(...skipped);
    for (const [name, entry] of own) entries.set(name, entry);
  }
  return { ...opened, entries };
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

/** Parts of recordings by name, where a manifest divides them. */
export function splitsOf({ entries }: OpenedRecordings) {
  const splits = new Map(
    [...entries].flatMap(([name, { split }]) => (split ? [[name, split] as const] : [])),
  );
  return splits.size > 0 ? splits : undefined;
}
