import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { runAttention, runAttentionBackward } from '../kernels/attention.ts';
import { type AttentionLayout, headSizeOf, packedWidth } from '../kernels/attention-layout.ts';
import { type Shape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

interface Attributes {
  readonly heads: number;
}

function layoutOf(shape: Shape, heads: number): AttentionLayout {
  if (shape.length !== 3) {
    throw new ShapeError(
      `selfAttention: the input is ${showShape(shape)}; it must be [batch, tokens, 3 D], queries, keys and values side by side.`,
    );
  }
  const [sequences = 1, tokens = 1, columns = 1] = shape;
  const width = packedWidth('selfAttention', `the input ${showShape(shape)}`, columns, 3);
  const rows = { outer: tokens * columns, innerStride: 0, row: columns };
  return {
    sequences,
    inner: 1,
    heads,
    headSize: headSizeOf('selfAttention', width, heads),
    queries: tokens,
    keys: tokens,
    q: rows,
    dqOuter: rows.outer,
    k: rows,
    keyColumn: width,
    valueColumn: 2 * width,
  };
}

const op = defineOp({
  name: 'selfAttention',
  inputs: ['stored'],
  shape: ([{ shape, dtype }], { heads }: Attributes) => {
    const { sequences, queries, headSize } = layoutOf(shape, heads);
    return { shape: [sequences, queries, heads * headSize], dtype };
  },
  forward: ({ inputs: [qkv], attributes: { heads }, output, empty }) => {
    const layout = layoutOf(qkv.shape, heads);
    const lse = empty({ shape: [layout.sequences, heads, layout.queries] });
    runAttention(layout, qkv, qkv, output, lse);
    return lse;
  },
  backward: ({ inputs: [qkv], attributes: { heads }, output, saved: lse, grad, gradientSlot }) => {
    const layout = layoutOf(qkv.shape, heads);
    const dqkv = gradientSlot(0, { zeroed: layout.keys === 1 });
    runAttentionBackward(layout, { q: qkv, kv: qkv, output, lse, grad, dq: dqkv, dkv: dqkv });
    return [dqkv];
  },
});

/**
 * Multi-head self-attention, softmax(q k^T / sqrt(D / heads)) v, without a mask. `qkv` [B, T, 3 D] holds queries,
 * keys and values side by side, as one projection makes them -> [B, T, D]. Head h has columns h D / heads onwards.
 * @throws ShapeError when `heads` does not divide D.
 */
export function selfAttention(qkv: Tensor, heads: number): Tensor {
  return op([qkv], { heads });
}
