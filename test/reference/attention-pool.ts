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
  readonly axis: 'time' | 'channel';
}

const cases = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    // The attended axis may be long; the other one is only counted.
    length: extents(33),
    count: fc.integer({ min: 1, max: 4 }),
    heads: fc.integer({ min: 1, max: 3 }),
    headSize: headSizes,
    axis: fc.constantFrom<Attributes['axis']>('time', 'channel'),
  })
  .chain(({ batch, length, count, heads, headSize, axis }) => {
    const grid = axis === 'time' ? [count, length] : [length, count];
    return fc.record({
      inputs: fc.tuple(arrays([batch, ...grid, 3 * heads * headSize], { scale: attentionScales })),
      attributes: fc.constant({ heads, axis }),
    });
  });

/** Visits each sequence and head: its rows of queries, keys or values, and its one row of the output. */
function eachHead(
  qkv: NdArray,
  { heads, axis }: Attributes,
  visit: (packed: (part: number) => Window, out: Window) => void,
): readonly number[] {
  const [batch, channels, times, columns] = qkv.shape as [number, number, number, number];
  const width = columns / 3;
  const size = width / heads;
  const [count, length] = axis === 'time' ? [channels, times] : [times, channels];
  for (let b = 0; b < batch; b++) {
    for (let s = 0; s < count; s++) {
      for (let h = 0; h < heads; h++) {
        const first = axis === 'time' ? (b * channels + s) * times : b * channels * times + s;
        visit(
          (part) => ({
            start: first * columns + part * width + h * size,
            step: (axis === 'time' ? 1 : times) * columns,
            rows: length,
            columns: size,
          }),
          { start: (b * count + s) * width + h * size, step: 0, rows: 1, columns: size },
        );
      }
    }
  }
  return [batch, count, width];
}

const read = (x: NdArray, packed: (part: number) => Window) =>
  [0, 1, 2].map((part) => readWindow(x, packed(part))) as [Matrix, Matrix, Matrix];

// As the paper says it: the whole attention, then the mean over its queries.
export default defineReference<Attributes>({
  op: 'attentionPool',
  cases,
  examples: [
    { inputs: [randomArray([2, 3, 17, 3 * 128], 1)], attributes: { heads: 2, axis: 'time' } },
    { inputs: [randomArray([1, 12, 5, 3 * 8], 2)], attributes: { heads: 1, axis: 'channel' } },
    { inputs: [randomArray([2, 1, 3, 3 * 16], 3)], attributes: { heads: 2, axis: 'channel' } },
  ],
  floor: 1e-2,
  forward: ([qkv], attributes) => {
    const x = qkv as NdArray;
    const y = zeros(eachHead(x, attributes, () => {}));
    eachHead(x, attributes, (packed, out) => {
      const { output } = attendHead(...read(x, packed));
      for (const row of output) addWindow(y, out, [row.map((value) => value / output.length)]);
    });
    return y;
  },
  backward: ([qkv], attributes, grad) => {
    const x = qkv as NdArray;
    const dx = zeros(x.shape);
    eachHead(x, attributes, (packed, out) => {
      const [q, k, v] = read(x, packed);
      const [row] = readWindow(grad, out) as [number[]];
      const shared = q.map(() => row.map((value) => value / q.length));
      const { dq, dk, dv } = attendHeadBackward(q, k, v, shared);
      for (const [part, gradient] of [dq, dk, dv].entries()) addWindow(dx, packed(part), gradient);
    });
    return [dx];
  },
});
