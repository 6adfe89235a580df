/**
 * What a run has done so far, in a folder beside what it will leave: rows of numbers in one file, and in the other a line
 * for each point that a later run can go on from. Whatever stands behind the last whole line is forgotten.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dropped, Modality } from '../../../data/index.ts';
import type { ChannelUse } from '../../../workflows/channel-contract.ts';
import { CommandError } from '../errors.ts';
import { fileError, removeIfEmpty, saying, writeAll } from '../files.ts';
import { FolderLock } from '../folder-lock.ts';
import { differences, type Facts } from './facts.ts';

/** A row whose vector is not finite: it stays in the journal, so that rows are counted alike, and goes nowhere else. */
export interface LostRow {
  readonly row: number;
  /** Seconds of stored signal before its window. */
  readonly start: number;
}

/** What became of a recording once all of it is done. */
export interface Outcome {
  /** Windows that gave a row. */
  readonly windows: number;
  readonly channels: readonly string[];
  /** What the channels are, where that is not what the recording is. */
  readonly modality?: Modality;
  readonly dropped: Dropped;
  readonly leftOut: readonly { readonly label: string; readonly reason: string }[];
  /** Why there is no row, where there is none. */
  readonly reason?: string;
  /** How the channels go with those that the weights were trained on, where they say it. */
  readonly use?: ChannelUse;
  /** What has to be said of windows that were dropped. */
  readonly remarks?: readonly string[];
}

/** Where the next batch begins: a recording, and how many of its usable windows stand before. */
export interface Place {
  readonly recording: number;
  readonly window: number;
}

interface Point extends Place {
  readonly rows: number;
  /** Of recordings that ended since the point before. */
  readonly outcomes: readonly Outcome[];
  /** Since the point before. */
  readonly lost?: readonly LostRow[];
}

type Line =
  | { readonly spotr: 'embed'; readonly facts: Facts; readonly dim: number }
  | { readonly adapter: string }
  | Point
  | { readonly whole: true };

/** Milliseconds of work that a crash may lose. */
const EVERY_MS = 1000;

export class Journal {
  readonly folder: string;
  readonly dim: number;
  /** Of the recordings that are done, in their order. */
  readonly outcomes: Outcome[] = [];
  readonly adapters: string[] = [];
  readonly lost: LostRow[] = [];
  #place: Place = { recording: 0, window: 0 };
  #rows = 0;
  /** Rows before this run. */
  #before = 0;
  readonly #lock: FolderLock;
  #numbers: FileHandle | undefined;
  #lines: FileHandle | undefined;
  /** Outcomes that no line has yet. */
  #pending: Outcome[] = [];
  #pendingLost: LostRow[] = [];
  /** When the last point was made: the first batch makes one at once. */
  #saved = Number.NEGATIVE_INFINITY;

  private constructor(folder: string, dim: number, lock: FolderLock) {
    this.folder = folder;
    this.dim = dim;
    this.#lock = lock;
  }

  /** Where the journal of a file or part is. */
  static folderOf(out: string): string {
    return `${out}.partial`;
  }

  /** Whether all rows are there, and only the renaming of the files may be left to do. */
  static isWhole(folder: string): boolean {
    return existsSync(linesOf(folder)) && readLines(folder).some((line) => 'whole' in line);
  }

  /**
   * Begins a journal, or resumes the one that is there. `replace` begins anew where that is of something else.
   * @throws CommandError where it is, and where another process is at work in it.
   */
  static async open(
    folder: string,
    facts: Facts,
    { dim, replace }: { dim: number; replace: boolean },
  ): Promise<Journal> {
    const isNew = makeFolder(folder);
    const lock = await FolderLock.take(folder).catch((error: unknown) => {
      // Empty unless another process came between.
      if (isNew) removeIfEmpty(folder);
      throw error;
    });
    const journal = new Journal(folder, dim, lock);
    try {
      const lines = existsSync(linesOf(folder)) ? readLines(folder) : [];
      const [head] = lines;
      const unlike = head && 'facts' in head ? differences(head.facts, facts) : [];
      if (unlike.length > 0 && !replace) throw otherRun(folder, unlike);
      saying(folder, 'written', () => {
        if (head && unlike.length === 0) journal.#take(lines);
        else journal.#begin(facts);
      });
      journal.#numbers = await open(numbersOf(folder), 'r+');
      journal.#lines = await open(linesOf(folder), 'a');
      return journal;
    } catch (error) {
      await journal.dispose();
      if (isNew) rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get rows(): number {
    return this.#rows;
  }

  get rowsBefore(): number {
    return this.#before;
  }

  get place(): Place {
    return this.#place;
  }

  async startedOn(adapter: string): Promise<void> {
    if (this.adapters.includes(adapter)) return;
    this.adapters.push(adapter);
    await this.#write({ adapter });
  }

  /** Adds a batch: its vectors one after the other, the windows' starts, and what has ended by then. */
  async add(
    starts: readonly number[],
    vectors: Float32Array,
    { outcomes, next }: { outcomes: readonly Outcome[]; next: Place },
  ): Promise<void> {
    this.#lock.requireHeld();
    const bytes = new Uint8Array(starts.length * this.#rowBytes);
    const view = new DataView(bytes.buffer);
    for (const [i, start] of starts.entries()) {
      if (vectors.subarray(i * this.dim, (i + 1) * this.dim).every(Number.isFinite)) continue;
      this.lost.push({ row: this.#rows + i, start });
      this.#pendingLost.push({ row: this.#rows + i, start });
    }
    const values = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
    for (const [i, start] of starts.entries()) {
      view.setFloat64(i * this.#rowBytes, start, true);
      bytes.set(values.subarray(i * 4 * this.dim, (i + 1) * 4 * this.dim), i * this.#rowBytes + 8);
    }
    await later(this.folder, () => writeAll(this.#file('numbers'), bytes, this.#rows * this.#rowBytes));
    this.#rows += starts.length;
    this.#place = next;
    this.outcomes.push(...outcomes);
    this.#pending.push(...outcomes);
    if (performance.now() - this.#saved >= EVERY_MS) await this.save();
  }

  /** Makes a point to go on from, which not even a power failure takes back. */
  async save(): Promise<void> {
    await later(this.folder, () => this.#file('numbers').sync());
    const lost = this.#pendingLost;
    await this.#write({
      rows: this.#rows,
      ...this.#place,
      outcomes: this.#pending,
      ...(lost.length > 0 && { lost }),
    });
    this.#pending = [];
    this.#pendingLost = [];
    this.#saved = performance.now();
  }

  /** All rows are there. */
  async finish(): Promise<void> {
    await this.save();
    await this.#write({ whole: true });
  }

  /** Rows in their order, so many at once: their starts, and their vectors one after the other. */
  async *read(atOnce: number): AsyncGenerator<{ starts: number[]; vectors: Float32Array }> {
    const bytes = new Uint8Array(atOnce * this.#rowBytes);
    for (let first = 0; first < this.#rows; first += atOnce) {
      const count = Math.min(atOnce, this.#rows - first);
      const wanted = count * this.#rowBytes;
      const { bytesRead } = await later(this.folder, () =>
        this.#file('numbers').read(bytes, 0, wanted, first * this.#rowBytes),
      );
      if (bytesRead < wanted) throw damaged(this.folder);
      const view = new DataView(bytes.buffer);
      const vectors = new Float32Array(count * this.dim);
      const starts = Array.from({ length: count }, (_, i) => {
        const at = i * this.#rowBytes;
        vectors.set(new Float32Array(bytes.slice(at + 8, at + this.#rowBytes).buffer), i * this.dim);
        return view.getFloat64(at, true);
      });
      yield { starts, vectors };
    }
  }

  /** Leaves the journal for a later run. */
  async dispose(): Promise<void> {
    await this.#numbers?.close();
    await this.#lines?.close();
    this.#numbers = undefined;
    this.#lines = undefined;
    this.#lock.dispose();
  }

  /** Takes the journal away. */
  async discard(): Promise<void> {
    await this.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #rowBytes(): number {
    return 8 + 4 * this.dim;
  }

  #begin(facts: Facts): void {
    writeFileSync(numbersOf(this.folder), '');
    writeFileSync(
      linesOf(this.folder),
      `${JSON.stringify({ spotr: 'embed', facts, dim: this.dim } satisfies Line)}\n`,
    );
  }

  #take(lines: readonly Line[]): void {
    for (const line of lines) {
      if ('adapter' in line) this.adapters.push(line.adapter);
      if (!('outcomes' in line)) continue;
      this.outcomes.push(...line.outcomes);
      this.lost.push(...(line.lost ?? []));
      this.#rows = line.rows;
      this.#place = { recording: line.recording, window: line.window };
    }
    this.#before = this.#rows;
    const numbers = numbersOf(this.folder);
    const there = existsSync(numbers) ? statSync(numbers).size : -1;
    if (there < this.#rows * this.#rowBytes) throw damaged(this.folder);
    truncateSync(numbers, this.#rows * this.#rowBytes);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    truncateSync(linesOf(this.folder), Buffer.byteLength(text));
  }

  #file(which: 'numbers' | 'lines'): FileHandle {
    const handle = which === 'numbers' ? this.#numbers : this.#lines;
    if (!handle) throw new RangeError(`The journal ${this.folder} is closed.`);
    return handle;
  }

  async #write(line: Line): Promise<void> {
    this.#lock.requireHeld();
    await later(this.folder, async () => {
      await this.#file('lines').appendFile(`${JSON.stringify(line)}\n`);
      await this.#file('lines').sync();
    });
  }
}

const numbersOf = (folder: string): string => join(folder, 'rows.bin');
const linesOf = (folder: string): string => join(folder, 'journal.jsonl');

/** Whether it was not there before. */
function makeFolder(folder: string): boolean {
  return saying(folder, 'written', () => {
    try {
      mkdirSync(folder);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(folder).isDirectory()) return false;
      throw error;
    }
  });
}

/** Up to the last whole line: what a crash has cut off is no line yet. */
function readLines(folder: string): Line[] {
  const texts = saying(linesOf(folder), 'read', () => readFileSync(linesOf(folder), 'utf8')).split('\n');
  const lines: Line[] = [];
  // What stands behind the last newline is cut off even where it happens to be JSON.
  for (const text of texts.slice(0, -1)) {
    try {
      lines.push(JSON.parse(text) as Line);
    } catch {
      break;
    }
  }
  const [head] = lines;
  if (head && !('facts' in head)) throw damaged(folder);
  return lines;
}

/** A full disk shows here. */
async function later<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(path, 'written', error);
  }
}

function otherRun(folder: string, unlike: readonly string[]): CommandError {
  return new CommandError(
    `${folder} belongs to another run: ${unlike.join('; ')}. Delete it, give another --out, or start again with --overwrite.`,
  );
}

function damaged(folder: string): CommandError {
  return new CommandError(`${folder} is damaged; delete it, or start again with --overwrite.`);
}
