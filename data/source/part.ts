import type { ByteSource } from './bytes.ts';

/** A stretch of a source as a source of its own. It ends where the other one does, whatever `size` says. */
export function partSource(source: ByteSource, offset: number, size: number): ByteSource {
  const own = Math.max(0, Math.min(size, source.size - offset));
  return {
    name: source.name,
    size: own,
    read: (at, length) => source.read(offset + at, Math.max(0, Math.min(length, own - at))),
  };
}
