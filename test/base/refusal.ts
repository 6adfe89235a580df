import type { ByteFault, Refuse } from '../../base/bytes.ts';

/** What a reader of bytes refused, for tests. */
export class Refusal extends Error {
  readonly fault: ByteFault;
  readonly offset: number;

  constructor(fault: ByteFault, offset: number, problem: string) {
    super(problem);
    this.fault = fault;
    this.offset = offset;
  }
}

export const refuse: Refuse = (fault, offset, problem) => {
  throw new Refusal(fault, offset, problem);
};
