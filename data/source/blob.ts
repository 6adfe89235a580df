import type { ByteSource } from '../../base/bytes.ts';
import { withSystemErrors } from './system-error.ts';

/**
 * A File or Blob of the browser as a source; only the parts that are read are loaded. Reading throws a FormatError where
 * the file has changed or gone since it was chosen.
 */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    read: (offset, length) =>
      withSystemErrors(
        name,
        async () => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
      ),
  };
}
