import { type ByteSource, memorySource } from '../../base/bytes.ts';
import { type FileEntry, FileSet, type Format, type OpenOptions } from '../../data/formats/format.ts';
import type { Recording } from '../../data/recording.ts';

/** A file in memory. */
export function entryOf(path: string, content: Uint8Array | string): FileEntry {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { path, open: async () => memorySource(path, bytes) };
}

export function openBytes(
  format: Format,
  name: string,
  content: Uint8Array | string,
  options: OpenOptions = {},
): Promise<Recording> {
  const entry = entryOf(name, content);
  return format.open(entry, new FileSet([entry]), options);
}

/** All samples, one array a channel. */
export async function samplesOf({ channels, read }: Recording): Promise<number[][]> {
  const all = await read(
    channels.map((_, index) => index),
    0,
    channels[0]?.length ?? 0,
  );
  return all.map((values) => [...values]);
}

/** A file in memory that counts the bytes that are asked of it. */
export function countingEntry(
  path: string,
  bytes: Uint8Array,
): FileEntry & { asked: number; largest: number } {
  const entry = {
    path,
    asked: 0,
    /** The most at once. */
    largest: 0,
    open: async (): Promise<ByteSource> => ({
      name: path,
      size: bytes.length,
      read: (offset: number, length: number) => {
        entry.asked += length;
        entry.largest = Math.max(entry.largest, length);
        return Promise.resolve(bytes.slice(offset, offset + length));
      },
    }),
  };
  return entry;
}
