import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { ByteSource } from '../../base/bytes.ts';
import { FormatError } from '../errors.ts';
import { otherThanFile } from './file-kind-node.ts';
import { withSystemErrors } from './system-error.ts';

/** Bytes of one read: Node ends where they are more than a number of 32 bits says. */
const MOST_AT_ONCE = 2 ** 30;

export interface FileSourceOptions {
  /** Whether all reads must be of one and the same file: its parts belong together, and whoever writes such files replaces them. */
  readonly steady?: boolean;
}

/**
 * A file on disk as a source. It is opened for each read, so that a folder of thousands of files needs no more handles.
 * Throws a FormatError for what cannot be read, and for what is no file: opening a FIFO would wait for ever.
 */
export async function nodeFileSource(
  path: string,
  { steady = false }: FileSourceOptions = {},
): Promise<ByteSource> {
  const found = await withSystemErrors(path, () => stat(path));
  if (!found.isFile()) throw new FormatError(path, `${otherThanFile(found)}.`, 'Give a file.');
  const { size } = found;
  return {
    name: path,
    size,
    read: (offset, length) =>
      withSystemErrors(path, async () => {
        const wanted = Math.max(0, Math.min(length, size - offset));
        const bytes = new Uint8Array(wanted);
        const handle = await open(path, 'r');
        try {
          if (steady && !isSame(await handle.stat(), found))
            throw new FormatError(path, 'was replaced or changed while it was read.', 'Read it again.');
          let done = 0;
          while (done < wanted) {
            const part = Math.min(MOST_AT_ONCE, wanted - done);
            const { bytesRead } = await handle.read(bytes, done, part, offset + done);
            if (bytesRead === 0) break;
            done += bytesRead;
          }
          return bytes.subarray(0, done);
        } finally {
          await handle.close();
        }
      }),
  };
}

function isSame(one: Stats, other: Stats): boolean {
  return (['dev', 'ino', 'size', 'mtimeMs'] as const).every((name) => one[name] === other[name]);
}
