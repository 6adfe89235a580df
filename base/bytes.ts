/** Bytes that are read in parts, and how their readers say what is wrong with them. */

/** Bytes that can be read anywhere: a file on disk, one that a browser was given, one on a server, a buffer. */
export interface RandomAccess {
  readonly size: number;
  /** Bytes offset ... offset+length-1, fewer where the source ends before. They may be a view: do not write to them. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The same with a path or file name, for messages. */
export interface ByteSource extends RandomAccess {
  readonly name: string;
}

/** What can be wrong with bytes: they end early, contradict each other, are of a kind that is not read, or take too much memory. */
export type ByteFault = 'truncated' | 'damaged' | 'unsupported' | 'too-large';

/**
 * Throws the error of the room that reads: `refuse(fault, offset, problem)`. The offset is that of the byte at which the
 * fault was met; the problem is a sentence, which the room completes with the file and the fix.
 */
export type Refuse<Fault = ByteFault> = (fault: Fault, offset: number, problem: string) => never;

/** A source over bytes that are already in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** A stretch of a source as a source of its own. It ends where the other one does, whatever `size` says. */
export function partSource(source: ByteSource, offset: number, size: number): ByteSource {
  const own = Math.max(0, Math.min(size, source.size - offset));
  return {
    name: source.name,
    size: own,
    read: (at, length) => source.read(offset + at, Math.max(0, Math.min(length, own - at))),
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

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
