import {
  checkpoint,
  linear,
  type Parameter,
  rmsNorm,
  selfAttention,
  swiglu,
  type Tensor,
} from '../engine/index.ts';
import { type Packed, single, stacked } from './state.ts';
import type { Initialization } from './weights.ts';

/** A module's parameters by key. */
export type Weights = (key: string) => Parameter;

/** Runs a part of the model, `again` in the backward pass instead of keeping what it makes. */
export function part(
  again: boolean,
  work: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
): Tensor {
  return again ? checkpoint(work, inputs) : work(...inputs);
}

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

/** ATT(x): attention of all tokens of [B, T, dim] to each other; `residual` of the same shape is added. */
export function attention(
  weights: Weights,
  x: Tensor,
  prefix: string,
  heads: number,
  residual?: Tensor,
): Tensor {
  const attended = selfAttention(linear(x, weights(`${prefix}.wqkv`)), heads);
  return linear(attended, weights(`${prefix}.wo.weight`), residual ? { residual } : {});
}

/** MLP(x), the gated feed-forward layer; `residual` of the same shape is added. */
export function gatedMlp(weights: Weights, x: Tensor, prefix: string, residual?: Tensor): Tensor {
  const gated = swiglu(linear(x, weights(`${prefix}.gate_up`)));
  return linear(gated, weights(`${prefix}.down_proj.weight`), residual ? { residual } : {});
}

/** x + ATT(RMS(x)). */
export function attend(weights: Weights, x: Tensor, norm: string, prefix: string, heads: number): Tensor {
  return attention(weights, rmsNorm(x, weights(norm)), prefix, heads, x);
}

/** x + MLP(RMS(x)). */
export function feedForward(weights: Weights, x: Tensor, norm: string, prefix: string): Tensor {
  return gatedMlp(weights, rmsNorm(x, weights(norm)), prefix, x);
}
