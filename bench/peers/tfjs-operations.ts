import * as tf from '@tensorflow/tfjs-core';
import type { AdamWAttributes } from '../suite/adamw-reference.ts';
import { adamwStep } from './adamw-case.ts';
import type { Formulations } from './formulation.ts';
import { asItIs, parted, permuted } from './layout.ts';
import {
  adamw,
  attention,
  clipFactor,
  gelu,
  layerNorm,
  linear,
  pooledAttention,
  rmsNorm,
  silu,
  stem,
  zscorePad,
} from './tfjs-layers.ts';

type Tensor = tf.Tensor;
type Compute = (...inputs: Tensor[]) => Tensor;

/** Operations without attributes, or whose attributes do not change the call. */
const plain = (compute: Compute) => () => ({ compute });

const heads = (attributes: unknown) => (attributes as { heads: number }).heads;
const reduction =
  (reduce: typeof tf.sum) =>
  ({ attributes }: { attributes: unknown }) => {
    const { axes, keepDims } = attributes as { axes: number[]; keepDims: boolean };
    return { compute: (x: Tensor) => reduce(x, axes, keepDims) };
  };

/** Our registered operations in TensorFlow.js. */
export const operations: Formulations<Tensor> = {
  linear: ({ attributes }) => {
    const { bias, residual } = attributes as { bias: boolean; residual: boolean };
    return {
      compute: (x, w, ...rest) => {
        const product = linear(x as Tensor, w as Tensor, bias ? rest[0] : undefined);
        return residual ? tf.add(product, rest.at(-1) as Tensor) : product;
      },
    };
  },
  matmul: ({ attributes }) => {
    const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
    return {
      compute: (a, b) => {
        const [left, right] = [a as Tensor, b as Tensor];
        if (left.rank === right.rank) return tf.matMul(left, right, transposeA, transposeB);
        // One matrix for a whole batch: its gradient is right only where the batch is rows of one matrix.
        const product = tf.matMul(
          tf.reshape(left, [-1, left.shape.at(-1) as number]),
          right,
          false,
          transposeB,
        );
        return tf.reshape(product, [...left.shape.slice(0, -1), product.shape[1] as number]);
      },
    };
  },
  stem: ({ shapes: [signal = [], weight = []], attributes }) => {
    const { patch, eps } = attributes as { patch: number; eps: number };
    const [batch = 1, channels = 1, samples = 1] = signal;
    const [features = 1, , , taps = 1] = weight;
    return {
      compute: (x, w, gamma, beta) => stem(x as Tensor, w as Tensor, gamma as Tensor, beta as Tensor, eps),
      inputs: [asItIs, permuted([features, 1, 1, taps], [1, 3, 2, 0])],
      output: gridOfPatches([batch, channels, samples, features], patch),
    };
  },
  layerNorm: ({ attributes }) => {
    const { eps, activation } = attributes as { eps: number; activation: string };
    const norm: Compute = (x, w, b) => layerNorm(x as Tensor, w as Tensor, b as Tensor, eps);
    return { compute: activation === 'gelu' ? (...inputs) => gelu(norm(...inputs)) : norm };
  },
  rmsNorm: ({ attributes }) => ({
    compute: (x, w) => rmsNorm(x as Tensor, w as Tensor, (attributes as { eps: number }).eps),
  }),
  swiglu: plain((x) => {
    const [gate, up] = tf.split(x as Tensor, 2, -1);
    return tf.mul(silu(gate as Tensor), up as Tensor);
  }),
  selfAttention: ({ shapes: [qkv = []], attributes }) => ({
    compute: (q, k, v) => attention(q as Tensor, k as Tensor, v as Tensor, heads(attributes)),
    inputs: [parted(qkv, 3)],
  }),
  crossAttention: ({ shapes: [q = [], kv = []], attributes }) => ({
    compute: (queries, k, v) => {
      const batch = (k as Tensor).shape[0] as number;
      const all = tf.broadcastTo(queries as Tensor, [batch, ...q.slice(1)]);
      return attention(
        batch === q[0] ? (queries as Tensor) : all,
        k as Tensor,
        v as Tensor,
        heads(attributes),
      );
    },
    inputs: [asItIs, parted(kv, 2)],
  }),
  attentionPool: ({ shapes: [qkv = []], attributes }) => {
    const [batch = 1, channels = 1, times = 1, columns = 1] = qkv;
    const alongTime = (attributes as { axis: string }).axis === 'time';
    const [count, length] = alongTime ? [channels, times] : [times, channels];
    const sequences = (x: Tensor) =>
      tf.reshape(alongTime ? x : tf.transpose(x, [0, 2, 1, 3]), [batch * count, length, columns / 3]);
    return {
      compute: (q, k, v) => {
        const [a, b, c] = [q, k, v].map((x) => sequences(x as Tensor)) as [Tensor, Tensor, Tensor];
        return tf.reshape(pooledAttention(a, b, c, heads(attributes)), [batch, count, columns / 3]);
      },
      inputs: [parted(qkv, 3)],
    };
  },
  zscorePad: ({ attributes }) => {
    const { multiple, eps } = attributes as { multiple: number; eps: number };
    return { compute: (x) => zscorePad(x as Tensor, multiple, eps) };
  },
  mse: plain((a, b) => tf.mean(tf.squaredDifference(a as Tensor, b as Tensor))),
  crossEntropy: ({ shapes: [logits = []] }) => ({
    compute: (x, labels) =>
      tf.losses.softmaxCrossEntropy(tf.oneHot(labels as tf.Tensor1D, logits[1] ?? 1), x as Tensor),
  }),
  sum: reduction(tf.sum),
  mean: reduction(tf.mean),
  broadcastTo: ({ attributes }) => ({
    compute: (x) => tf.broadcastTo(x as Tensor, (attributes as { shape: number[] }).shape),
  }),
  concat: ({ attributes }) => ({
    compute: (...inputs) => tf.concat(inputs, (attributes as { axis: number }).axis),
  }),
  slice: ({ attributes }) => {
    const { ranges } = attributes as { ranges: [number, number][] };
    const begin = ranges.map(([start]) => start);
    const size = ranges.map(([start, end]) => end - start);
    return { compute: (x) => tf.slice(x as Tensor, begin, size) };
  },
  adamw: ({ attributes }) => {
    const { clip } = attributes as AdamWAttributes;
    const step = adamwStep(attributes as AdamWAttributes, 1);
    return {
      compute: (...inputs) => {
        const factor = clipFactor(tf.sum(tf.square(inputs[1] as Tensor)), clip);
        return adamw(inputs as [Tensor, Tensor, Tensor, Tensor], factor, step);
      },
    };
  },
  neg: plain((x) => tf.neg(x as Tensor)),
  exp: plain((x) => tf.exp(x as Tensor)),
  log: plain((x) => tf.log(x as Tensor)),
  sqrt: plain((x) => tf.sqrt(x as Tensor)),
  square: plain((x) => tf.square(x as Tensor)),
  tanh: plain((x) => tf.tanh(x as Tensor)),
  sigmoid: plain((x) => tf.sigmoid(x as Tensor)),
  relu: plain((x) => tf.relu(x as Tensor)),
  gelu: plain((x) => gelu(x as Tensor)),
  silu: plain((x) => silu(x as Tensor)),
  scale: ({ attributes }) => ({ compute: (x) => tf.mul(x as Tensor, (attributes as { s: number }).s) }),
  addScalar: ({ attributes }) => ({ compute: (x) => tf.add(x as Tensor, (attributes as { s: number }).s) }),
  add: plain((a, b) => tf.add(a as Tensor, b as Tensor)),
  sub: plain((a, b) => tf.sub(a as Tensor, b as Tensor)),
  mul: plain((a, b) => tf.mul(a as Tensor, b as Tensor)),
  div: plain((a, b) => tf.div(a as Tensor, b as Tensor)),
};

/** Ours is [B, C, L / patch, F patch], feature after feature of a patch; theirs [B, C, L, F]. */
function gridOfPatches(
  [batch = 1, channels = 1, samples = 1, features = 1]: readonly number[],
  patch: number,
) {
  const rows = permuted([batch * channels * (samples / patch), features, patch], [0, 2, 1]);
  const shape = [batch, channels, samples, features];
  return {
    to: (values: Parameters<typeof rows.to>[0]) => rows.to(values).map(({ data }) => ({ data, shape })),
    from: rows.from,
  };
}
