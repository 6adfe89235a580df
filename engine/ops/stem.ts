import { defineOp } from '../autograd/define-op.ts';
import type { FloatType } from '../dtype.ts';
import { checkOptions, DTypeError, ShapeError } from '../errors.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor, TensorSpec } from '../tensor.ts';
import {
  padTaps,
  runHiddenGradient,
  runSignalGradient,
  runStem,
  runStemWeightGradient,
  stemGeometry,
} from './stem-kernels.ts';

interface Attributes {
  readonly patch: number;
  readonly eps: number;
  readonly stored: FloatType;
}

function outputSpec(
  [{ shape: signal }, { shape: weight }, { shape: gamma }, { shape: beta }]: readonly [
    TensorSpec,
    TensorSpec,
    TensorSpec,
    TensorSpec,
  ],
  { patch, eps, stored }: Attributes,
): TensorSpec {
  const [batch, channels, samples] = signal;
  const [features, one, alsoOne, taps] = weight;
  if (signal.length !== 3 || !batch || !channels || !samples) {
    throw new ShapeError(`stem: signal ${showShape(signal)}; it must be [batch, channels, samples].`);
  }
  if (
    weight.length !== 4 ||
    one !== 1 ||
    alsoOne !== 1 ||
    !features ||
    features % 4 !== 0 ||
    !taps ||
    taps % 2 === 0
  ) {
    throw new ShapeError(
      `stem: weight ${showShape(weight)}; it must be [features, 1, 1, taps] with a multiple of 4 features and an odd number of taps.`,
    );
  }
  if (!sameShape(gamma, [features]) || !sameShape(beta, [features])) {
    throw new ShapeError(
      `stem: gamma ${showShape(gamma)} and beta ${showShape(beta)}; both must be [${features}], the weight's features.`,
    );
  }
  if (!Number.isSafeInteger(patch) || patch < 1 || samples % patch !== 0) {
    throw new ShapeError(
      `stem: ${samples} samples do not divide into patches of ${patch}; pad the signal, or take a patch that divides it.`,
    );
  }
  if (!(Number.isFinite(eps) && eps > 0))
    throw new ShapeError(`stem: eps ${eps}; it must be a number above 0, or a silent sample is 0/0.`);
  if (stored !== 'f32' && stored !== 'f16') {
    throw new DTypeError(`stem: stored as "${String(stored)}"; it must be "f32" or "f16".`);
  }
  return { shape: [batch, channels, samples / patch, features * patch], dtype: stored };
}

const op = defineOp({
  name: 'stem',
  inputs: ['f32', 'f32', 'f32', 'f32'],
  shape: outputSpec,
  forward: ({ inputs: [signal, weight, gamma, beta], attributes: { patch, eps }, output }) => {
    const geometry = stemGeometry(signal, weight, patch, eps);
    const taps = padTaps(weight, geometry);
    runStem({ signal, taps, gamma, beta }, geometry, output);
    return taps;
  },
  backward: ({ inputs, saved: taps, attributes: { patch, eps }, grad, needsGrad, gradientSlot }) => {
    const [signal, weight, gamma, beta] = inputs;
    const geometry = stemGeometry(signal, weight, patch, eps);
    const dx = needsGrad[0] ? gradientSlot(0) : null;
    const dw = needsGrad[1] ? gradientSlot(1) : null;
    const dGamma = needsGrad[2] ? gradientSlot(2) : null;
    const dBeta = needsGrad[3] ? gradientSlot(3) : null;
    const hidden = runHiddenGradient({ signal, taps, gamma, beta }, geometry, grad, dGamma, dBeta);
    if (dw) runStemWeightGradient(signal, hidden, geometry, dw);
    if (dx) runSignalGradient(weight, hidden, geometry, dx);
    return [dx, dw, dGamma, dBeta];
  },
});

/**
 * The signal seen through learned filters, laid out for the patch convolution that follows: GELU(layer norm over the
 * features(convolution along time)), with zeros before and after the signal.
 *
 * `signal` [B, C, L], `weight` [F, 1, 1, K] with F a multiple of 4 and K odd (not flipped: cross-correlation), `gamma`
 * and `beta` [F] of the norm. The result is [B, C, L / patch, F patch], a row holding feature after feature of one
 * patch, so that a convolution of stride `patch` with weight [D, F, 1, patch] is a matmul with its rows. It is
 * kept as `stored`; the inputs are f32.
 */
export function stem(
  signal: Tensor,
  weight: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: { patch: number; eps?: number; stored?: FloatType },
): Tensor {
  checkOptions('stem', options, ['patch', 'eps', 'stored']);
  const { patch, eps = 1e-6, stored = 'f32' } = options;
  return op([signal, weight, gamma, beta], { patch, eps, stored });
}
