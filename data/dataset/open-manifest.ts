/** The recordings that a manifest names, as it says that they are. */
import { SignalError } from '../errors.ts';
import type { FileEntry, FileSet, OpenOptions } from '../formats/format.ts';
import { type Opened, openFile } from '../open.ts';
import type { Recording } from '../recording.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';

/** A file of a manifest, and those around it. */
export interface Located {
  readonly entry: FileEntry;
  readonly files: FileSet;
}

export interface OpenedManifest extends Opened {
  /** What the manifest says of each recording, by the recording's name. */
  readonly entries: ReadonlyMap<string, ManifestEntry>;
  /** Those of the `skipped` that the manifest holds to be recordings. */
  readonly lost: Opened['skipped'];
}

/**
 * Opens every recording of a manifest; `locate` finds the file of a path, or undefined. What the manifest says of a recording's
 * modality, subject and data set holds, whatever the file says. Files that cannot be opened (any more) are `skipped`.
 */
export async function openManifest(
  manifest: Manifest,
  locate: (path: string) => Promise<Located | undefined>,
): Promise<OpenedManifest> {
  const recordings: Recording[] = [];
  const skipped = manifest.skipped.map(({ path, skipped: reason }) => ({ path, reason }));
  const entries = new Map<string, ManifestEntry>();
  const lost: Opened['skipped'] = [];
  for (const entry of manifest.entries) {
    try {
      const located = await locate(entry.path);
      if (!located) throw new SignalError(`${entry.path}: is in the manifest, but there is no such file.`);
      const opened = await openFile(located.entry, located.files, optionsOf(entry));
      const { modality, subject, dataset } = entry;
      recordings.push({
        ...opened,
        ...(modality && { modality }),
        ...(subject && { subject }),
        ...(dataset && { dataset }),
      });
      entries.set(opened.name, entry);
    } catch (error) {
      if (!(error instanceof SignalError)) throw error;
      lost.push({ path: entry.path, reason: error.message });
    }
  }
  return { recordings, skipped: [...skipped, ...lost], entries, lost };
}

function optionsOf({ rate, modality, variable }: ManifestEntry): OpenOptions {
  return {
    ...(rate !== undefined && { rate }),
    ...(modality && { modality }),
    ...(variable !== undefined && { variable }),
  };
}
