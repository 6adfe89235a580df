/** Global heaps, where HDF5 keeps texts of unlike lengths (HDF5 File Format Specification 3.0, III.E). */

const SIGNATURE = [0x47, 0x43, 0x4f, 0x4c] as const;
const HEADER_BYTES = 16;
const OBJECT_BYTES = 16;

/**
 * Would the library go round for ever in these bytes? It does in a damaged heap with free space of size zero, and
 * nothing can stop it then. Only heaps of 8-byte lengths are looked at, which are all that are written.
 */
export function isEndlessHeap(bytes: Uint8Array): boolean {
  if (!SIGNATURE.every((letter, i) => bytes[i] === letter)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = HEADER_BYTES; at + OBJECT_BYTES <= bytes.length; ) {
    const index = view.getUint16(at, true);
    const size = Number(view.getBigUint64(at + 8, true));
    if (index === 0 && size < OBJECT_BYTES) return true;
    at += index === 0 ? size : OBJECT_BYTES + 8 * Math.ceil(size / 8);
  }
  return false;
}
