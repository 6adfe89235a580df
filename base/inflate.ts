/** Compressed stretches of a file, inflated by the runtime's own zlib: whole, or as sources that go as far as they are read. */
import type { ByteSource, RandomAccess, Refuse } from './bytes.ts';
import { crc32, hex32 } from './crc32.ts';

export interface Compressed<Source extends RandomAccess = RandomAccess> {
  readonly source: Source;
  readonly offset: number;
  /** Compressed bytes. */
  readonly length: number;
  /** `deflate` is zlib's wrapping, `deflate-raw` that of ZIP files. */
  readonly format: 'deflate' | 'deflate-raw' | 'gzip';
  /** Bytes that come out, as the file says; undefined where it does not, and then all is inflated to know. */
  readonly size?: number;
  /** Bytes that may come out behind those, and mean nothing. */
  readonly padding?: number;
  /** Checksum of what comes out, where the file has it apart from the stream. */
  readonly crc?: number;
  /** What it is, for messages, where the file holds more than it. */
  readonly what?: string;
}

const BLOCK_BYTES = 1 << 18;
/** Deflate cannot make more than this of a byte; a header that says so lies. */
const LARGEST_RATIO = 1032;
/**
 * The budget of one source: bytes of inflated data that it may hold, and how many times its compressed ones, as far as that is
 * more than `SMALL_BYTES`. Signals shrink to a half or a tenth; what shrinks a hundred times is no signal, or an attack.
 */
const MAXIMUM_BYTES = 2 ** 31;
const MAXIMUM_RATIO = 64;
const SMALL_BYTES = 2 ** 28;
/** Bytes that stay in memory of all inflated sources together; what was read longest ago is inflated again when needed. */
const KEPT_BYTES = 2 ** 29;

function budgetOf(length: number): number {
  return Math.min(MAXIMUM_BYTES, Math.max(SMALL_BYTES, MAXIMUM_RATIO * length));
}

/** Opens a compressed stretch as a source. Refuses one whose size cannot be true, or is too much for the memory. */
export async function inflatedSource(
  compressed: Compressed<ByteSource>,
  refuse: Refuse,
): Promise<ByteSource> {
  const { source, offset, length } = compressed;
  const state = new Inflated(compressed, refuse);
  const size = compressed.size ?? (await state.wholeSize());
  if (size > LARGEST_RATIO * length + 64) {
    const most = LARGEST_RATIO * length;
    return refuse(
      'damaged',
      offset,
      about(compressed, `says that ${length} compressed bytes hold ${size}, but they hold at most ${most}.`),
    );
  }
  if (size > budgetOf(length)) return overBudget(compressed, `${size}`, refuse);
  return {
    name: source.name,
    size,
    read: (at, count) => state.read(at, Math.max(0, Math.min(count, size - at))),
  };
}

/** The first bytes that come out, fewer where there are fewer. */
export async function inflatedStart(
  compressed: Compressed,
  count: number,
  refuse: Refuse,
): Promise<Uint8Array> {
  const state = new Inflated(compressed, refuse);
  const bytes = await state.read(0, count);
  state.forget();
  return bytes;
}

/** All that comes out, which the caller has found room for. Refuses what is not `size` bytes, or of another checksum. */
export async function inflated(
  compressed: Compressed & { readonly size: number },
  refuse: Refuse,
): Promise<Uint8Array> {
  return inflatedStart(compressed, compressed.size, refuse);
}

function overBudget(compressed: Compressed, size: string, refuse: Refuse): never {
  const { offset, length } = compressed;
  const problem = `holds ${size} bytes in ${length} compressed ones, more than the ${budgetOf(length)} that are inflated of so many.`;
  return refuse('too-large', offset, about(compressed, problem));
}

/** A problem with its subject, which is the file where nothing else is said. */
function about({ what }: Compressed, problem: string): string {
  return what === undefined ? problem : `${what} ${problem}`;
}

const inMemory = new Set<Inflated>();

class Inflated {
  readonly #of: Compressed;
  readonly #refuse: Refuse;
  #chunks: Uint8Array[] = [];
  /** Offset of each chunk. */
  #starts: number[] = [];
  #have = 0;
  #crc = 0;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** What the source threw, which is no fault of the compressed data. */
  #sourceError: unknown;
  #ended = false;
  /** Reads come one after the other: they share one stream. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Of those that are under way: what they inflate must stay until they have copied it. */
  #readings = 0;

  constructor(of: Compressed, refuse: Refuse) {
    this.#of = of;
    this.#refuse = refuse;
  }

  read(at: number, length: number): Promise<Uint8Array> {
    // Up to the very end, so that the checksum is looked at before the last bytes are used.
    const isLast = this.#of.size !== undefined && at + length >= this.#of.size;
    return this.#inTurn(async () => {
      await this.#inflateTo(isLast ? Number.POSITIVE_INFINITY : at + length);
      return this.#copy(at, length);
    });
  }

  wholeSize(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#inflateTo(Number.POSITIVE_INFINITY);
      return this.#have;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#readings++;
    const result = this.#turn.then(work).finally(() => {
      this.#readings--;
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  async #inflateTo(end: number): Promise<void> {
    inMemory.delete(this);
    inMemory.add(this);
    while (this.#have < end && !this.#ended) {
      const chunk = await this.#next();
      if (chunk) this.#take(chunk);
      else this.#finish();
    }
    makeRoom(this);
  }

  async #next(): Promise<Uint8Array | undefined> {
    this.#reader ??= this.#stream().getReader();
    try {
      return (await this.#reader.read()).value;
    } catch (error) {
      this.forget();
      if (error === this.#sourceError) throw error;
      return this.#damaged('holds compressed data that are damaged or cut short.');
    }
  }

  #take(chunk: Uint8Array): void {
    this.#starts.push(this.#have);
    this.#chunks.push(chunk);
    this.#have += chunk.length;
    const { size, padding = 0, length, crc } = this.#of;
    if (crc !== undefined) this.#crc = crc32(chunk, this.#crc);
    if (size === undefined && this.#have > budgetOf(length)) {
      this.forget();
      overBudget(this.#of, `more than ${budgetOf(length)}`, this.#refuse);
    }
    if (size !== undefined && this.#have > size + padding) {
      this.forget();
      this.#damaged(`holds more compressed data than the ${size} bytes that are expected.`);
    }
  }

  #finish(): void {
    this.#ended = true;
    const { size, crc } = this.#of;
    const problem =
      size !== undefined && this.#have < size
        ? `ends after ${this.#have} of ${size} bytes of compressed data.`
        : crc !== undefined && crc !== this.#crc
          ? `holds compressed data whose checksum is wrong: ${hex32(this.#crc)}, but ${hex32(crc)} was saved.`
          : undefined;
    if (!problem) return;
    this.forget();
    this.#damaged(problem);
  }

  #damaged(problem: string): never {
    return this.#refuse('damaged', this.#of.offset, about(this.#of, problem));
  }

  #copy(at: number, length: number): Uint8Array {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.#have - at)));
    let index = lastAtOrBefore(this.#starts, at);
    for (let done = 0; done < out.length; index++) {
      const chunk = this.#chunks[index] as Uint8Array;
      const from = at + done - (this.#starts[index] as number);
      const part = chunk.subarray(from, from + out.length - done);
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  #stream(): ReadableStream<Uint8Array> {
    const { source, offset, length, format } = this.#of;
    let at = offset;
    const end = Math.min(offset + length, source.size);
    const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const bytes = await source.read(at, Math.min(BLOCK_BYTES, end - at)).catch((error: unknown) => {
          this.#sourceError = error;
          throw error;
        });
        at += bytes.length;
        if (bytes.length > 0) controller.enqueue(Uint8Array.from(bytes));
        if (bytes.length === 0 || at >= end) controller.close();
      },
    });
    return packed.pipeThrough(new DecompressionStream(format));
  }

  get bytes(): number {
    return this.#have;
  }

  get isInUse(): boolean {
    return this.#readings > 0;
  }

  /** Gives its memory back; the next read begins again. */
  forget(): void {
    this.#reader?.cancel().catch(() => {});
    this.#reader = undefined;
    this.#chunks = [];
    this.#starts = [];
    this.#have = 0;
    this.#crc = 0;
    this.#ended = false;
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

function lastAtOrBefore(starts: readonly number[], at: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
