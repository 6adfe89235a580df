import fc from 'fast-check';
import { at, type NdArray, norm } from '../../test/support/ndarray.ts';
import { defineReference } from '../../test/support/reference.ts';

/** Attributes of the `adamw` rows: one update, the first, of weights whose running means are zero. */
export interface AdamWAttributes {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
}

/**
 * The first update in float64: weights and gradients in, weights out. Not an operation of the engine, and so not among
 * the references of the tests.
 */
export const adamwReference = defineReference<AdamWAttributes>({
  op: 'adamw',
  cases: fc.constant({
    inputs: [],
    attributes: { lr: 0, betas: [0, 0], eps: 1, weightDecay: 0, maxGradNorm: 1 },
  }),
  forward: (inputs, { lr, betas, eps, weightDecay, maxGradNorm }) => {
    const [weights, gradients] = inputs as readonly [NdArray, NdArray];
    const factor = Math.min(1, maxGradNorm / (norm(gradients.data) + 1e-6));
    const data = weights.data.map((w, i) => {
      const g = at(gradients, i) * factor;
      const mean = ((1 - betas[0]) * g) / (1 - betas[0]);
      const square = ((1 - betas[1]) * g * g) / (1 - betas[1]);
      return w - lr * weightDecay * w - (lr * mean) / (Math.sqrt(square) + eps);
    });
    return { shape: weights.shape, data };
  },
});
