/** Where a checkpoint's bytes are: in memory, or in a file of which only the asked-for parts are read. */
import type { Refuse } from './errors.ts';

export interface RandomAccess {
  readonly size: number;
  /** Bytes offset ... offset+length-1, fewer where the source ends before. They may be a view: do not write to them. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes, or a source of them. */
export type CheckpointSource = Uint8Array | RandomAccess;

export function randomAccess(source: CheckpointSource): RandomAccess {
  if (!(source instanceof Uint8Array)) return source;
  return {
    size: source.length,
    read: async (offset, length) => source.subarray(offset, offset + length),
  };
}

/** Exactly these bytes. Nothing is allocated for a range that is not in the file. */
export async function readExactly(
  source: RandomAccess,
  offset: number,
  length: number,
  what: string,
  refuse: Refuse,
): Promise<Uint8Array> {
  if (offset < 0 || length < 0 || offset + length > source.size) {
    const wanted = `bytes ${offset} to ${offset + length}`;
    return refuse(
      'truncated',
      offset,
      `${what} should lie at ${wanted} of ${source.size}; the file is cut short or damaged.`,
    );
  }
  const bytes = await source.read(offset, length);
  if (bytes.length === length) return bytes;
  return refuse(
    'truncated',
    offset + bytes.length,
    `${what} ended early; the file changed while it was read.`,
  );
}

const CHUNK = 1 << 20;

/** The bytes of a range in pieces, so that a large file is never held whole. */
export async function* chunks(
  source: RandomAccess,
  offset: number,
  length: number,
  what: string,
  refuse: Refuse,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; done += CHUNK) {
    yield await readExactly(source, offset + done, Math.min(CHUNK, length - done), what, refuse);
  }
}

/**
 * Most bytes that a file may unfold to, by compression or by views of the same storage. A table of zeros shrinks a
 * thousand times, so small files need room; beyond that a checkpoint does not grow much.
 */
export function unfoldLimit(fileSize: number): number {
  return 2 ** 24 + 16 * fileSize;
}
