import { lax, nn, numpy as np } from '@jax-js/jax';
import type { AdamWStep } from './adamw-case.ts';

// The layers of SPOTR as users of jax-js write them, to be compiled by `jit`. Every function takes ownership of its
// arguments, as the library's own do: `.ref` is written where a value is used once more.

type Array = np.Array;

/** x W^T + bias; `x` [.., in], `weight` [out, in]. */
export function linear(x: Array, weight: Array, bias?: Array): Array {
  const product = np.matmul(x, weight.transpose());
  return bias ? product.add(bias) : product;
}

/** The tanh form. */
export const gelu = (x: Array): Array => nn.gelu(x, { approximate: true });

/** Over `axis`; `weight` is broadcast from the end. */
export function rmsNorm(x: Array, weight: Array, eps = 1e-6): Array {
  const meanSquare = np.square(x.ref).mean(-1, { keepdims: true });
  return x.div(np.sqrt(meanSquare.add(eps))).mul(weight);
}

/** Over `axis`; `weight` and `bias` are broadcast from the end. */
export function layerNorm(x: Array, weight: Array, bias: Array, eps = 1e-6, axis = -1): Array {
  const centred = x.ref.sub(x.mean(axis, { keepdims: true }));
  const variance = np.square(centred.ref).mean(axis, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(eps)))
    .mul(weight)
    .add(bias);
}

/** [B, T, D] to [B, heads, T, D / heads]. */
function byHead(x: Array, heads: number): Array {
  const [batch = 1, tokens = 1, width = 1] = x.shape;
  return x.reshape([batch, tokens, heads, width / heads]).transpose([0, 2, 1, 3]);
}

// What `nn.dotProductAttention` does, which does not run in Node 20: it needs iterator helpers.
function probabilities(q: Array, k: Array, heads: number): Array {
  const scale = 1 / Math.sqrt((q.shape[2] ?? 1) / heads);
  const scores = np.matmul(byHead(q, heads), np.matrixTranspose(byHead(k, heads)));
  return nn.softmax(scores.mul(scale), -1);
}

/** `q` [B, M, D], `k` and `v` [B, N, D]; the result is [B, M, D]. */
export function attention(q: Array, k: Array, v: Array, heads: number): Array {
  const shape = q.shape;
  const attended = np.matmul(probabilities(q, k, heads), byHead(v, heads));
  return attended.transpose([0, 2, 1, 3]).reshape(shape);
}

/** Mean of `attention` over its queries, [B, D]: the mean is taken of the probabilities, since it commutes with v. */
export function pooledAttention(q: Array, k: Array, v: Array, heads: number): Array {
  const [batch = 1, , width = 1] = q.shape;
  const pooled = probabilities(q, k, heads).mean(2, { keepdims: true });
  return np.matmul(pooled, byHead(v, heads)).reshape([batch, width]);
}

/** z-score of each channel with the unbiased deviation, then zeros up to a multiple of `multiple` samples. */
export function zscorePad(x: Array, multiple: number, eps: number): Array {
  const samples = x.shape[2] ?? 1;
  const centred = x.ref.sub(x.mean(2, { keepdims: true }));
  const deviation = np.sqrt(
    np
      .square(centred.ref)
      .sum(2, { keepdims: true })
      .mul(1 / (samples - 1)),
  );
  const scored = centred.div(deviation.add(eps));
  const zeros = multiple * Math.ceil(samples / multiple) - samples;
  return zeros === 0 ? scored : np.pad(scored, { 2: [0, zeros] });
}

/** `signal` [B, C, L], `weight` [F, 1, 1, taps]: [B, F, C, L], convolved along time, normalised over F, GELU. */
export function stem(signal: Array, weight: Array, gamma: Array, beta: Array, eps = 1e-6): Array {
  const [batch = 1, channels = 1, samples = 1] = signal.shape;
  const [features = 1, , , taps = 1] = weight.shape;
  const half = (taps - 1) / 2;
  const grid = signal.reshape([batch, 1, channels, samples]);
  const hidden = lax.convGeneralDilated(
    grid,
    weight,
    [1, 1],
    [
      [0, 0],
      [half, half],
    ],
  );
  const perFeature = [features, 1, 1];
  return gelu(layerNorm(hidden, gamma.reshape(perFeature), beta.reshape(perFeature), eps, 1));
}

/** What AdamW makes of one tensor: its new values and running means. `factor` scales the gradient. */
export function adamw(
  [w, g, m, v]: readonly [Array, Array, Array, Array],
  factor: Array,
  { rate, root, decay }: Record<keyof AdamWStep, Array | number>,
): [Array, Array, Array] {
  const clipped = g.mul(factor);
  const mean = m.mul(0.9).add(clipped.ref.mul(0.1));
  const square = v.mul(0.999).add(np.square(clipped).mul(0.001));
  const step = mean.ref.div(np.sqrt(square.ref).div(root).add(1e-8)).mul(rate);
  return [w.ref.sub(w.mul(decay)).sub(step), mean, square];
}

/** min(1, limit / (norm + 1e-6)) from the sum of the squares of all gradients. */
export const clipFactor = (squares: Array, limit: number): Array =>
  np.minimum(np.array(limit).div(np.sqrt(squares).add(1e-6)), 1);
