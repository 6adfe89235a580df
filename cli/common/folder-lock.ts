/**
 * One process at a time in a folder, also where several machines share it. Not `proper-lockfile`: version 4 gives a stale lock to
 * two that take it over at once, and takes a live lock from a machine whose clock is behind.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from './errors.ts';
import { fileError, saying } from './files.ts';

/** The holder writes a new number into the file this often. */
const BEAT_MS = 2000;
/** A file whose number stands still for so long belongs to a process that is gone. */
const WATCH_MS = 20_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Distinguishes two processes of one number on machines of one name, as containers are. */
  readonly token: string;
}

/** Another process is at work in the folder; it may end. */
export class FolderBusyError extends CommandError {
  override readonly name = 'FolderBusyError';
  override readonly code = 'folder-busy';
}

export class FolderLock {
  readonly #path: string;
  readonly #holder: Holder;
  readonly #timer: NodeJS.Timeout;
  #beat = 0;

  private constructor(path: string, holder: Holder) {
    this.#path = path;
    this.#holder = holder;
    this.#timer = setInterval(() => this.#write(), BEAT_MS);
    this.#timer.unref();
  }

  /**
   * Takes the lock of a folder, also that of a process which was killed. Whether a process lives is plain on the same
   * machine where it does not; else its file is watched.
   * @throws FolderBusyError where another process holds it.
   */
  static async take(folder: string, watchMs = WATCH_MS): Promise<FolderLock> {
    const path = join(folder, 'lock');
    const holder = { pid: process.pid, host: hostname(), token: randomUUID() };
    const own = JSON.stringify(holder);
    for (;;) {
      if (saying(path, 'written', () => create(path, own))) return new FolderLock(path, holder);
      const found = content(path);
      if (found === undefined) continue;
      const other = holderIn(found);
      if (!(isGone(other) || (await standsStill(path, found, watchMs)))) {
        const who = other ? `process ${other.pid} on ${other.host}` : 'another process';
        throw new FolderBusyError(`${folder}: ${who} is at work in it; wait until it ends, or stop it.`);
      }
      // Of several that find the same dead lock, one replaces it.
      const taking = `${path}.taking`;
      if (!saying(taking, 'written', () => create(taking, own))) {
        const taker = content(taking);
        if (taker !== undefined && (await standsStill(taking, taker, watchMs)))
          throw new CommandError(
            `${folder}: another process is taking it over; if none is, delete ${taking}.`,
          );
        continue;
      }
      try {
        if (content(path) !== found) continue;
        saying(path, 'written', () => writeFileSync(path, own));
        return new FolderLock(path, holder);
      } finally {
        rmSync(taking, { force: true });
      }
    }
  }

  /** @throws CommandError where another process has taken the lock, because this one had stood still for long. */
  requireHeld(): void {
    if (holderIn(content(this.#path) ?? '')?.token === this.#holder.token) return;
    throw new CommandError(
      `${this.#path}: another process has taken over while this one was suspended, and continues the work.`,
    );
  }

  dispose(): void {
    clearInterval(this.#timer);
    if (holderIn(content(this.#path) ?? '')?.token === this.#holder.token)
      rmSync(this.#path, { force: true });
  }

  #write(): void {
    try {
      this.requireHeld();
      // In its place: a disk that is full would take an empty file and no more.
      writeFileSync(this.#path, JSON.stringify({ ...this.#holder, beat: ++this.#beat }), { flag: 'r+' });
    } catch {
      // What is wrong with the folder is reported where rows are written to it.
      clearInterval(this.#timer);
    }
  }
}

function create(path: string, text: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeFileSync(file, text);
    return true;
  } catch (error) {
    // Without its holder it would be waited for.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Undefined where there is no such file. @throws CommandError for what is not a regular file: a link could lead anywhere, or nowhere. */
function content(path: string): string | undefined {
  try {
    if (lstatSync(path).isFile()) return readFileSync(path, 'utf8');
    throw new CommandError(`"${path}" is not a regular file; delete it, and try again.`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(path, 'read', error);
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

function isGone(holder: Holder | undefined): boolean {
  if (!holder || holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function standsStill(path: string, found: string, watchMs: number): Promise<boolean> {
  for (const end = performance.now() + watchMs; performance.now() < end; ) {
    await sleep(Math.min(watchMs, BEAT_MS / 4));
    if (content(path) !== found) return false;
  }
  return true;
}
