import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { AdapterError } from '../errors.ts';

/**
 * A folder made once and shared by every later process: `fill` writes into a private folder that is then renamed, so
 * that processes starting together see either nothing or everything. Returns its path.
 * Kept in `$XDG_CACHE_HOME/spotr` or `~/.cache/spotr`; where that cannot be written, beside the temporary files.
 * @param name carries the version of what is in it
 */
export function cachedFolder(name: string, fill: (folder: string) => void): string {
  const failures: string[] = [];
  for (const root of cacheRoots()) {
    const target = join(root, name);
    try {
      makeFolder(root);
      // Libraries are loaded from here: never from a folder that another user prepared for us.
      if (process.getuid && statSync(root).uid !== process.getuid())
        throw new Error(`${root} belongs to another user`);
      if (existsSync(target)) return target;
      fillAndRename(root, target, fill);
      return target;
    } catch (error) {
      if (error instanceof AdapterError) throw error;
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new AdapterError(
    `cannot keep ${name} in any cache folder (${failures.join('; ')}): set XDG_CACHE_HOME to a folder that can be written`,
  );
}

/** Folders to keep things in, the first that can be written. */
export function cacheRoots(): string[] {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return [join(cache, 'spotr'), join(tmpdir(), `spotr-${process.getuid?.()}`)];
}

/** One by one: Node's own way to make a folder and those above it never comes back from /proc and its like. */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      // Another process was first.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function fillAndRename(root: string, target: string, fill: (folder: string) => void): void {
  const draft = mkdtempSync(join(root, '.draft-'));
  try {
    fill(draft);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process was first: its folder is as good as ours.
    if (!existsSync(target)) throw error;
  }
}

const BLOCK = 512;

/**
 * Writes the plain files of a tar archive under `folder`. Enough for archives of short names, as npm packages carry
 * them: links, devices and long-name extensions are refused rather than guessed at.
 */
export function extractTar(archive: Uint8Array, folder: string): void {
  const text = new TextDecoder('latin1');
  const field = (at: number, length: number) =>
    text.decode(archive.subarray(at, at + length)).replace(/\0.*$/s, '');
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const name = field(at, 100);
    if (name === '') return;
    const mode = Number.parseInt(field(at + 100, 8), 8);
    const size = Number.parseInt(field(at + 124, 12), 8);
    const type = field(at + 156, 1);
    const path = join(folder, normalize(name));
    if (normalize(name).startsWith('..') || isAbsolute(name) || !Number.isInteger(size))
      throw new Error(`tar entry '${name}' is damaged`);
    if (type === '5') {
      mkdirSync(path, { recursive: true });
    } else if (type === '0' || type === '') {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, archive.subarray(at + BLOCK, at + BLOCK + size));
      chmodSync(path, mode & 0o777);
    } else {
      throw new Error(`tar entry '${name}' is of kind '${type}', only files and folders are expected`);
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}
