import type { KernelCase, StepSetup, Values } from '../contract.ts';

/** What an update takes from the host; betas are 0.9 and 0.999, eps is 1e-8. */
export interface AdamWStep {
  /** lr / (1 - beta1^t) */
  readonly rate: number;
  /** sqrt(1 - beta2^t) */
  readonly root: number;
  /** lr times weight decay */
  readonly decay: number;
}

/** Update number `step`, from 1. */
export const adamwStep = (
  { learningRate, weightDecay }: Pick<StepSetup, 'learningRate' | 'weightDecay'>,
  step: number,
): AdamWStep => ({
  rate: learningRate / (1 - 0.9 ** step),
  root: Math.sqrt(1 - 0.999 ** step),
  decay: learningRate * weightDecay,
});

/**
 * An `adamw` case, weights and gradients before the first update, with the running means that a library updates along:
 * zeros. Other cases as they are.
 */
export function withRunningMeans(
  kernel: KernelCase,
  inputs: readonly Values[],
): { kernel: KernelCase; inputs: readonly Values[] } {
  if (kernel.op !== 'adamw') return { kernel, inputs };
  const means = inputs.map(({ data, shape }) => ({ data: new Float32Array(data.length), shape }));
  return {
    kernel: { ...kernel, shapes: [...kernel.shapes, ...kernel.shapes] },
    inputs: [...inputs, ...means],
  };
}
