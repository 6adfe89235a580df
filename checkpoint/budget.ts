/** How much of a checkpoint is looked at before it is believed: far beyond any model, and refused within a second. */

/** Bytes of a safetensors header, and tensors that it may name. */
export const LONGEST_HEADER = 2 ** 23;
export const MOST_TENSORS = 2 ** 16;
/** Bytes of one tensor: thirty times the largest of the base size. */
export const LARGEST_TENSOR = 2 ** 30;
/** Bytes of a pickle, operations in it, and values that it may pile up. */
export const LONGEST_PICKLE = 2 ** 24;
export const MOST_OPERATIONS = 2_000_000;
export const MOST_VALUES = 2 ** 19;

/**
 * Most bytes that a file may unfold to, by compression or by views of the same storage. A table of zeros shrinks a
 * thousand times, so small files need room; beyond that a checkpoint does not grow much.
 */
export function unfoldLimit(fileSize: number): number {
  return 2 ** 24 + 16 * fileSize;
}
