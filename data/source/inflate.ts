/** Compressed stretches of a file as sources, inflated as far as they are read, by the runtime's own zlib. */
import { FormatError } from '../errors.ts';
import type { ByteSource } from './bytes.ts';
import { crc32 } from './crc32.ts';

export interface Compressed {
  source: ByteSource;
  offset: number;
  /** Compressed bytes. */
  length: number;
  /** `deflate` is zlib's wrapping, `deflate-raw` that of ZIP files. */
  format: 'deflate' | 'deflate-raw' | 'gzip';
  /** Bytes that come out, as the file says; undefined where it does not, and then all is inflated to know. */
  size?: number;
  /** Of what comes out, where the file has it apart from the stream. */
  crc?: number;
}

const BLOCK_BYTES = 1 << 18;
const PADDING = 7;
/** Deflate cannot make more than this of a byte; a header that says so lies. */
const LARGEST_RATIO = 1032;
/**
 * The budget of one source: bytes of inflated data that it may hold, and how many times its compressed ones, as far as that is
 * more than `SMALL_BYTES`. Signals shrink to a half or a tenth; what shrinks a hundred times is no signal, or an attack.
 */
const MAXIMUM_BYTES = 2 ** 31;
const MAXIMUM_RATIO = 64;
const SMALL_BYTES = 2 ** 28;

function budgetOf(length: number): number {
  return Math.min(MAXIMUM_BYTES, Math.max(SMALL_BYTES, MAXIMUM_RATIO * length));
}
/** Bytes that stay in memory of all inflated sources together; what was read longest ago is inflated again when needed. */
const KEPT_BYTES = 2 ** 29;

/** Opens a compressed stretch. Throws a FormatError where its size cannot be true or is too much for the memory. */
export async function inflatedSource(compressed: Compressed): Promise<ByteSource> {
  const { source, offset, length } = compressed;
  const state = new Inflated(compressed);
  const size = compressed.size ?? (await state.wholeSize());
  if (size > LARGEST_RATIO * length + 64) {
    throw new FormatError(
      source.name,
      `says that ${length} compressed bytes hold ${size}, which cannot be.`,
      'Copy it again.',
      {
        byte: offset,
        found: size,
        expected: `at most ${LARGEST_RATIO * length}`,
      },
    );
  }
  if (size > budgetOf(length)) throw overBudget(compressed, `${size}`);
  return {
    name: source.name,
    size,
    read: (at, count) => state.read(at, Math.max(0, Math.min(count, size - at))),
  };
}

function overBudget({ source, offset, length }: Compressed, size: string): FormatError {
  return new FormatError(
    source.name,
    `holds ${size} bytes in ${length} compressed ones, more than the ${budgetOf(length)} that are inflated of so many.`,
    'Save it without compression (then it is read by seeking), or in several files.',
    { byte: offset, expected: `at most ${budgetOf(length)}` },
  );
}

/** The first bytes that come out, fewer where there are fewer. */
export async function inflatedStart(compressed: Compressed, count: number): Promise<Uint8Array> {
  const state = new Inflated(compressed);
  const bytes = await state.start(count);
  state.forget();
  return bytes;
}

const inMemory = new Set<Inflated>();

class Inflated {
  private readonly of: Compressed;
  private chunks: Uint8Array[] = [];
  /** Offset of each chunk. */
  private starts: number[] = [];
  private have = 0;
  private crc = 0xffff_ffff;
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private ended = false;
  /** Reads come one after the other: they share one stream. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Of those that are under way: what they inflate must stay until they have copied it. */
  private readings = 0;

  constructor(of: Compressed) {
    this.of = of;
  }

  read(at: number, length: number): Promise<Uint8Array> {
    const result = this.held(async () => {
      await this.turn;
      // Up to the very end, so that the checksum is looked at before the last bytes are used.
      await this.inflateTo(at + length >= (this.of.size ?? 0) ? Number.POSITIVE_INFINITY : at + length);
      return this.copy(at, length);
    });
    this.turn = result.catch(() => {});
    return result;
  }

  start(count: number): Promise<Uint8Array> {
    return this.held(async () => {
      await this.inflateTo(count);
      return this.copy(0, count);
    });
  }

  wholeSize(): Promise<number> {
    return this.held(async () => {
      await this.inflateTo(Number.POSITIVE_INFINITY);
      return this.have;
    });
  }

  get isInUse(): boolean {
    return this.readings > 0;
  }

  private async held<T>(work: () => Promise<T>): Promise<T> {
    this.readings++;
    try {
      return await work();
    } finally {
      this.readings--;
    }
  }

  private async inflateTo(end: number): Promise<void> {
    inMemory.delete(this);
    inMemory.add(this);
    while (this.have < end && !this.ended) {
      const chunk = await this.next();
      if (chunk) this.take(chunk);
      else this.finish();
    }
    makeRoom(this);
  }

  private async next(): Promise<Uint8Array | undefined> {
    const { source, offset } = this.of;
    this.reader ??= inflating(this.of).getReader();
    try {
      return (await this.reader.read()).value;
    } catch (error) {
      this.forget();
      if (error instanceof FormatError) throw error;
      throw new FormatError(
        source.name,
        'holds compressed data that are damaged or cut short.',
        'Copy it again.',
        {
          byte: offset,
        },
      );
    }
  }

  private take(chunk: Uint8Array): void {
    this.starts.push(this.have);
    this.chunks.push(chunk);
    this.have += chunk.length;
    if (this.of.crc !== undefined) this.crc = crc32(this.crc, chunk);
    const { size, source, offset, length, crc } = this.of;
    if (size === undefined && this.have > budgetOf(length)) {
      this.forget();
      throw overBudget(this.of, `more than ${budgetOf(length)}`);
    }
    // MATLAB's arrays may end in padding.
    if (size !== undefined && this.have > size + PADDING) {
      this.forget();
      throw new FormatError(
        source.name,
        `holds more compressed data than the ${size} bytes that are expected.`,
        'Copy it again.',
        { byte: offset, ...(crc === undefined ? {} : { field: 'size' }) },
      );
    }
  }

  private finish(): void {
    const { size, crc, source, offset } = this.of;
    this.ended = true;
    const sum = (this.crc ^ 0xffff_ffff) >>> 0;
    const problem =
      size !== undefined && this.have < size
        ? `ends after ${this.have} of ${size} bytes of compressed data.`
        : crc !== undefined && crc !== sum
          ? 'holds compressed data whose checksum is wrong.'
          : undefined;
    if (!problem) return;
    this.forget();
    throw new FormatError(source.name, problem, 'Copy it again.', { byte: offset });
  }

  private copy(at: number, length: number): Uint8Array {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.have - at)));
    let index = lastAtOrBefore(this.starts, at);
    for (let done = 0; done < out.length; index++) {
      const chunk = this.chunks[index] as Uint8Array;
      const from = at + done - (this.starts[index] as number);
      const part = chunk.subarray(from, from + out.length - done);
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  get bytes(): number {
    return this.have;
  }

  forget(): void {
    this.reader?.cancel().catch(() => {});
    this.reader = undefined;
    this.chunks = [];
    this.starts = [];
    this.have = 0;
    this.crc = 0xffff_ffff;
    this.ended = false;
    inMemory.delete(this);
  }
}

function makeRoom(latest: Inflated): void {
  let total = 0;
  for (const { bytes } of inMemory) total += bytes;
  for (const other of inMemory) {
    if (total <= KEPT_BYTES) return;
    if (other === latest || other.isInUse) continue;
    total -= other.bytes;
    other.forget();
  }
}

function inflating({ source, offset, length, format }: Compressed): ReadableStream<Uint8Array> {
  let at = offset;
  const end = Math.min(offset + length, source.size);
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: async (controller) => {
      const bytes = await source.read(at, Math.min(BLOCK_BYTES, end - at));
      at += bytes.length;
      if (bytes.length > 0) controller.enqueue(Uint8Array.from(bytes));
      if (bytes.length === 0 || at >= end) controller.close();
    },
  });
  return packed.pipeThrough(new DecompressionStream(format));
}

function lastAtOrBefore(starts: readonly number[], at: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
