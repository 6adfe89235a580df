/** The recordings of a manifest. A line stands for a file, or for many: a table of one window a row, or generated ones. */
import { dirname, resolve } from 'node:path';
import { type Manifest, type ManifestEntry, type OpenedManifest, SignalError } from '../../../data/index.ts';
import { openManifestFile } from '../../../data/node.ts';
import { isSynthetic, openSynthetic } from './synthetic.ts';
import { openWindowTable, tableKindOf } from './tables.ts';

/** @throws SignalError for a line of many recordings that cannot be opened; single files are `skipped` then. */
export async function openManifestLines(path: string, manifest: Manifest): Promise<OpenedManifest> {
  const folder = dirname(path);
  const sets = manifest.entries.filter((entry) => isSet(folder, entry));
  const files = manifest.entries.filter((entry) => !sets.includes(entry));
  const opened = await openManifestFile(path, { ...manifest, entries: files });
  const entries = new Map(opened.entries);
  for (const line of sets) {
    const set = isSynthetic(line.path) ? openSynthetic(line.path) : openTable(path, folder, line);
    for (const recording of set.recordings) {
      opened.recordings.push({
        ...recording,
        ...(line.modality && { modality: line.modality }),
        ...(line.dataset && { dataset: line.dataset }),
      });
      entries.set(recording.name, {
        ...set.entries.get(recording.name),
        ...factsOf(line),
        path: recording.name,
      });
    }
  }
  return { ...opened, entries };
}

const isSet = (folder: string, { path }: ManifestEntry): boolean =>
  isSynthetic(path) || tableKindOf(resolve(folder, path)) === 'windows';

function openTable(manifest: string, folder: string, line: ManifestEntry): OpenedManifest {
  const { path, rate, rowLabels, modality } = line;
  if (rate === undefined)
    throw new SignalError(
      `${manifest}: "${path}" is a table of one window a row; its line needs "rate", the sampling rate in Hz.`,
    );
  return openWindowTable(resolve(folder, path), {
    rate,
    ...(modality && { modality }),
    ...(rowLabels !== undefined && { labels: resolve(folder, rowLabels) }),
  });
}

/** What a line says of each of its recordings. */
function factsOf({ channels, window, split }: ManifestEntry): Omit<ManifestEntry, 'path'> {
  return {
    ...(channels && { channels }),
    ...(window !== undefined && { window }),
    ...(split && { split }),
  };
}
