/** Unpacks deflated records, never further than they said they would go. */
import type { Refuse } from '../errors.ts';

/** The `size` bytes that a raw deflate stream holds. `offset` is where the stream lies, for messages. */
export async function inflate(
  packed: Uint8Array,
  size: number,
  offset: number,
  refuse: Refuse,
): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(packed)])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length <= size) {
    const piece = await reader
      .read()
      .catch(() => refuse('damaged', offset, 'a compressed record is damaged.'));
    if (piece.done) break;
    pieces.push(piece.value);
    length += piece.value.length;
  }
  if (length !== size) {
    // What is still to come is not wanted; why the stream then failed does not matter.
    if (length > size) reader.cancel().catch(() => {});
    return refuse(
      'damaged',
      offset,
      `a compressed record of ${size} bytes unpacks to ${length > size ? 'more' : length}.`,
    );
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
