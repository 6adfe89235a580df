import type { Kernel } from '../gpu/kernel.ts';

/** The pair of kernels for rows of single values and of vectors of 4. */
export interface ByValues {
  readonly single: Kernel;
  readonly vectors: Kernel;
}

/** The kernel for these row lengths, and how many values one element of theirs holds. */
export function pickByValues(kernels: ByValues, ...lengths: readonly number[]) {
  const vectors = lengths.every((length) => length % 4 === 0);
  return { kernel: vectors ? kernels.vectors : kernels.single, values: vectors ? 4 : 1 };
}
