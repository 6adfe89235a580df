import { LINEAR_WORKGROUP } from './grid.ts';

/** Elements that one invocation sums at most, and partial sums below which it sums fewer, for more to share the work. */
const MAX_ROUNDS = 32;
const FEW_SUMS = 512;

/** The first stage of a two-stage sum over `length` elements. */
export interface Partials {
  /** Invocations, and so partial sums: whole workgroups. */
  readonly count: number;
  /** Elements that one invocation sums. */
  readonly rounds: number;
}

export function partialsOf(length: number): Partials {
  const rounds = Math.min(MAX_ROUNDS, Math.max(1, Math.ceil(length / FEW_SUMS)));
  return { count: Math.ceil(length / (LINEAR_WORKGROUP * rounds)) * LINEAR_WORKGROUP, rounds };
}
