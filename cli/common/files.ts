/** Files that are either whole or not there. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { decodeFile, LONGEST_TEXT } from '../../data/index.ts';
import { CommandError } from './errors.ts';
import { showBytes } from './text.ts';

const PARTIAL = '.partial';

/** A field whose number is not finite is left out, where JSON.stringify would write null for it. */
export function jsonOf(value: unknown, indent?: number): string {
  const finite = (_: string, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? undefined : each;
  return JSON.stringify(value, finite, indent);
}

/** The fields of a value of JSON; of what is no object none. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/**
 * Writes beside the file and renames: a reader sees the old content or the new, never a part of it. Not `write-file-atomic`:
 * version 7 ignores how many bytes a write took, so that on a full disk it renames a truncated file without an error.
 */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  writeDurably(path + PARTIAL, content);
  saying(path, 'written', () => renameSync(path + PARTIAL, path));
}

export function appendText(path: string, text: string): void {
  saying(path, 'written', () => appendFileSync(path, text));
}

export function readBytes(path: string): Uint8Array {
  return saying(path, 'read', () => readFileSync(path));
}

/**
 * In the encoding that it is in, see `decodeFile`: spreadsheets save tables as Latin-1 and as UTF-16 too.
 * @throws CommandError where it cannot be read, or is longer than a text can be.
 */
export function readText(path: string): string {
  const { size } = saying(path, 'read', () => statSync(path));
  if (size <= LONGEST_TEXT) return decodeFile(readBytes(path));
  throw new CommandError(
    `"${path}" has ${size} bytes, and of a file of text at most ${LONGEST_TEXT} are read; divide it, or check the name.`,
  );
}

/** The first bytes of a file, at most `max`. */
export function readStart(path: string, max: number): Uint8Array {
  return saying(path, 'read', () => {
    const bytes = new Uint8Array(max);
    const file = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, max, 0));
    } finally {
      closeSync(file);
    }
  });
}

/**
 * Makes a folder and those above it, one by one: Node's own way to do that never comes back from some file systems,
 * /proc among them. Returns those that were not there, innermost first; where one cannot be made, none stays. Others may
 * make the same folders at the same time.
 */
export function makeFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  const made: string[] = [];
  try {
    for (const folder of missing.reverse()) {
      try {
        mkdirSync(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(folder).isDirectory()) continue;
        throw error;
      }
      made.unshift(folder);
    }
  } catch (error) {
    for (const folder of made) rmdirSync(folder);
    throw error;
  }
  return made;
}

/**
 * Files that belong together. A save first writes all of them under other names, the last of `names` last, and then
 * renames them, the last one last. So wherever a save was cut off, the other name of the last file tells whether all
 * of the new files are there, and `recover` goes on or takes back.
 */
export class FileGroup {
  readonly #folder: string;
  readonly #names: readonly string[];

  constructor(folder: string, names: readonly string[]) {
    this.#folder = folder;
    this.#names = names;
  }

  get complete(): boolean {
    return this.missing.length === 0;
  }

  /** Names of the files that are not there. */
  get missing(): string[] {
    return this.#names.filter((name) => !existsSync(join(this.#folder, name)));
  }

  /** Replaces all files. `contents` must have every name of the group. */
  write(contents: Readonly<Record<string, string | Uint8Array>>): void {
    for (const name of this.#names) {
      const content = contents[name];
      if (content === undefined) throw new RangeError(`No content for ${name}.`);
      writeDurably(join(this.#folder, name + PARTIAL), content);
    }
    this.#rename();
  }

  /** Ends or undoes a save that was cut off. Call it before reading. */
  recover(): void {
    const last = this.#names.at(-1);
    if (last !== undefined && isWhole(join(this.#folder, last + PARTIAL))) this.#rename();
    else for (const name of this.#names) rmSync(join(this.#folder, name + PARTIAL), { force: true });
  }

  #rename(): void {
    for (const name of this.#names) {
      const path = join(this.#folder, name);
      if (existsSync(path + PARTIAL)) saying(path, 'written', () => renameSync(path + PARTIAL, path));
    }
  }
}

/** Whether the last file of a group, which is JSON, was written to its end. */
function isWhole(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the content is on the disk, so that a rename never overtakes it. */
function writeDurably(path: string, content: string | Uint8Array): void {
  try {
    saying(path.slice(0, -PARTIAL.length), 'written', () => {
      const file = openSync(path, 'w');
      try {
        writeFileSync(file, content);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** Does something to a file; what the system refuses is a CommandError that names it. */
export function saying<T>(path: string, done: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(path, done, error);
  }
}

/** Why there is no room for more bytes, and what to do, by the system's code. */
const NO_ROOM: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  ENOSPC: ['the disk is full', 'make room, and run the command again'],
  EDQUOT: ['your quota on this disk is used up', 'make room, and run the command again'],
  EFBIG: [
    'it would be larger than the limit on files that this process has (ulimit -f) or than the file system allows',
    'raise the limit (ulimit -f unlimited), or write to another disk',
  ],
};

/** What the system refuses, as a CommandError that names the file; any other error as it is. */
export function fileError(path: string, done: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const [why, fix] = NO_ROOM[code] ?? [message.replace(/, \w+( '.*)?$/, '')];
  return new CommandError(`"${path}" cannot be ${done} (${why})${fix === undefined ? '' : `; ${fix}`}.`, {
    cause: error,
  });
}

/** Writes all bytes at a place of a file: the system may take fewer at once, on a disk that is nearly full. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/**
 * @throws CommandError where the disk of a folder has no room for so many bytes. `purpose` and `fix` are of its sentence: "8 MiB
 * are to be fetched; make room, or ...".
 */
export function requireRoom(folder: string, needed: number, purpose: string, fix: string): void {
  const { bavail, bsize, blocks } = saying(folder, 'read', () => statfsSync(folder));
  // Some file systems do not say how large they are.
  if (blocks === 0 || bavail * bsize >= needed) return;
  throw new CommandError(
    `${folder} has room for ${showBytes(bavail * bsize)}, but ${showBytes(needed)} ${purpose}; make room, or ${fix}.`,
  );
}

/** Removes a folder if nothing is in it: what another process has put there meanwhile stays. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(code ?? '')) throw fileError(folder, 'removed', error);
  }
}

/** In hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export const isSha256 = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
