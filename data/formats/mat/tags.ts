/** Data elements of MAT files of version 5 ("MAT-File Format", MathWorks): a tag that says type and size, then the data. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import type { ElementKind } from '../array/elements.ts';

export interface Element {
  type: number;
  /** Of its data. */
  at: number;
  bytes: number;
  /** Where the next element begins. */
  next: number;
}

export const TYPES = { matrix: 14, compressed: 15, utf8: 16, utf16: 17, utf32: 18 } as const;

/** Numbers by the type of their element. */
export const NUMBER_KINDS: ReadonlyMap<number, ElementKind> = new Map([
  [1, 'int8'],
  [2, 'uint8'],
  [3, 'int16'],
  [4, 'uint16'],
  [5, 'int32'],
  [6, 'uint32'],
  [7, 'float32'],
  [9, 'float64'],
  [12, 'int64'],
  [13, 'uint64'],
]);

/** Reads the tag of the element at a place and checks that its data end before `end`. */
export async function readElement(
  source: ByteSource,
  at: number,
  end: number,
  bigEndian: boolean,
): Promise<Element> {
  const tag = await source.read(at, 8);
  if (tag.length < 8 || at + 8 > end) throw cutShort(source, at, 'its next element');
  const view = new DataView(tag.buffer, tag.byteOffset, 8);
  const word = view.getUint32(0, !bigEndian);
  // A small element has its size in the upper half of the word, and its data in place of the size.
  const isSmall = word >>> 16 !== 0;
  const [type, bytes, start] = isSmall
    ? [word & 0xffff, word >>> 16, at + 4]
    : [word, view.getUint32(4, !bigEndian), at + 8];
  const isWhole = isSmall ? bytes <= 4 : start + bytes <= end;
  if (!isWhole || type === 0 || type > TYPES.utf32) {
    throw new FormatError(
      source.name,
      `has an element of type ${type} and ${bytes} bytes, where ${Math.max(0, end - start)} are left.`,
      'Copy it again: it may be damaged or cut short.',
      { byte: at, field: 'element tag', found: bytes, expected: `at most ${Math.max(0, end - start)}` },
    );
  }
  const padding = isSmall || type === TYPES.compressed ? 0 : (8 - (bytes % 8)) % 8;
  return { type, at: start, bytes, next: isSmall ? at + 8 : start + bytes + padding };
}

export function cutShort(source: ByteSource, at: number, what: string): FormatError {
  return new FormatError(source.name, `ends inside ${what}.`, 'Copy it again: it is cut short.', {
    byte: Math.min(at, source.size),
  });
}
