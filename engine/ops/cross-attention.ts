import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { runAttention, runAttentionBackward } from '../kernels/attention.ts';
import { type AttentionLayout, headSizeOf, packedWidth } from '../kernels/attention-layout.ts';
import { type Shape, showShape } from '../shape.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';

interface Attributes {
  readonly heads: number;
}

function layoutOf(q: Shape, kv: Shape, heads: number): AttentionLayout {
  const shown = `queries ${showShape(q)}, keys and values ${showShape(kv)}`;
  if (q.length !== 3 || kv.length !== 3) {
    throw new ShapeError(
      `crossAttention: ${shown}; they must be [batch, queries, D] and [batch, keys, 2 D], keys and values side by side.`,
    );
  }
  const [batch = 1, queries = 1, width = 1] = q;
  const [sequences = 1, keys = 1, columns = 1] = kv;
  if (packedWidth('crossAttention', `the keys and values ${showShape(kv)}`, columns, 2) !== width) {
    throw new ShapeError(`crossAttention: ${shown}; the latter must have 2 * ${width} columns.`);
  }
  if (batch !== sequences && batch !== 1) {
    throw new ShapeError(
      `crossAttention: ${shown}; the queries must have batch ${sequences}, or batch 1 to be the same for all.`,
    );
  }
  return {
    sequences,
    inner: 1,
    heads,
    headSize: headSizeOf('crossAttention', width, heads),
    queries,
    keys,
    q: { outer: batch === 1 ? 0 : queries * width, innerStride: 0, row: width },
    dqOuter: queries * width,
    k: { outer: keys * columns, innerStride: 0, row: columns },
    keyColumn: 0,
    valueColumn: width,
  };
}

const op = defineOp({
  name: 'crossAttention',
  inputs: ['stored', 'stored'],
  shape: ([q, kv], { heads }: Attributes) => {
    const { sequences, queries, headSize } = layoutOf(q.shape, kv.shape, heads);
    return { shape: [sequences, queries, heads * headSize], dtype: q.dtype };
  },
  forward: ({ inputs: [q, kv], attributes: { heads }, output, empty }) => {
    const layout = layoutOf(q.shape, kv.shape, heads);
    const lse = empty({ shape: [layout.sequences, heads, layout.queries] });
    runAttention(layout, q, kv, output, lse);
    return lse;
  },
  backward: ({
    inputs: [q, kv],
    attributes: { heads },
    output,
    saved: lse,
    grad,
    needsGrad,
    gradientSlot,
  }) => {
    const layout = layoutOf(q.shape, kv.shape, heads);
    // Broadcast queries get a gradient of the output's shape, which the tape sums; zeros need no summing.
    const broadcast = layout.keys > 1 && q.shape[0] !== layout.sequences;
    const queriesSlot = () =>
      broadcast
        ? emptyTensor(q.recorder, output, 'crossAttention')
        : gradientSlot(0, { zeroed: layout.keys === 1 });
    const dq = needsGrad[0] ? queriesSlot() : null;
    const dkv = needsGrad[1] ? gradientSlot(1) : null;
    runAttentionBackward(layout, { q, kv, output, lse, grad, dq, dkv });
    return [dq, dkv];
  },
});

/**
 * Multi-head cross-attention, softmax(q k^T / sqrt(D / heads)) v, without a mask. `q` [B, M, D], or [1, M, D] to be
 * the same for the whole batch; `kv` [B, N, 2 D], keys and values side by side -> [B, M, D]. With one key the softmax is 1
 * and the gradients of queries and keys are exactly zero.
 * @throws ShapeError when widths or batches do not fit or `heads` does not divide D.
 */
export function crossAttention(q: Tensor, kv: Tensor, heads: number): Tensor {
  return op([q, kv], { heads });
}
