import type { AdamWAttributes } from '../suite/adamw-reference.ts';
import { adamwStep } from './adamw-case.ts';
import type { Formulations } from './formulation.ts';
import { asItIs, parted, permuted, reshaped } from './layout.ts';
import type { OnnxGraph } from './onnx-graph.ts';

const heads = (attributes: unknown) => (attributes as { heads: number }).heads;

/** onnxruntime's own operators; FastGelu is the tanh form, QuickGelu with alpha 1 is SiLU. */
const FUSED = 'com.microsoft';

/** Our registered operations as ONNX graphs; a name stands for a value. */
export function operations(graph: OnnxGraph): Formulations<string> {
  const node = graph.node.bind(graph);
  const unary = (op: string, domain?: string) => () => ({
    compute: (x: string) => node(op, [x], {}, domain),
  });
  const binary = (op: string) => () => ({ compute: (a: string, b: string) => node(op, [a, b]) });
  const silu = (x: string) => node('QuickGelu', [x], { alpha: { float: 1 } }, FUSED);
  const gelu = (x: string) => node('FastGelu', [x], {}, FUSED);
  const attention = (q: string, k: string, v: string, num_heads: number) =>
    node('MultiHeadAttention', [q, k, v], { num_heads }, FUSED);
  /**
   * The same spelled out, of queries [batch, n, columns] and keys [batch, m, columns]: of a lone sequence MultiHeadAttention
   * (1.30) gives wrong values where subgroups have 4 invocations.
   */
  const spelledOut = (
    [q, k, v]: readonly [string, string, string],
    [batch, n, m, columns]: readonly [number, number, number, number],
    count: number,
  ) => {
    const headsOf = (x: string, rows: number, perm: number[]) =>
      node('Transpose', [node('Reshape', [x, graph.ints([batch, rows, count, columns / count])])], { perm });
    const scores = node('MatMul', [headsOf(q, n, [0, 2, 1, 3]), headsOf(k, m, [0, 2, 3, 1])]);
    const scaled = node('Mul', [scores, graph.float(1 / Math.sqrt(columns / count))]);
    const attended = node('MatMul', [node('Softmax', [scaled], { axis: -1 }), headsOf(v, m, [0, 2, 1, 3])]);
    const joined = node('Transpose', [attended], { perm: [0, 2, 1, 3] });
    return node('Reshape', [joined, graph.ints([batch, n, columns])]);
  };
  const layerNorm = (x: string, w: string, b: string, eps: number) =>
    node('LayerNormalization', [x, w, b], { axis: -1, epsilon: { float: eps } });
  const reduce = (op: string, x: string, axes: readonly number[], keepDims: boolean) =>
    axes.length === 0
      ? node('Identity', [x])
      : node(op, [x, graph.ints(axes)], { keepdims: Number(keepDims) });
  const reduction =
    (op: string) =>
    ({ attributes }: { attributes: unknown }) => {
      const { axes, keepDims } = attributes as { axes: number[]; keepDims: boolean };
      return { compute: (x: string) => reduce(op, x, axes, keepDims) };
    };
  const expand = (x: string, shape: readonly number[]) => node('Expand', [x, graph.ints(shape)]);

  return {
    // Models are exported with their weights as the second factor of a product.
    linear: ({ shapes: [, weight = []], attributes }) => {
      const { bias, residual } = attributes as { bias: boolean; residual: boolean };
      return {
        compute: (x = '', w = '', ...rest) => {
          const product = node('MatMul', [x, w]);
          const shifted = bias ? node('Add', [product, rest[0] ?? '']) : product;
          return residual ? node('Add', [shifted, rest.at(-1) ?? '']) : shifted;
        },
        inputs: [asItIs, permuted(weight, [1, 0])],
      };
    },
    matmul: ({ shapes, attributes }) => {
      const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
      // Its product of transposed factors (FusedMatMul) has no WebGPU kernel.
      const stored = (shape: readonly number[] = [], transposed: boolean) => {
        const axes = shape.map((_, axis) => axis);
        return transposed
          ? permuted(shape, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
          : asItIs;
      };
      return {
        compute: (a = '', b = '') => node('MatMul', [a, b]),
        inputs: [stored(shapes[0], transposeA), stored(shapes[1], transposeB)],
      };
    },
    stem: ({ shapes: [signal = [], weight = []], attributes }) => {
      const { patch, eps } = attributes as { patch: number; eps: number };
      const [batch = 1, channels = 1, samples = 1] = signal;
      const [features = 1, , , taps = 1] = weight;
      const half = (taps - 1) / 2;
      const rows = permuted([batch * channels * (samples / patch), features, patch], [0, 2, 1]);
      const shape = [batch, channels, samples, features];
      return {
        compute: (x = '', w = '', gamma = '', beta = '') => {
          const hidden = node('Conv', [x, w], { kernel_shape: [1, taps], pads: [0, half, 0, half] });
          const last = node('Transpose', [hidden], { perm: [0, 2, 3, 1] });
          return gelu(layerNorm(last, gamma, beta, eps));
        },
        inputs: [reshaped([batch, 1, channels, samples])],
        output: { to: (values) => rows.to(values).map(({ data }) => ({ data, shape })), from: rows.from },
      };
    },
    layerNorm: ({ attributes }) => {
      const { eps, activation } = attributes as { eps: number; activation: string };
      return {
        compute: (x = '', w = '', b = '') => {
          const normed = layerNorm(x, w, b, eps);
          return activation === 'gelu' ? gelu(normed) : normed;
        },
      };
    },
    rmsNorm: ({ attributes }) => {
      const epsilon = { float: (attributes as { eps: number }).eps };
      return {
        compute: (x = '', w = '') => node('SimplifiedLayerNormalization', [x, w], { axis: -1, epsilon }),
      };
    },
    swiglu: () => ({
      compute: (x = '') => {
        const [gate = '', up = ''] = graph.nodes('Split', [x], 2, { axis: -1, num_outputs: 2 });
        return node('Mul', [silu(gate), up]);
      },
    }),
    selfAttention: ({ shapes: [qkv = []], attributes }) => ({
      compute: (q = '', k = '', v = '') => {
        const [batch = 1, n = 1, columns = 3] = qkv;
        return spelledOut([q, k, v], [batch, n, n, columns / 3], heads(attributes));
      },
      inputs: [parted(qkv, 3)],
    }),
    crossAttention: ({ shapes: [q = [], kv = []], attributes }) => ({
      compute: (queries = '', k = '', v = '') => {
        const all = q[0] === kv[0] ? queries : expand(queries, [kv[0] ?? 1, ...q.slice(1)]);
        const [batch = 1, m = 1, columns = 2] = kv;
        return spelledOut([all, k, v], [batch, q[1] ?? 1, m, columns / 2], heads(attributes));
      },
      inputs: [asItIs, parted(kv, 2)],
    }),
    attentionPool: ({ shapes: [qkv = []], attributes }) => {
      const [batch = 1, channels = 1, times = 1, columns = 1] = qkv;
      const alongTime = (attributes as { axis: string }).axis === 'time';
      const [count, length] = alongTime ? [channels, times] : [times, channels];
      const sequences = (x: string) =>
        node('Reshape', [
          alongTime ? x : node('Transpose', [x], { perm: [0, 2, 1, 3] }),
          graph.ints([batch * count, length, columns / 3]),
        ]);
      return {
        compute: (q = '', k = '', v = '') => {
          const attended = attention(sequences(q), sequences(k), sequences(v), heads(attributes));
          return node('Reshape', [
            reduce('ReduceMean', attended, [1], false),
            graph.ints([batch, count, columns / 3]),
          ]);
        },
        inputs: [parted(qkv, 3)],
      };
    },
    zscorePad: ({ shapes: [signal = []], attributes }) => {
      const samples = signal[2] ?? 1;
      const { multiple, eps } = attributes as { multiple: number; eps: number };
      const zeros = multiple * Math.ceil(samples / multiple) - samples;
      return {
        compute: (x = '') => {
          const centred = node('Sub', [x, reduce('ReduceMean', x, [2], true)]);
          const squares = reduce('ReduceSumSquare', centred, [2], true);
          const deviation = node('Sqrt', [node('Mul', [squares, graph.float(1 / (samples - 1))])]);
          const scored = node('Div', [centred, node('Add', [deviation, graph.float(eps)])]);
          return zeros === 0 ? scored : node('Pad', [scored, graph.ints([0, 0, 0, 0, 0, zeros])]);
        },
      };
    },
    mse: ({ shapes: [prediction = []] }) => ({
      compute: (a = '', b = '') => {
        const difference = node('Sub', [a, b]);
        const every = prediction.map((_, axis) => axis);
        return reduce('ReduceMean', node('Mul', [difference, difference]), every, false);
      },
    }),
    crossEntropy: () => ({
      compute: (logits = '', labels = '') => {
        const logs = node('LogSoftmax', [logits], { axis: -1 });
        const chosen = node('GatherElements', [logs, node('Unsqueeze', [labels, graph.ints([1])])], {
          axis: 1,
        });
        return node('Neg', [reduce('ReduceMean', chosen, [0, 1], false)]);
      },
    }),
    sum: reduction('ReduceSum'),
    mean: reduction('ReduceMean'),
    broadcastTo: ({ attributes }) => ({
      compute: (x = '') => expand(x, (attributes as { shape: number[] }).shape),
    }),
    concat: ({ attributes }) => ({
      compute: (...inputs) => node('Concat', inputs, { axis: (attributes as { axis: number }).axis }),
    }),
    slice: ({ attributes }) => {
      const { ranges } = attributes as { ranges: [number, number][] };
      const starts = ranges.map(([start]) => start);
      const ends = ranges.map(([, end]) => end);
      const axes = ranges.map((_, axis) => axis);
      return {
        compute: (x = '') => node('Slice', [x, graph.ints(starts), graph.ints(ends), graph.ints(axes)]),
      };
    },
    adamw: ({ attributes }) => {
      const { clip } = attributes as AdamWAttributes;
      const { rate, root, decay } = adamwStep(attributes as AdamWAttributes, 1);
      const scale = (x: string, s: number) => node('Mul', [x, graph.float(s)]);
      return {
        compute: (w = '', g = '', m = '', v = '') => {
          const norm = node('Sqrt', [reduce('ReduceSumSquare', g, [0], true)]);
          const limited = node('Div', [graph.float(clip), node('Add', [norm, graph.float(1e-6)])]);
          const clipped = node('Mul', [g, node('Min', [limited, graph.float(1)])]);
          const mean = node('Add', [scale(m, 0.9), scale(clipped, 0.1)]);
          const square = node('Add', [scale(v, 0.999), scale(node('Mul', [clipped, clipped]), 0.001)]);
          const under = node('Add', [scale(node('Sqrt', [square]), 1 / root), graph.float(1e-8)]);
          return [node('Sub', [scale(w, 1 - decay), scale(node('Div', [mean, under]), rate)]), mean, square];
        },
      };
    },
    neg: unary('Neg'),
    exp: unary('Exp'),
    log: unary('Log'),
    sqrt: unary('Sqrt'),
    square: () => ({ compute: (x = '') => node('Mul', [x, x]) }),
    tanh: unary('Tanh'),
    sigmoid: unary('Sigmoid'),
    relu: unary('Relu'),
    gelu: () => ({ compute: gelu }),
    silu: () => ({ compute: silu }),
    scale: ({ attributes }) => ({
      compute: (x = '') => node('Mul', [x, graph.float((attributes as { s: number }).s)]),
    }),
    addScalar: ({ attributes }) => ({
      compute: (x = '') => node('Add', [x, graph.float((attributes as { s: number }).s)]),
    }),
    add: binary('Add'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
  };
}
