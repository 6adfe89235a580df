/** The loss on windows that were held out of training, source by source, beside what costs less. */
import type { SignalBatch } from '../../data/index.ts';
import type { Evaluation, Pretrainer } from '../../model/index.ts';
import { betweenPatches } from './windows.ts';

/** Reconstruction from the first principal components of training windows. */
export interface PcaLoss {
  /** Numbers of the code. */
  readonly components: number;
  readonly loss: number;
  /** Training windows that it was fitted to; of several shapes of windows, the fewest. */
  readonly windows: number;
}

/** Losses on the same held-out windows, and over the same samples, as the model's. */
export interface Yardsticks {
  /** Position-blind floor: of the best waveform for each channel of each window, repeated in each of its patches. */
  readonly positionBlindLoss: number;
  readonly pca: readonly PcaLoss[];
}

/** Means over the held-out windows of a source. */
export interface SourceLosses {
  readonly heldOutLoss: number;
  readonly predictZeroLoss: number;
  /** Held-out loss over that of predicting zero; not there where the filters leave nothing of the windows but zeros. */
  readonly ratio?: number;
  readonly windows: number;
  /** Part of the reconstruction's power that differs between the patches of a channel; not there where it is all zeros. */
  readonly patchShare?: number;
  /** Not there in runs that were not compared. */
  readonly yardsticks?: Yardsticks;
}

export type Losses = ReadonlyMap<string, SourceLosses>;

interface Sums {
  loss: number;
  zeroLoss: number;
  windows: number;
  power: number;
  between: number;
}

/**
 * Evaluates every batch, P being the model's `patch`; `onBatch` sees each evaluation, and throws where it is of no use.
 */
export async function heldOutLosses<Batch extends SignalBatch>(
  trainer: Pick<Pretrainer, 'evaluate'>,
  batches: readonly Batch[],
  patch: number,
  onBatch: (batch: Batch, evaluation: Evaluation) => void = () => {},
): Promise<Map<string, SourceLosses>> {
  const sums = new Map<string, Sums>();
  for (const batch of batches) {
    const evaluation = await trainer.evaluate(batch);
    onBatch(batch, evaluation);
    const windows = batch.shape[0];
    const [, , length] = evaluation.shape;
    const { all, between } = betweenPatches(evaluation.reconstruction, { samples: length, length, patch });
    const own = sums.get(batch.source) ?? { loss: 0, zeroLoss: 0, windows: 0, power: 0, between: 0 };
    own.loss += windows * evaluation.loss;
    own.zeroLoss += windows * evaluation.zeroLoss;
    own.windows += windows;
    own.power += all;
    own.between += between;
    sums.set(batch.source, own);
  }
  return new Map(
    [...sums].map(([source, { loss, zeroLoss, windows, power, between }]) => {
      const [heldOutLoss, predictZeroLoss] = [loss / windows, zeroLoss / windows];
      return [
        source,
        {
          ...{ heldOutLoss, predictZeroLoss, windows },
          ...(predictZeroLoss > 0 && { ratio: heldOutLoss / predictZeroLoss }),
          ...(power > 0 && { patchShare: between / power }),
        },
      ];
    }),
  );
}

/** Each source with its yardsticks. */
export function withYardsticks<Own extends SourceLosses>(
  losses: ReadonlyMap<string, Own>,
  yardsticks: ReadonlyMap<string, Yardsticks>,
): Map<string, Own> {
  return new Map(
    [...losses].map(([source, own]) => {
      const found = yardsticks.get(source);
      return [source, found ? { ...own, yardsticks: found } : own];
    }),
  );
}
