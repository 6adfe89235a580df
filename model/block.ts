import { linear, type Parameter, rmsNorm, selfAttention, swiglu, type Tensor } from '../engine/index.ts';
import { type Packed, single, stacked } from './state.ts';
import type { Initialization } from './weights.ts';

type Weights = (key: string) => Parameter;

/** Query, key and value weights as one [3 dim, dim] parameter, so that one product makes all three. */
export function attentionWeights(init: Initialization, prefix: string, dim: number): Packed[] {
  const weight = (name: string) => init.weight(`${prefix}.${name}.weight`, [dim, dim]);
  return [stacked(`${prefix}.wqkv`, ['wq', 'wk', 'wv'].map(weight)), single(weight('wo'))];
}

/** Gate and up weights as one [8 dim, dim] parameter, and the way down. */
export function mlpWeights(init: Initialization, prefix: string, dim: number): Packed[] {
  const up = (name: string) => init.weight(`${prefix}.${name}.weight`, [4 * dim, dim]);
  return [
    stacked(`${prefix}.gate_up`, ['gate_proj', 'up_proj'].map(up)),
    single(init.weight(`${prefix}.down_proj.weight`, [dim, 4 * dim])),
  ];
}

/** x + ATT(RMS(x)): attention of all tokens of [B, T, dim] to each other. */
export function attend(weights: Weights, x: Tensor, norm: string, attention: string, heads: number): Tensor {
  const normed = rmsNorm(x, weights(norm));
  const attended = selfAttention(linear(normed, weights(`${attention}.wqkv`)), heads);
  return linear(attended, weights(`${attention}.wo.weight`), { residual: x });
}

/** x + MLP(RMS(x)), the gated feed-forward layer. */
export function feedForward(weights: Weights, x: Tensor, norm: string, mlp: string): Tensor {
  const gated = swiglu(linear(rmsNorm(x, weights(norm)), weights(`${mlp}.gate_up`)));
  return linear(gated, weights(`${mlp}.down_proj.weight`), { residual: x });
}
