/** Element types of checkpoints, by their names in safetensors. */
import { fromBfloat16, fromHalf } from '../base/half.ts';
import type { Shape } from '../engine/index.ts';

export const BYTES_PER_ELEMENT = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type DType = keyof typeof BYTES_PER_ELEMENT;

/** One tensor of a checkpoint, not yet read. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Where in the file its description is, for messages. */
  readonly offset: number;
  /** Its values, row-major and little-endian, as they are stored. Perhaps a view of the file: do not write to them. */
  read(): Promise<Uint8Array>;
}

export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(BYTES_PER_ELEMENT, name);
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** Number of values; beyond 2^53 not exact, but never small. */
export function countOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * Values as float32, for the caller to keep: F32 bit for bit, F16 and BF16 exactly, F64 and integers rounded.
 * Undefined where a finite number is too large for float32.
 */
export function toFloat32(dtype: DType, bytes: Uint8Array): Float32Array | undefined {
  const { buffer, byteOffset } = aligned(bytes, BYTES_PER_ELEMENT[dtype]);
  const count = bytes.length / BYTES_PER_ELEMENT[dtype];
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F16':
      return fromHalf(new Uint16Array(buffer, byteOffset, count));
    case 'BF16':
      return fromBfloat16(new Uint16Array(buffer, byteOffset, count));
    case 'F64':
      return rounded(new Float64Array(buffer, byteOffset, count));
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'U64':
      return Float32Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case 'I32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, count));
    case 'U32':
      return Float32Array.from(new Uint32Array(buffer, byteOffset, count));
    case 'I16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, count));
    case 'U16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count));
    case 'I8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, count));
    case 'U8':
      return Float32Array.from(new Uint8Array(buffer, byteOffset, count));
    case 'BOOL':
      return Float32Array.from(new Uint8Array(buffer, byteOffset, count), (byte) => (byte === 0 ? 0 : 1));
  }
}

/** Typed arrays must start at a multiple of their element. Every runtime there is is little-endian, as the formats. */
function aligned(bytes: Uint8Array, unit: number): Uint8Array {
  return bytes.byteOffset % unit === 0 ? bytes : new Uint8Array(bytes);
}

function rounded(values: Float64Array): Float32Array | undefined {
  const floats = Float32Array.from(values);
  for (let i = 0; i < floats.length; i++)
    if (Math.abs(floats[i] as number) === Number.POSITIVE_INFINITY && Number.isFinite(values[i]))
      return undefined;
  return floats;
}
