/** Files and folders of the disk, for Node. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, normalize, resolve, sep } from 'node:path';
import type { Manifest } from './dataset/manifest.ts';
import { type OpenedManifest, openManifest } from './dataset/open-manifest.ts';
import { SignalError } from './errors.ts';
import { type FileEntry, FileSet, type OpenOptions } from './formats/format.ts';
import { type Opened, openFile, openFiles } from './open.ts';
import { nodeFileSource } from './source/node-file.ts';

/**
 * Opens the recordings in files and folders (with all that is below them, in the order of their names). What cannot
 * be read in a folder is listed in `skipped`; a file that was named itself and cannot be read throws a SignalError,
 * and so do paths that are not there and paths that give no recording at all.
 */
export async function openPaths(paths: readonly string[], options: OpenOptions = {}): Promise<Opened> {
  const opened: Opened = { recordings: [], skipped: [] };
  const folders = new Map<string, FileSet>();
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (!found) throw new SignalError(`${path}: there is no such file or folder.`);
    if (found.isDirectory()) {
      const { recordings, skipped } = await openFiles(await filesBelow(path), options);
      opened.recordings.push(...recordings);
      opened.skipped.push(...skipped);
    } else {
      const folder = dirname(path);
      const siblings = folders.get(folder) ?? (await lookAround(folder));
      folders.set(folder, siblings);
      opened.recordings.push(await openFile(entryOf(normalize(path)), siblings, options));
    }
  }
  if (opened.recordings.length === 0) {
    throw new SignalError(`${paths.join(', ')}: no recording was found.${passedOver(opened.skipped)}`);
  }
  return opened;
}

/** Opens the recordings of a manifest; its paths are from its own folder. */
export async function openManifestFile(path: string, manifest: Manifest): Promise<OpenedManifest> {
  const folders = new Map<string, Promise<FileSet>>();
  return openManifest(manifest, async (name) => {
    const file = resolve(dirname(path), name);
    if (!(await stat(file).catch(() => undefined))?.isFile()) return undefined;
    const folder = dirname(file);
    const files = folders.get(folder) ?? lookAround(folder);
    folders.set(folder, files);
    return { entry: entryOf(file), files: await files };
  });
}

async function lookAround(folder: string): Promise<FileSet> {
  return new FileSet((await readdir(folder)).map((name) => entryOf(join(folder, name))));
}

function passedOver(skipped: Opened['skipped']): string {
  // Reasons of readers begin with the path already.
  const reasons = skipped
    .slice(0, 3)
    .map(({ path, reason }) => (reason.startsWith(path) ? reason : `${path} (${reason})`));
  if (skipped.length === 0) return '';
  if (skipped.length === 1) return ` Passed over one file: ${reasons[0]}`;
  return ` Passed over ${skipped.length} files, such as ${reasons.join('; ').replace(/\.?$/, '.')}`;
}

async function filesBelow(folder: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  const items = await readdir(folder, { withFileTypes: true });
  // By code point, so that the order is the same whatever the locale.
  items.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const item of items) {
    if (item.name.startsWith('.')) continue;
    const path = join(folder, item.name);
    if (item.isDirectory()) entries.push(...(await filesBelow(path)));
    else if ((await stat(path)).isFile()) entries.push(entryOf(path));
  }
  return entries;
}

function entryOf(path: string): FileEntry {
  return { path: path.split(sep).join('/'), open: () => nodeFileSource(path) };
}
