import { type AttentionLayout, attentionKernel, runAttentionKernel } from '../kernels/attention-layout.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';

const normalize = attentionKernel('attention_pool', 'normalize', 2, 1, [0, 1]);
const poolProbabilities = attentionKernel('attention_pool', 'pool_probabilities', 3, 1, [0, 1]);
const weighValues = attentionKernel('attention_pool', 'weigh_values', 2, 1, [1, 2]);
const dValues = attentionKernel('attention_pool', 'd_values', 4, 2, [0, 1, 2, 5]);
const dQueries = attentionKernel('attention_pool', 'd_queries', 4, 2, [0, 1, 5]);
const dKeys = attentionKernel('attention_pool', 'd_keys', 5, 1, [0, 1, 5]);

const OVER_QUERIES = { over: 'queries', columns: false } as const;
const OVER_KEYS = { over: 'keys', columns: false } as const;

/** What forward keeps: both [sequences, heads, length]. */
export interface PoolState {
  /** Log-sum-exp of each query's scores. */
  readonly lse: Tensor;
  /** Mean over the queries of each key's probability. */
  readonly pooled: Tensor;
}

/** Mean over the queries of the attention's output, [sequences, D]. Queries, keys and values are columns of `qkv`. */
export function runAttentionPool(
  layout: AttentionLayout,
  qkv: Tensor,
  { lse, pooled }: PoolState,
  output: Tensor,
): void {
  runAttentionKernel(normalize, layout, {
    reads: [qkv, qkv],
    writes: [lse],
    ...OVER_QUERIES,
    dots: 1,
    sums: 0,
  });
  runAttentionKernel(poolProbabilities, layout, {
    reads: [qkv, qkv, lse],
    writes: [pooled],
    ...OVER_KEYS,
    dots: 1,
    sums: 0,
  });
  runAttentionKernel(weighValues, layout, {
    reads: [pooled, qkv],
    writes: [output],
    over: 'each column',
    dots: 0,
    sums: 1 / layout.queries,
  });
}

/**
 * Gradient of the packed input. With one key the probabilities are 1, so that the gradients of queries and keys are
 * zero: then only the values' columns of `dqkv` are written, and the rest must hold zeros already.
 */
export function runAttentionPoolBackward(
  layout: AttentionLayout,
  qkv: Tensor,
  { lse, pooled }: PoolState,
  grad: Tensor,
  dqkv: Tensor,
): void {
  const dPooled = emptyTensor(qkv.recorder, pooled, 'attentionPool');
  // The first operand is only there to keep the bindings of the other kernels.
  runAttentionKernel(dValues, layout, {
    reads: [qkv, qkv, grad, pooled],
    writes: [dPooled, dqkv],
    ...OVER_KEYS,
    dots: 1 / layout.queries,
    sums: 1 / layout.queries,
  });
  if (layout.keys === 1) return;
  const delta = emptyTensor(qkv.recorder, lse, 'attentionPool');
  runAttentionKernel(dQueries, layout, {
    reads: [qkv, qkv, lse, dPooled],
    writes: [delta, dqkv],
    over: 'queries',
    columns: true,
    dots: 2,
    sums: 1,
  });
  runAttentionKernel(dKeys, layout, {
    reads: [qkv, qkv, lse, dPooled, delta],
    writes: [dqkv],
    over: 'keys',
    columns: true,
    dots: 1,
    sums: 1,
  });
}
