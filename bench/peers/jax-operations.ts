import { nn, numpy as np } from '@jax-js/jax';
import type { AdamWAttributes } from '../suite/adamw-reference.ts';
import { adamwStep } from './adamw-case.ts';
import type { Formulations } from './formulation.ts';
import {
  adamw,
  attention,
  clipFactor,
  gelu,
  layerNorm,
  linear,
  pooledAttention,
  rmsNorm,
  stem,
  zscorePad,
} from './jax-layers.ts';
import { asItIs, parted, permuted } from './layout.ts';

type Array = np.Array;
type Compute = (...inputs: Array[]) => Array;

/** Operations without attributes. */
const plain = (compute: Compute) => () => ({ compute });

const heads = (attributes: unknown) => (attributes as { heads: number }).heads;
const reduction =
  (reduce: typeof np.sum) =>
  ({ attributes }: { attributes: unknown }) => {
    const { axes, keepDims } = attributes as { axes: number[]; keepDims: boolean };
    return { compute: (x: Array) => reduce(x, axes, { keepdims: keepDims }) };
  };

/** Our registered operations in jax-js. */
export const operations: Formulations<Array> = {
  linear: ({ attributes }) => {
    const { bias, residual } = attributes as { bias: boolean; residual: boolean };
    return {
      compute: (x, w, ...rest) => {
        const product = linear(x as Array, w as Array, bias ? rest[0] : undefined);
        return residual ? product.add(rest.at(-1) as Array) : product;
      },
    };
  },
  matmul: ({ attributes }) => {
    const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
    const stored = (x: Array, transposed: boolean) => (transposed ? np.matrixTranspose(x) : x);
    return { compute: (a, b) => np.matmul(stored(a as Array, transposeA), stored(b as Array, transposeB)) };
  },
  stem: ({ shapes: [signal = [], weight = []], attributes }) => {
    const { patch, eps } = attributes as { patch: number; eps: number };
    const [batch = 1, channels = 1, samples = 1] = signal;
    const features = weight[0] ?? 1;
    const rows = permuted([batch, channels, samples / patch, features, patch], [0, 3, 1, 2, 4]);
    const shape = [batch, features, channels, samples];
    return {
      compute: (x, w, gamma, beta) => stem(x as Array, w as Array, gamma as Array, beta as Array, eps),
      output: { to: (values) => rows.to(values).map(({ data }) => ({ data, shape })), from: rows.from },
    };
  },
  layerNorm: ({ attributes }) => {
    const { eps, activation } = attributes as { eps: number; activation: string };
    const norm: Compute = (x, w, b) => layerNorm(x as Array, w as Array, b as Array, eps);
    return { compute: activation === 'gelu' ? (...inputs) => gelu(norm(...inputs)) : norm };
  },
  rmsNorm: ({ attributes }) => ({
    compute: (x, w) => rmsNorm(x as Array, w as Array, (attributes as { eps: number }).eps),
  }),
  swiglu: plain((x) => {
    const [gate, up] = np.split(x as Array, 2, -1);
    return nn.silu(gate as Array).mul(up as Array);
  }),
  selfAttention: ({ shapes: [qkv = []], attributes }) => ({
    compute: (q, k, v) => attention(q as Array, k as Array, v as Array, heads(attributes)),
    inputs: [parted(qkv, 3)],
  }),
  crossAttention: ({ shapes: [q = [], kv = []], attributes }) => ({
    compute: (queries, k, v) => {
      const all = np.broadcastTo(queries as Array, [kv[0] ?? 1, ...q.slice(1)]);
      return attention(all, k as Array, v as Array, heads(attributes));
    },
    inputs: [asItIs, parted(kv, 2)],
  }),
  attentionPool: ({ shapes: [qkv = []], attributes }) => {
    const [batch = 1, channels = 1, times = 1, columns = 1] = qkv;
    const alongTime = (attributes as { axis: string }).axis === 'time';
    const [count, length] = alongTime ? [channels, times] : [times, channels];
    const sequences = (x: Array) =>
      (alongTime ? x : x.transpose([0, 2, 1, 3])).reshape([batch * count, length, columns / 3]);
    return {
      compute: (q, k, v) => {
        const [a, b, c] = [q, k, v].map((x) => sequences(x as Array)) as [Array, Array, Array];
        return pooledAttention(a, b, c, heads(attributes)).reshape([batch, count, columns / 3]);
      },
      inputs: [parted(qkv, 3)],
    };
  },
  zscorePad: ({ attributes }) => {
    const { multiple, eps } = attributes as { multiple: number; eps: number };
    return { compute: (x) => zscorePad(x as Array, multiple, eps) };
  },
  mse: plain((a, b) => np.square((a as Array).sub(b as Array)).mean()),
  crossEntropy: ({ shapes: [logits = []] }) => ({
    compute: (x, labels) => {
      const [rows = 1, classes = 1] = logits;
      const chosen = nn.logSoftmax(x as Array, -1).mul(nn.oneHot(labels as Array, classes));
      return chosen.sum().mul(-1 / rows);
    },
  }),
  sum: reduction(np.sum),
  mean: reduction(np.mean),
  broadcastTo: ({ attributes }) => ({
    compute: (x) => np.broadcastTo(x as Array, (attributes as { shape: number[] }).shape),
  }),
  concat: ({ attributes }) => ({
    compute: (...inputs) => np.concatenate(inputs, (attributes as { axis: number }).axis),
  }),
  slice: ({ attributes }) => {
    const { ranges } = attributes as { ranges: [number, number][] };
    return { compute: (x) => (x as Array).slice(...ranges) };
  },
  adamw: ({ attributes }) => {
    const { clip } = attributes as AdamWAttributes;
    const step = adamwStep(attributes as AdamWAttributes, 1);
    return {
      compute: (w, g, m, v) => {
        const factor = clipFactor(np.square((g as Array).ref).sum(), clip);
        return adamw([w, g, m, v] as [Array, Array, Array, Array], factor, step);
      },
    };
  },
  neg: plain((x) => np.negative(x as Array)),
  exp: plain((x) => np.exp(x as Array)),
  log: plain((x) => np.log(x as Array)),
  sqrt: plain((x) => np.sqrt(x as Array)),
  square: plain((x) => np.square(x as Array)),
  tanh: plain((x) => np.tanh(x as Array)),
  sigmoid: plain((x) => nn.sigmoid(x as Array)),
  relu: plain((x) => nn.relu(x as Array)),
  gelu: plain((x) => gelu(x as Array)),
  silu: plain((x) => nn.silu(x as Array)),
  scale: ({ attributes }) => ({ compute: (x) => (x as Array).mul((attributes as { s: number }).s) }),
  addScalar: ({ attributes }) => ({ compute: (x) => (x as Array).add((attributes as { s: number }).s) }),
  add: plain((a, b) => (a as Array).add(b as Array)),
  sub: plain((a, b) => (a as Array).sub(b as Array)),
  mul: plain((a, b) => (a as Array).mul(b as Array)),
  div: plain((a, b) => (a as Array).div(b as Array)),
};
