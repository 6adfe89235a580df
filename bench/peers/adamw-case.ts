/**
 * The optimiser as a case: `op` is `adamw`, `inputs` are values, gradients and both running means, all [n]; one update,
 * clipped to the norm of all gradients. The results are the new values and both new running means.
 */
export interface AdamWAttributes {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Global gradient norm above which gradients are scaled down. */
  readonly clip: number;
  /** Number of the update, from 1. */
  readonly step: number;
}

/** What an update takes from the host; betas are 0.9 and 0.999, eps is 1e-8. */
export interface AdamWStep {
  /** lr / (1 - beta1^t) */
  readonly rate: number;
  /** sqrt(1 - beta2^t) */
  readonly root: number;
  /** lr times weight decay */
  readonly decay: number;
}

export const adamwStep = ({ learningRate, weightDecay, step }: AdamWAttributes): AdamWStep => ({
  rate: learningRate / (1 - 0.9 ** step),
  root: Math.sqrt(1 - 0.999 ** step),
  decay: learningRate * weightDecay,
});
