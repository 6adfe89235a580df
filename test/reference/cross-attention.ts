import fc from 'fast-check';
import {
  addWindow,
  attendHead,
  attendHeadBackward,
  attentionScales,
  headSizes,
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
    broadcast: fc.boolean(),
    queries: extents(33),
    keys: extents(33),
    heads: fc.integer({ min: 1, max: 3 }),
    headSize: headSizes,
  })
  .chain(({ batch, broadcast, queries, keys, heads, headSize }) =>
    fc.record({
      inputs: fc.tuple(
        arrays([broadcast ? 1 : batch, queries, heads * headSize], { scale: attentionScales }),
        arrays([batch, keys, 2 * heads * headSize], { scale: attentionScales }),
      ),
      attributes: fc.constant({ heads }),
    }),
  );

interface HeadWindows {
  readonly q: Window;
  readonly k: Window;
  readonly v: Window;
  readonly out: Window;
}

/** Visits each sample and head; returns the output's shape. */
function eachHead(
  [q, kv]: readonly [NdArray, NdArray],
  heads: number,
  visit: (windows: HeadWindows) => void,
): readonly number[] {
  const [queryBatch, queries, width] = q.shape as [number, number, number];
  const [batch, keys] = kv.shape as [number, number];
  const size = width / heads;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const key = (part: number): Window => ({
        start: b * keys * 2 * width + part * width + h * size,
        step: 2 * width,
        rows: keys,
        columns: size,
      });
      const query = (sample: number): Window => ({
        start: sample * queries * width + h * size,
        step: width,
        rows: queries,
        columns: size,
      });
      visit({ q: query(queryBatch === 1 ? 0 : b), k: key(0), v: key(1), out: query(b) });
    }
  }
  return [batch, queries, width];
}

export default defineReference<Attributes>({
  op: 'crossAttention',
  // Where the softmax is nearly decided its gradient is a small difference, of the stored output among others.
  roundings: { backward: 8 },
  cases,
  examples: [
    // One key; queries shared by the batch; a wide head; 8 queries or keys an invocation.
    { inputs: [randomArray([1, 9, 16], 1), randomArray([3, 1, 32], 2)], attributes: { heads: 2 } },
    { inputs: [randomArray([1, 10, 16], 3), randomArray([2, 7, 32], 4)], attributes: { heads: 2 } },
    { inputs: [randomArray([2, 6, 64], 5), randomArray([2, 17, 128], 6)], attributes: { heads: 1 } },
    { inputs: [randomArray([1, 65, 16], 7), randomArray([2, 71, 32], 8)], attributes: { heads: 2 } },
  ],
  floor: 1e-2,
  forward: (inputs, { heads }) => {
    const pair = inputs as readonly [NdArray, NdArray];
    const [q, kv] = pair;
    const y = zeros(eachHead(pair, heads, () => {}));
    eachHead(pair, heads, (at) => {
      addWindow(
        y,
        at.out,
        attendHead(readWindow(q, at.q), readWindow(kv, at.k), readWindow(kv, at.v)).output,
      );
    });
    return y;
  },
  backward: (inputs, { heads }, grad) => {
    const pair = inputs as readonly [NdArray, NdArray];
    const [q, kv] = pair;
    const [dq, dkv] = [zeros(q.shape), zeros(kv.shape)];
    eachHead(pair, heads, (at) => {
      const head = attendHeadBackward(
        readWindow(q, at.q),
        readWindow(kv, at.k),
        readWindow(kv, at.v),
        readWindow(grad, at.out),
      );
      addWindow(dq, at.q, head.dq);
      addWindow(dkv, at.k, head.dk);
      addWindow(dkv, at.v, head.dv);
    });
    return [dq, dkv];
  },
});
