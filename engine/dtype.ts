/**
 * Element types: f32 and f16 for values, u32 for labels and indices. f16 is a way to store: every sum and every
 * statistic is f32 whatever its operands are kept in.
 */
export type DType = 'f32' | 'f16' | 'u32';

/** The element types that hold values. */
export type FloatType = Exclude<DType, 'u32'>;

export const ELEMENT_BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, u32: 4 };

/**
 * Bytes that `size` elements take, rounded up to whole words of 4: what copies and bindings are counted in. f16 takes at
 * least the 16 of an f32 vector, as whose stand-in a tensor may be bound.
 */
export function storageBytes(size: number, dtype: DType): number {
  const bytes = Math.ceil((size * ELEMENT_BYTES[dtype]) / 4) * 4;
  return dtype === 'f16' ? Math.max(16, bytes) : bytes;
}
