import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { type AttentionLayout, headSizeOf, packedWidth } from '../kernels/attention-layout.ts';
import { type Shape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { runAttentionPool, runAttentionPoolBackward } from './attention-pool-kernels.ts';

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
