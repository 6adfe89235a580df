/** Training that ends where a validation set learns no more. */

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
}

export interface Best<Kept> {
  readonly best: Epoch;
  /** What `keep` gave after the best epoch. */
  readonly kept: Kept;
  readonly history: readonly Epoch[];
}

/** Runs `epoch` again and again, and keeps what was there after the best one. */
export async function untilBest<Kept>(
  { epochs, patience }: StoppingOptions,
  epoch: (number: number) => Promise<Omit<Epoch, 'epoch'>>,
  keep: () => Kept | Promise<Kept>,
): Promise<Best<Kept>> {
  const history: Epoch[] = [];
  let found: { best: Epoch; kept: Kept } | undefined;
  for (let number = 1; number <= epochs; number++) {
    const told = { epoch: number, ...(await epoch(number)) };
    history.push(told);
    if (!found || told.validationAuroc > found.best.validationAuroc)
      found = { best: told, kept: await keep() };
    if (number - found.best.epoch >= patience) break;
  }
  if (!found) throw new RangeError(`There were ${epochs} epochs to train for; there must be one at least.`);
  return { ...found, history };
}
