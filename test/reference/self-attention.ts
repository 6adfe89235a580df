import fc from 'fast-check';
import {
  addWindow,
  attendHead,
  attendHeadBackward,
  attentionScales,
  headSizes,
  type Matrix,
  readWindow,
  type Window,
} from '../support/attention.ts';
import { arrays, extents, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

interface Attributes {
  readonly heads: number;
}

const cases = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    tokens: extents(40),
    heads: fc.integer({ min: 1, max: 3 }),
    headSize: headSizes,
  })
  .chain(({ batch, tokens, heads, headSize }) =>
    fc.record({
      inputs: fc.tuple(arrays([batch, tokens, 3 * heads * headSize], { scale: attentionScales })),
      attributes: fc.constant({ heads }),
    }),
  );

/** Each head's rows in the packed input, shifted by whole projections, and in the output. */
function eachHead(
  qkv: NdArray,
  heads: number,
  visit: (packed: (part: number) => Window, out: Window) => void,
): readonly number[] {
  const [batch, tokens, columns] = qkv.shape as [number, number, number];
  const width = columns / 3;
  const size = width / heads;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      visit(
        (part) => ({
          start: b * tokens * columns + part * width + h * size,
          step: columns,
          rows: tokens,
          columns: size,
        }),
        { start: b * tokens * width + h * size, step: width, rows: tokens, columns: size },
      );
    }
  }
  return [batch, tokens, width];
}

const read = (x: NdArray, packed: (part: number) => Window) =>
  [0, 1, 2].map((part) => readWindow(x, packed(part))) as [Matrix, Matrix, Matrix];

export default defineReference<Attributes>({
  op: 'selfAttention',
  // Where the softmax is nearly decided its gradient is a small difference, of the stored output among others.
  roundings: { backward: 8 },
  cases,
  // Heads of 64 columns, which no invocation makes alone; one token; enough tokens for 8 an invocation, in heads of 4
  // and of 6, with scores that rise far above the first block's.
  examples: [
    { inputs: [randomArray([2, 33, 3 * 128], 5)], attributes: { heads: 2 } },
    { inputs: [randomArray([2, 1, 3 * 16], 7)], attributes: { heads: 2 } },
    { inputs: [randomArray([2, 68, 3 * 8], 8, 3)], attributes: { heads: 2 } },
    { inputs: [randomArray([1, 69, 3 * 12], 9)], attributes: { heads: 2 } },
  ],
  // With one token, or nearly uniform weights, gradients of queries and keys cancel.
  floor: 1e-2,
  forward: ([qkv], { heads }) => {
    const x = qkv as NdArray;
    const shape = eachHead(x, heads, () => {});
    const y = zeros(shape);
    eachHead(x, heads, (packed, out) => {
      const [q, k, v] = read(x, packed);
      addWindow(y, out, attendHead(q, k, v).output);
    });
    return y;
  },
  backward: ([qkv], { heads }, grad) => {
    const x = qkv as NdArray;
    const dx = zeros(x.shape);
    eachHead(x, heads, (packed, out) => {
      const [q, k, v] = read(x, packed);
      const { dq, dk, dv } = attendHeadBackward(q, k, v, readWindow(grad, out));
      for (const [part, gradient] of [dq, dk, dv].entries()) addWindow(dx, packed(part), gradient);
    });
    return [dx];
  },
});
