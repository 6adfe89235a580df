import type { KernelCase, Values } from '../contract.ts';
import type { AdamWAttributes as SuiteAttributes } from '../suite/adamw-reference.ts';

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

/** The suite's case, weights and gradients before the first update, as the libraries take it: running means of zero too. */
export function firstUpdate(
  kernel: KernelCase,
  inputs: readonly Values[],
): { kernel: KernelCase; inputs: readonly Values[] } {
  const [weights, gradients] = inputs;
  if (kernel.op !== 'adamw' || inputs.length !== 2 || !weights || !gradients) return { kernel, inputs };
  const { lr, betas, eps, weightDecay, maxGradNorm } = kernel.attributes as SuiteAttributes;
  if (betas[0] !== 0.9 || betas[1] !== 0.999 || eps !== 1e-8) {
    throw new Error(
      `${kernel.id}: betas ${betas} and eps ${eps}; the libraries' updates have 0.9, 0.999 and 1e-8.`,
    );
  }
  const attributes: AdamWAttributes = { learningRate: lr, weightDecay, clip: maxGradNorm, step: 1 };
  const { shape } = weights;
  const zeros = () => ({ data: new Float32Array(weights.data.length), shape });
  return {
    kernel: { ...kernel, attributes, shapes: [shape, shape, shape, shape] },
    inputs: [weights, gradients, zeros(), zeros()],
  };
}
