import { emptyTensor, type Tensor } from '../tensor.ts';
import { type AttentionLayout, attentionKernel, runAttentionKernel } from './attention-layout.ts';

const attend = attentionKernel('attention', 'attend', 2, 2, [0, 1, 2]);
const dQueries = attentionKernel('attention', 'd_queries', 5, 2, [0, 1, 2, 4, 5]);
const dKeysValues = attentionKernel('attention', 'd_keys_values', 5, 1, [0, 1, 2, 5]);

// A head wider than an invocation takes is made in parts, and each part computes the scores again: with p parts the
// scores cost p times as much (base's heads of 64: twice), and no block of scores ever leaves its invocation.

/** Forward: output [sequences, queries, D], and the log-sum-exp of each query, [sequences, heads, queries]. */
export function runAttention(
  layout: AttentionLayout,
  q: Tensor,
  kv: Tensor,
  output: Tensor,
  lse: Tensor,
): void {
  runAttentionKernel(attend, layout, {
    reads: [q, kv],
    writes: [output, lse],
    over: 'queries',
    columns: true,
    pairs: true,
    dots: 1,
    sums: 1,
  });
}

export interface AttentionGradients {
  readonly q: Tensor;
  readonly kv: Tensor;
  readonly output: Tensor;
  readonly lse: Tensor;
  /** Gradient of the output. */
  readonly grad: Tensor;
  /** Laid out as the queries; null where it is not wanted. May be the same tensor as `dkv`. */
  readonly dq: Tensor | null;
  /** Laid out as keys and values; null where it is not wanted. */
  readonly dkv: Tensor | null;
}

/**
 * Gradients of queries, keys and values. With one key the softmax is 1, so that the queries' gradient is zero:
 * then `dq` is not touched and must hold zeros already.
 */
export function runAttentionBackward(layout: AttentionLayout, tensors: AttentionGradients): void {
  const { q, kv, output, lse, grad, dq, dkv } = tensors;
  const { recorder } = grad;
  const delta = emptyTensor(recorder, lse, 'attention');
  const unwanted = () => {
    const spec = { shape: [layout.sequences / layout.inner, layout.dqOuter], dtype: q.dtype };
    return emptyTensor(recorder, spec, 'unneeded gradient of queries');
  };
  const common = { columns: true, pairs: true, dots: 2 };
  runAttentionKernel(dQueries, layout, {
    reads: [q, kv, grad, lse, output],
    writes: [dq && layout.keys > 1 ? dq : unwanted(), delta],
    over: 'queries',
    ...common,
    sums: 1,
  });
  if (dkv) {
    runAttentionKernel(dKeysValues, layout, {
      reads: [q, kv, grad, lse, delta],
      writes: [dkv],
      over: 'keys',
      ...common,
      sums: 2,
    });
  }
}
