import { open, stat } from 'node:fs/promises';
import type { ByteSource } from './bytes.ts';

/** A file on disk as a source. It is opened for each read, so that a folder of thousands of files needs no more handles. */
export async function nodeFileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    name: path,
    size,
    read: async (offset, length) => {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const bytes = new Uint8Array(wanted);
      const handle = await open(path, 'r');
      try {
        let done = 0;
        while (done < wanted) {
          const { bytesRead } = await handle.read(bytes, done, wanted - done, offset + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return bytes.subarray(0, done);
      } finally {
        await handle.close();
      }
    },
  };
}
