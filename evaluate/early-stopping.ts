/** Training that ends where a validation set learns no more. */
import { liesStill } from './convergence.ts';

export interface Epoch {
  /** Counts from 1. */
  readonly epoch: number;
  /** Mean over the training rows as they were learned from. */
  readonly loss: number;
  readonly validationAuroc: number;
}

export interface StoppingOptions {
  /** At most. The paper's is 200. */
  readonly epochs: number;
  /** Epochs without a better AUROC on the validation set after which training stops. The paper's is 20. */
  readonly patience: number;
  /**
   * Trains on until the training loss lies still as well, and of epochs with the same AUROC keeps the last: on a validation set
   * that the first epoch already ranks well the first would be a head that has hardly learned. Default false, the paper's.
   */
  readonly untilConverged?: boolean;
}

export interface Best<Kept> {
  readonly best: Epoch;
  /** What `keep` gave after the best epoch. */
  readonly kept: Kept;
  readonly history: readonly Epoch[];
}

/** Runs `epoch` again and again, and keeps what was there after the best one. */
export async function untilBest<Kept>(
  { epochs, patience, untilConverged = false }: StoppingOptions,
  epoch: (number: number) => Promise<Omit<Epoch, 'epoch'>>,
  keep: () => Kept | Promise<Kept>,
): Promise<Best<Kept>> {
  const history: Epoch[] = [];
  let found: { best: Epoch; kept: Kept } | undefined;
  let rose = 0;
  let still = !untilConverged;
  for (let number = 1; number <= epochs; number++) {
    const result = { epoch: number, ...(await epoch(number)) };
    history.push(result);
    const before = found?.best.validationAuroc ?? Number.NEGATIVE_INFINITY;
    if (result.validationAuroc > before) rose = number;
    if (!found || rose === number || (untilConverged && result.validationAuroc === before))
      found = { best: result, kept: await keep() };
    still ||= liesStill(history);
    if (still && number - rose >= patience) break;
  }
  if (!found) throw new RangeError(`There were ${epochs} epochs to train for; there must be one at least.`);
  return { ...found, history };
}
