/** BIDS datasets among files: where they begin, which files describe others, and which hold no raw recordings. */
import type { FileEntry, FileSet } from '../formats/format.ts';
import { appliesTo, type BidsName, bidsName } from './names.ts';

/** The file at the top of every dataset. */
export const DESCRIPTION = 'dataset_description.json';
const NOT_RAW = /^(derivatives|sourcedata|code|stimuli|phenotype|rawdata\.bak)\//i;
const SIDECAR =
  /\.(json|tsv|md|bidsignore|txt|rst|cff|html?|png|jpe?g|pdf|elp|pos|hpts)$|\/(README|CHANGES|LICENSE)$/i;

/** The folder of the dataset that a file lies in, with its last / (empty at the top); undefined where it lies in none. */
export function bidsRoot(path: string, files: FileSet): string | undefined {
  return rootsAbove(path, files).next().value ?? undefined;
}

/** From the innermost to the outermost: derivatives are datasets of their own. */
function* rootsAbove(path: string, files: FileSet): Generator<string, undefined> {
  for (let end = path.lastIndexOf('/'); ; end = path.lastIndexOf('/', end - 1)) {
    const folder = path.slice(0, end + 1);
    if (files.at(`${folder}${DESCRIPTION}`)) yield folder;
    if (end <= 0) return undefined;
  }
}

export interface PassedOver {
  /** Files that are not opened as recordings. */
  paths: ReadonlySet<string>;
  /** Folders of them with the reason, for the list of what was passed over. */
  folders: { path: string; reason: string }[];
}

/**
 * Those of some files that describe recordings of BIDS datasets or are made from them. None where there is no such dataset.
 * A folder of what is not raw that all of them lie in was asked for itself.
 */
export function passedOver(entries: readonly FileEntry[], files: FileSet): PassedOver {
  const paths = new Set<string>();
  const counts = new Map<string, number>();
  if (!files.entries.some(({ path }) => path.endsWith(DESCRIPTION))) return { paths, folders: [] };
  const isAsked = (folder: string) => entries.every(({ path }) => path.startsWith(folder));
  const asked = new Map<string, boolean>();
  for (const { path } of entries) {
    const roots = [...rootsAbove(path, files)];
    const outside = roots.map((root) => ({ root, folder: NOT_RAW.exec(path.slice(root.length))?.[0] }));
    const found = outside.find(({ root, folder }) => {
      if (folder === undefined) return false;
      const full = root + folder;
      if (!asked.has(full)) asked.set(full, isAsked(full));
      return !asked.get(full);
    });
    if (found)
      counts.set(`${found.root}${found.folder}`, (counts.get(`${found.root}${found.folder}`) ?? 0) + 1);
    if (found || (roots.length > 0 && SIDECAR.test(path))) paths.add(path);
  }
  const folders = [...counts].map(([path, count]) => ({
    path,
    reason: `holds ${count} files of a BIDS dataset that are not its raw recordings`,
  }));
  return { paths, folders };
}

/**
 * Files of a suffix and extension that apply to a recording, the most general first: those in its folder or above, up to the
 * dataset's, that name nothing which the recording does not (the inheritance principle).
 */
export function sidecars(
  recording: BidsName,
  root: string,
  files: FileSet,
  suffix: string,
  extension: string,
): FileEntry[] {
  return files.entries
    .flatMap((entry) => {
      if (!entry.path.endsWith(`${suffix}${extension}`)) return [];
      const name = bidsName(entry.path);
      if (name?.suffix !== suffix || name.extension !== extension) return [];
      const isAbove = name.folder.startsWith(root) && recording.folder.startsWith(name.folder);
      return isAbove && appliesTo(name, recording) ? [{ entry, name }] : [];
    })
    .sort(
      (a, b) => a.name.folder.length - b.name.folder.length || a.name.entities.size - b.name.entities.size,
    )
    .map(({ entry }) => entry);
}
