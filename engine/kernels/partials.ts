import { LINEAR_WORKGROUP } from './grid.ts';

/** Elements that one invocation sums in the first stage of a two-stage sum; `ROUNDS` of the kernels. */
const ROUNDS = 32;

/** How many invocations, and so partial sums, the first stage over `length` elements has: whole workgroups. */
export function partialCount(length: number): number {
  return Math.ceil(length / (LINEAR_WORKGROUP * ROUNDS)) * LINEAR_WORKGROUP;
}

/** Constants of the kernels of the first stage. */
export const PARTIAL_CONSTANTS = { WORKGROUP: LINEAR_WORKGROUP, ROUNDS };
