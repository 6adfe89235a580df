import fc from 'fast-check';
import { arrays, at, extents, type NdArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const cases = fc
  .tuple(fc.array(extents(7), { maxLength: 3 }), extents(80), fc.boolean())
  .chain(([lead, anyWidth, vectors]) => {
    const width = vectors ? Math.ceil(anyWidth / 4) * 4 : anyWidth;
    return fc.record({
      inputs: fc.tuple(arrays([...lead, 2 * width], { scale: fc.constantFrom(1, 1, 1e-3, 20, 1e4) })),
      attributes: fc.constant(null),
    });
  });

/** Gates and ups of +-1e4, where exponentials overflow, and around 0. */
const examples = [4, 3].map((width) => ({
  inputs: [
    {
      shape: [2, 2 * width],
      data: Float64Array.from([1e4, -1e4, 0, -1e-20].slice(0, width).flatMap((gate) => [gate, 1, -1e4, 88])),
    },
  ],
  attributes: null,
}));

/** Visits each result with the indices of its gate and up. */
function each(x: NdArray, visit: (i: number, gate: number, up: number) => void): void {
  const width = (x.shape.at(-1) as number) / 2;
  for (let i = 0; i < x.data.length / 2; i++) {
    const gate = 2 * width * Math.floor(i / width) + (i % width);
    visit(i, gate, gate + width);
  }
}

export default defineReference<null>({
  op: 'swiglu',
  cases,
  examples,
  forward: ([input]) => {
    const x = input as NdArray;
    const y = zeros([...x.shape.slice(0, -1), (x.shape.at(-1) as number) / 2]);
    each(x, (i, gate, up) => {
      y.data[i] = at(x, gate) * sigmoid(at(x, gate)) * at(x, up);
    });
    return y;
  },
  backward: ([input], _, grad) => {
    const x = input as NdArray;
    const dx = zeros(x.shape);
    each(x, (i, gate, up) => {
      const [value, open] = [at(x, gate), sigmoid(at(x, gate))];
      dx.data[gate] = at(grad, i) * at(x, up) * open * (1 + value * (1 - open));
      dx.data[up] = at(grad, i) * value * open;
    });
    return [dx];
  },
});
