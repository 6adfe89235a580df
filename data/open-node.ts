/** Files and folders of the disk, for Node. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, normalize, resolve, sep } from 'node:path';
import type { Manifest } from './dataset/manifest.ts';
import { type OpenedManifest, openManifest } from './dataset/open-manifest.ts';
import { SignalError } from './errors.ts';
import type { OpenOptions } from './formats/format.ts';
import { type Opened, openFile, openFiles } from './open.ts';
import { systemError } from './source/system-error.ts';
import { bidsFolder, lookAround, type Surroundings } from './surroundings-node.ts';
import { entryOf, walk } from './walk-node.ts';

/**
 * Opens the recordings in files and folders (with all that is below them, in the order of their names). What cannot
 * be read in a folder is listed in `skipped`; a file that was named itself and cannot be read throws a SignalError,
 * and so do paths that are not there and paths that give no recording at all.
 */
export async function openPaths(paths: readonly string[], options: OpenOptions = {}): Promise<Opened> {
  const opened: Opened = { recordings: [], skipped: [] };
  const seen = new Set<string>();
  /** Folders that lie in one another, and a file beside its folder, give each recording once. */
  const isNew = (path: string) => !seen.has(path) && seen.add(path);
  const realOf = (path: string) => realpath(path).catch(() => resolve(path));
  const surroundings = new Map<string, Promise<Surroundings>>();
  const around = (folder: string) => {
    const known = surroundings.get(folder) ?? lookAround(folder);
    surroundings.set(folder, known);
    return known;
  };
  for (const path of paths) {
    const found = await stat(path).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      throw code === 'ENOENT'
        ? new SignalError(`${path}: there is no such file or folder.`)
        : systemError(path, error);
    });
    if (found.isDirectory()) {
      const { recordings, skipped } = await openFolder(path, options);
      for (const one of recordings) if (isNew(await realOf(one.name))) opened.recordings.push(one);
      for (const one of skipped) if (isNew(resolve(one.path))) opened.skipped.push(one);
    } else {
      const { files, isBids } = await around(dirname(path));
      const entry = isBids ? entryOf(resolve(path), path) : entryOf(normalize(path));
      const one = await openFile(entry, files, options);
      if (isNew(await realOf(path))) opened.recordings.push(one);
    }
  }
  if (opened.recordings.length === 0) {
    throw new SignalError(`${paths.join(', ')}: no recording was found.${passedOver(opened.skipped)}`);
  }
  return opened;
}

/**
 * A folder with all that is below it. Where it lies inside a BIDS dataset, the files above it that describe recordings
 * apply to those in it as well.
 */
async function openFolder(path: string, options: OpenOptions): Promise<Opened> {
  const above = dirname(resolve(path));
  if (bidsFolder(above) === undefined) {
    const { entries, skipped } = await walk(path);
    return joined(await openFiles(entries, options), skipped);
  }
  // Paths above the folder and in it are of one kind then; what people see is as they named it.
  const { entries, skipped } = await walk(path, (below) => resolve(below));
  const opened = joined(await openFiles(entries, options, (await lookAround(above)).files.entries), skipped);
  const full = `${resolve(path).split(sep).join('/')}/`;
  const named = join(path, '_').slice(0, -1).split(sep).join('/');
  const shown = (text: string) => text.replaceAll(full, named);
  return {
    ...opened,
    skipped: opened.skipped.map((one) => ({ path: shown(one.path), reason: shown(one.reason) })),
  };
}

function joined({ recordings, skipped }: Opened, unread: Opened['skipped']): Opened {
  const all = [...unread, ...skipped].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { recordings, skipped: all };
}

/** Opens the recordings of a manifest; its paths are from its own folder. */
export async function openManifestFile(path: string, manifest: Manifest): Promise<OpenedManifest> {
  const folders = new Map<string, Promise<Surroundings>>();
  return openManifest(manifest, async (name) => {
    const file = resolve(dirname(path), name);
    if (!(await stat(file).catch(() => undefined))?.isFile()) return undefined;
    const folder = dirname(file);
    const around = folders.get(folder) ?? lookAround(folder);
    folders.set(folder, around);
    return { entry: entryOf(file), files: (await around).files };
  });
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
