/** Bytes that can be read anywhere: a file on disk, a file that a browser was given, a buffer in a test. */
export interface ByteSource {
  /** For messages: a path or a file name. */
  readonly name: string;
  readonly size: number;
  /** Bytes offset ... offset+length-1, fewer where the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes that are already in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** A whole file of text: UTF-16 where its mark says so, else as `decodeText`; without the mark. */
export function decodeFile(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return decodeText(bytes);
}

/** UTF-8 where the bytes are valid UTF-8, Latin-1 (as Windows-1252) where not: old devices write "µV" as one byte. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
