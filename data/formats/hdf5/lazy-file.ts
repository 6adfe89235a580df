/** Files that the HDF5 library reads through its own synchronous file system, of which only the parts that it asks for are loaded. */
import type { File as H5File } from 'h5wasm';
import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { hasBfloat16 } from './bfloat16.ts';
import { isEndlessHeap } from './global-heap.ts';

type H5 = typeof import('h5wasm');

/** What of Emscripten's file system is used; its own declarations leave these out. */
interface FileSystem {
  createFile(folder: string, name: string, properties: object, read: boolean, write: boolean): FileNode;
  unlink(path: string): void;
  ErrnoError: new (errno: number) => Error;
  streams: { stream_ops: object }[];
}

interface FileNode {
  stream_ops: object;
}

/** Bytes of a read that may be of an object's header; samples come in longer ones. */
const LONGEST_METADATA = 1 << 16;
const BLOCK_BYTES = 1 << 17;
/** Blocks that stay in memory, of each open file: 48 MiB, which is one for each of many channels. */
const KEPT_BLOCKS = 384;
/** Files that stay open; the one that was used longest ago is closed, and opened again when needed. */
const MOST_OPEN = 4;
/** Emscripten's number for a failure of a device. */
const EIO = 29;

let loading: Promise<{ h5: H5; errors: { text: string } }> | undefined;
let files = 0;

/** Loads the library, four megabytes of code, when the first file needs it. */
function library(): Promise<{ h5: H5; errors: { text: string } }> {
  loading ??= load();
  return loading;
}

async function load(): Promise<{ h5: H5; errors: { text: string } }> {
  const h5 = await import('h5wasm');
  await h5.ready;
  const errors = { text: '' };
  const stderr = systemOf(h5).streams[2] as { stream_ops: object };
  // The library prints what went wrong, also when a block was not there yet. Making it throw instead would leave its
  // own clean-up undone.
  stderr.stream_ops = {
    ...stderr.stream_ops,
    write: (_: unknown, buffer: ArrayLike<number>, offset: number, length: number) => {
      const letters = Array.from({ length }, (__, i) => String.fromCharCode(buffer[offset + i] as number));
      if (errors.text.length < 1 << 16) errors.text += letters.join('');
      return length;
    },
  };
  return { h5, errors };
}

function systemOf(h5: H5): FileSystem {
  return h5.FS as unknown as FileSystem;
}

/**
 * A file of a source, open in the HDF5 library. The library cannot wait for bytes: where one is not in memory, its
 * operation fails, the block is fetched and the operation is done again. This needs no worker, in Node as in a page.
 */
export class LazyH5File {
  private readonly source: ByteSource;
  private readonly blocks = new Map<number, Uint8Array>();
  private readonly missing = new Set<number>();
  /** Operations come one after the other, because the library is not to be entered twice. */
  private static turn: Promise<unknown> = Promise.resolve();
  private static readonly openFiles = new Set<LazyH5File>();
  private file: H5File | undefined;
  private readonly path: string;
  private h5: H5 | undefined;
  #hasBfloat16 = false;

  constructor(source: ByteSource) {
    this.source = source;
    this.path = `spotr-${files++}.h5`;
  }

  /** Has it a type of 16 bits that is no half? The library gives its size only. */
  get hasBfloat16(): boolean {
    return this.#hasBfloat16;
  }

  get name(): string {
    return this.source.name;
  }

  /** Bytes of the file. */
  get size(): number {
    return this.source.size;
  }

  /** Does something with the open file that may be repeated. Throws a FormatError where the library fails. */
  run<T>(what: string, operation: (file: H5File, h5: H5) => T): Promise<T> {
    const result = LazyH5File.turn.then(async () => {
      const file = this.file ?? (await this.open());
      LazyH5File.openFiles.delete(this);
      LazyH5File.openFiles.add(this);
      return this.attempt(what, () => operation(file, this.h5 as H5));
    });
    LazyH5File.turn = result.catch(() => {});
    return result;
  }

  private async open(): Promise<H5File> {
    const { h5 } = await library();
    this.h5 ??= this.mount(h5);
    const file = await this.attempt('its superblock', () => new h5.File(`/${this.path}`, 'r'));
    this.file = file;
    for (const other of LazyH5File.openFiles) if (LazyH5File.openFiles.size >= MOST_OPEN) other.close();
    return file;
  }

  private close(): void {
    this.file?.close();
    this.file = undefined;
    this.blocks.clear();
    LazyH5File.openFiles.delete(this);
  }

  private mount(h5: H5): H5 {
    const system = systemOf(h5);
    const { size } = this.source;
    const node = system.createFile('/', this.path, {}, true, false);
    Object.defineProperty(node, 'usedBytes', { get: () => size });
    node.stream_ops = {
      ...node.stream_ops,
      read: (_: unknown, buffer: Uint8Array, offset: number, length: number, position: number) => {
        const end = Math.min(position + length, size);
        if (position >= end) return 0;
        if (!this.copy(buffer, offset, position, end)) throw new system.ErrnoError(EIO);
        if (length <= LONGEST_METADATA && hasBfloat16(buffer.subarray(offset, offset + end - position)))
          this.#hasBfloat16 = true;
        if (isEndlessHeap(buffer.subarray(offset, offset + end - position))) throw new system.ErrnoError(EIO);
        return end - position;
      },
    };
    return h5;
  }

  /** False where a block is not there; it is noted as missing then. */
  private copy(buffer: Uint8Array, offset: number, start: number, end: number): boolean {
    const last = Math.floor((end - 1) / BLOCK_BYTES);
    for (let block = Math.floor(start / BLOCK_BYTES); block <= last; block++)
      if (!this.blocks.has(block)) this.missing.add(block);
    if (this.missing.size > 0) return false;
    for (let block = Math.floor(start / BLOCK_BYTES); block <= last; block++) {
      const bytes = this.blocks.get(block) as Uint8Array;
      const from = Math.max(start, block * BLOCK_BYTES);
      const to = Math.min(end, (block + 1) * BLOCK_BYTES);
      const part = bytes.subarray(from - block * BLOCK_BYTES, to - block * BLOCK_BYTES);
      buffer.set(part, offset + from - start);
    }
    return true;
  }

  private async attempt<T>(what: string, operation: () => T): Promise<T> {
    const { errors } = await library();
    // Every turn brings a block that was not there, and none goes before the operation is done.
    for (;;) {
      this.missing.clear();
      errors.text = '';
      let result: T | undefined;
      let failure: unknown;
      try {
        result = operation();
      } catch (error) {
        failure = error;
      }
      if (this.missing.size === 0) {
        this.forgetOldBlocks();
        if (failure instanceof FormatError) throw failure;
        if (failure === undefined && errors.text === '') return result as T;
        throw this.damaged(what, errors.text || String(failure));
      }
      for (const block of [...this.missing]) await this.fetch(block);
    }
  }

  private async fetch(block: number): Promise<void> {
    const at = block * BLOCK_BYTES;
    const wanted = Math.min(BLOCK_BYTES, this.source.size - at);
    const bytes = await this.source.read(at, wanted);
    if (bytes.length === wanted) {
      this.blocks.set(block, bytes);
      return;
    }
    throw new FormatError(this.source.name, 'became shorter while it was read.', 'Try again.', { byte: at });
  }

  private forgetOldBlocks(): void {
    for (const block of this.blocks.keys()) {
      if (this.blocks.size <= KEPT_BLOCKS) return;
      this.blocks.delete(block);
    }
  }

  private damaged(what: string, text: string): FormatError {
    // The library's innermost reason is its last one.
    const reasons = [...text.matchAll(/#\d+: \S+ line \d+ in \w+\(\): (.*)/g)].map((match) => match[1]);
    const reason = (reasons.at(-1) ?? text)
      .replace(/: time = .*/s, '')
      .trim()
      .slice(0, 160);
    return new FormatError(
      this.source.name,
      `cannot be read at ${what}: the HDF5 library says "${reason}".`,
      'Copy it again, or save it anew (h5repack FILE NEW).',
      { field: what, found: reason },
    );
  }
}
