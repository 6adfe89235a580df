/** What lies around a file or a folder and says something of it, for Node. */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DESCRIPTION } from './bids/tree.ts';
import { type FileEntry, FileSet } from './formats/format.ts';
import { entryOf } from './walk-node.ts';

/** Files among which a single one is opened, or those above a folder. */
export interface Surroundings {
  files: FileSet;
  /** Then the paths of `files` are absolute, because those above the folder belong to them. */
  isBids: boolean;
}

/** Folders that a recording's own may lie below that of its BIDS dataset: derivatives, pipeline, subject, session, datatype. */
const BIDS_DEPTH = 5;

/** The folder of the BIDS dataset that a folder is or lies in; undefined where it is no part of one. */
export function bidsFolder(folder: string): string | undefined {
  return foldersUp(folder).find(isDataset);
}

/** The files of a folder, with those of the folders above it up to the BIDS dataset that it is part of. */
export async function lookAround(folder: string): Promise<Surroundings> {
  const above = foldersUp(folder);
  const depth = above.findIndex(isDataset);
  const isBids = depth >= 0;
  const entries: FileEntry[] = [];
  for (const parent of isBids ? above.slice(0, depth + 1) : [folder]) {
    // Of a folder that may not be listed, files can be opened that are named.
    const names = await readdir(parent).catch(() => []);
    for (const name of names) entries.push(entryOf(join(parent, name)));
  }
  return { files: new FileSet(entries), isBids };
}

function foldersUp(folder: string): string[] {
  const above = [resolve(folder)];
  while (above.length <= BIDS_DEPTH) above.push(dirname(above.at(-1) as string));
  return above;
}

function isDataset(folder: string): boolean {
  try {
    return statSync(join(folder, DESCRIPTION)).isFile();
  } catch {
    return false;
  }
}
