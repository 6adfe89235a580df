import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import {
  type AttentionLayout,
  attentionKernel,
  headSizeOf,
  packedWidth,
  runAttentionKernel,
} from '../kernels/attention-layout.ts';
import { type Shape, showShape } from '../shape.ts';
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
interface PoolState {
  /** Log-sum-exp of each query's scores. */
  readonly lse: Tensor;
  /** Mean over the queries of each key's probability. */
  readonly pooled: Tensor;
}

/** Mean over the queries of the attention's output, [sequences, D]. Queries, keys and values are columns of `qkv`. */
function runAttentionPool(
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
function runAttentionPoolBackward(
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

/** Which axis of a grid [B, C, N, ..] is attended along and pooled: N ('time') or C ('channel'). */
export type PoolAxis = 'time' | 'channel';

interface Attributes {
  readonly heads: number;
  readonly axis: PoolAxis;
}

function layoutOf(shape: Shape, { heads, axis }: Attributes): AttentionLayout {
  if (shape.length !== 4) {
    throw new ShapeError(
      `attentionPool: the input is ${showShape(shape)}; it must be [batch, channels, times, 3 D], queries, keys and values side by side.`,
    );
  }
  if (axis !== 'time' && axis !== 'channel') {
    throw new ShapeError(`attentionPool: axis "${String(axis)}"; it must be "time" or "channel".`);
  }
  const [batch = 1, channels = 1, times = 1, columns = 1] = shape;
  const width = packedWidth('attentionPool', `the input ${showShape(shape)}`, columns, 3);
  const [count, length] = axis === 'time' ? [channels, times] : [times, channels];
  // Sequences are counted (sample, channel) or (sample, time); the other index walks along one.
  const rows = {
    outer: channels * times * columns,
    innerStride: axis === 'time' ? times * columns : columns,
    row: axis === 'time' ? columns : times * columns,
  };
  return {
    sequences: batch * count,
    inner: count,
    heads,
    headSize: headSizeOf('attentionPool', width, heads),
    queries: length,
    keys: length,
    q: rows,
    dqOuter: rows.outer,
    k: rows,
    keyColumn: width,
    valueColumn: 2 * width,
  };
}

const op = defineOp({
  name: 'attentionPool',
  inputs: ['stored'],
  shape: ([{ shape, dtype }], attributes: Attributes) => {
    const { inner, heads, headSize } = layoutOf(shape, attributes);
    return { shape: [shape[0] ?? 1, inner, heads * headSize], dtype };
  },
  forward: ({ inputs: [qkv], attributes, output, empty }) => {
    const layout = layoutOf(qkv.shape, attributes);
    const kept = { shape: [layout.sequences, layout.heads, layout.queries] };
    const state = { lse: empty(kept), pooled: empty(kept) };
    runAttentionPool(layout, qkv, state, output);
    return state;
  },
  backward: ({ inputs: [qkv], attributes, saved, grad, gradientSlot }) => {
    const layout = layoutOf(qkv.shape, attributes);
    const dqkv = gradientSlot(0, { zeroed: layout.keys === 1 });
    runAttentionPoolBackward(layout, qkv, saved, grad, dqkv);
    return [dqkv];
  },
});

/**
 * Mean over the queries of multi-head self-attention along one axis of a grid, before any output projection (with
 * which the mean commutes). `qkv` [B, C, N, 3 D], queries, keys and values side by side -> [B, C, D] when attending
 * along time (N), [B, N, D] along channels (C). Both read the same buffer. Exact, and no score reaches memory.
 * @throws ShapeError when `heads` does not divide D.
 */
export function attentionPool(qkv: Tensor, heads: number, axis: PoolAxis): Tensor {
  return op([qkv], { heads, axis });
}
