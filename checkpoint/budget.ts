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
/** Bytes of the directory of a zip archive, and records in it. */
export const LONGEST_DIRECTORY = 2 ** 23;
export const MOST_RECORDS = 2 ** 16;
