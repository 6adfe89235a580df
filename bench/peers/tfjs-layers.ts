import * as tf from '@tensorflow/tfjs-core';
import type { AdamWStep } from './adamw-case.ts';

// The layers of SPOTR as users of TensorFlow.js write them: products with transposed weights in one fused operation,
// convolutions over channel-last grids, and the rest from elementwise operations and reductions.

type Tensor = tf.Tensor;

/** From here on its heuristics may split a product along the inner extent, and the values of that variant are wrong. */
const LONG = 2000;
const PACKED = 3;

/** With the variant of the product that tiles its result, instead of the one that the heuristics choose. */
function packed<T>(work: () => T): T {
  tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', PACKED);
  try {
    return work();
  } finally {
    tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', -1);
  }
}

/** x W^T + bias; `x` [.., in], `weight` [out, in]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const inner = x.shape.at(-1) as number;
  const rows = x.rank === 2 ? x : tf.reshape(x, [-1, inner]);
  const multiply = () =>
    tf.fused.matMul({
      a: rows as tf.Tensor2D,
      b: weight as tf.Tensor2D,
      transposeB: true,
      ...(bias && { bias }),
    });
  const product = inner < LONG ? multiply() : packed(multiply);
  return x.rank === 2 ? product : tf.reshape(product, [...x.shape.slice(0, -1), weight.shape[0] as number]);
}

/** The tanh form. */
export function gelu(x: Tensor): Tensor {
  const inner = tf.mul(
    x,
    tf.add(tf.mul(tf.square(x), 0.044715 * Math.sqrt(2 / Math.PI)), Math.sqrt(2 / Math.PI)),
  );
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

export const silu = (x: Tensor): Tensor => tf.mul(x, tf.sigmoid(x));

/** Over the last axis. */
export function rmsNorm(x: Tensor, weight: Tensor, eps = 1e-6): Tensor {
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps));
  return tf.mul(tf.mul(x, scale), weight);
}

/** Over the last axis. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps = 1e-6): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, eps))), weight), bias);
}

/** [B, T, D] to [B, heads, T, D / heads]. */
function byHead(x: Tensor, heads: number): Tensor {
  const [batch = 1, tokens = 1, width = 1] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

function probabilities(q: Tensor, k: Tensor, heads: number): Tensor {
  const scale = 1 / Math.sqrt((q.shape.at(-1) as number) / heads);
  return tf.softmax(tf.matMul(tf.mul(byHead(q, heads), scale), byHead(k, heads), false, true));
}

/** `q` [B, M, D], `k` and `v` [B, N, D]; the result is [B, M, D]. */
export function attention(q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor {
  const attended = tf.matMul(probabilities(q, k, heads), byHead(v, heads));
  return tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), q.shape as [number, number, number]);
}

/** Mean of `attention` over its queries, [B, D]: the mean is taken of the probabilities, since it commutes with v. */
export function pooledAttention(q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor {
  const pooled = tf.mean(probabilities(q, k, heads), 2, true);
  return tf.reshape(tf.matMul(pooled, byHead(v, heads)), [q.shape[0] as number, q.shape[2] as number]);
}

/** z-score of each channel with the unbiased deviation, then zeros up to a multiple of `multiple` samples. */
export function zscorePad(x: Tensor, multiple: number, eps: number): Tensor {
  const samples = x.shape[2] as number;
  const centred = tf.sub(x, tf.mean(x, 2, true));
  const deviation = tf.sqrt(tf.mul(tf.sum(tf.square(centred), 2, true), 1 / (samples - 1)));
  const scored = tf.div(centred, tf.add(deviation, eps));
  const zeros = multiple * Math.ceil(samples / multiple) - samples;
  return zeros === 0
    ? scored
    : tf.pad(scored, [
        [0, 0],
        [0, 0],
        [0, zeros],
      ]);
}

/** `signal` [B, C, L], `weight` [1, taps, 1, F]: [B, C, L, F], convolved along time, normalised over F, GELU. */
export function stem(signal: Tensor, weight: Tensor, gamma: Tensor, beta: Tensor, eps = 1e-6): Tensor {
  const grid = tf.expandDims(signal, -1) as tf.Tensor4D;
  return gelu(layerNorm(tf.conv2d(grid, weight as tf.Tensor4D, 1, 'same'), gamma, beta, eps));
}

/** What AdamW makes of one tensor: its new values and running means. `factor` scales the gradient. */
export function adamw(
  [w, g, m, v]: readonly [Tensor, Tensor, Tensor, Tensor],
  factor: Tensor,
  { rate, root, decay }: AdamWStep,
): [Tensor, Tensor, Tensor] {
  const clipped = tf.mul(g, factor);
  const mean = tf.add(tf.mul(m, 0.9), tf.mul(clipped, 0.1));
  const square = tf.add(tf.mul(v, 0.999), tf.mul(tf.square(clipped), 0.001));
  const step = tf.div(mean, tf.add(tf.mul(tf.sqrt(square), 1 / root), 1e-8));
  return [tf.sub(tf.mul(w, 1 - decay), tf.mul(step, rate)), mean, square];
}

/** min(1, limit / (norm + 1e-6)) from the sum of the squares of all gradients. */
export const clipFactor = (squares: Tensor, limit: number): Tensor =>
  tf.minimum(tf.div(limit, tf.add(tf.sqrt(squares), 1e-6)), 1);
