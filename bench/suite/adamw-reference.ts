import fc from 'fast-check';
import { at, type NdArray, norm } from '../../test/support/ndarray.ts';
import { defineReference } from '../../test/support/reference.ts';
import type { StepSetup } from '../contract.ts';

/** Of every `adamw` row, and of the training steps. */
export const BETAS = [0.9, 0.999] as const;
export const EPS = 1e-8;

/**
 * Attributes of the `adamw` rows, in the words of a training step: one update, the first, of weights whose running means
 * are zero.
 */
export type AdamWAttributes = Pick<StepSetup, 'learningRate' | 'weightDecay' | 'clip'>;

/**
 * The first update in float64: weights and gradients in, weights out. Not an operation of the engine, and so not among
 * the references of the tests.
 */
export const adamwReference = defineReference<AdamWAttributes>({
  op: 'adamw',
  cases: fc.constant({
    inputs: [],
    attributes: { learningRate: 0, weightDecay: 0, clip: 1 },
  }),
  forward: (inputs, { learningRate: lr, weightDecay, clip }) => {
    const [weights, gradients] = inputs as readonly [NdArray, NdArray];
    const factor = Math.min(1, clip / (norm(gradients.data) + 1e-6));
    const data = weights.data.map((w, i) => {
      const g = at(gradients, i) * factor;
      const mean = ((1 - BETAS[0]) * g) / (1 - BETAS[0]);
      const square = ((1 - BETAS[1]) * g * g) / (1 - BETAS[1]);
      return w - lr * weightDecay * w - (lr * mean) / (Math.sqrt(square) + EPS);
    });
    return { shape: weights.shape, data };
  },
});
