/** Numbers as arrays on disk store them. */
import { fromHalf } from '../../../base/half.ts';

export type ElementKind =
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float16'
  | 'float32'
  | 'float64';

export interface ElementType {
  kind: ElementKind;
  bigEndian: boolean;
}

export const ELEMENT_BYTES: Readonly<Record<ElementKind, 1 | 2 | 4 | 8>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
};

/** The numbers in some bytes. Integers of 64 bits come to the nearest double. */
export function decodeElements(bytes: Uint8Array, { kind, bigEndian }: ElementType): ArrayLike<number> {
  const width = ELEMENT_BYTES[kind];
  const count = Math.floor(bytes.length / width);
  // A typed array has to begin at a multiple of its width, and swapping must not change what others see.
  const isReady = bytes.byteOffset % width === 0 && !(bigEndian && width > 1);
  const own = isReady ? bytes : bytes.slice(0, count * width);
  if (bigEndian && width > 1) swap(own, width);
  const { buffer, byteOffset } = own;
  switch (kind) {
    case 'int8':
      return new Int8Array(buffer, byteOffset, count);
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, count);
    case 'int16':
      return new Int16Array(buffer, byteOffset, count);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'int32':
      return new Int32Array(buffer, byteOffset, count);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, count);
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case 'float16':
      return fromHalf(new Uint16Array(buffer, byteOffset, count));
    case 'float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'float64':
      return new Float64Array(buffer, byteOffset, count);
  }
}

function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
