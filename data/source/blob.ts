import type { ByteSource } from './bytes.ts';

/** A File or Blob of the browser as a source; only the parts that are read are loaded. */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}
