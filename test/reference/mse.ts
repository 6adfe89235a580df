import fc from 'fast-check';
import { arrays, at, extents, type NdArray, randomArray } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

const cases = fc
  .tuple(fc.array(extents(17), { minLength: 0, maxLength: 3 }), fc.boolean())
  .chain(([lead, vectors]) => {
    // Sizes that divide by four take the kernels of vectors; the others, the plain ones.
    const shape = [...lead, vectors ? 4 : 1];
    return fc.record({ inputs: fc.tuple(arrays(shape), arrays(shape)), attributes: fc.constant(null) });
  });

/** More than one workgroup of partial sums, and partial sums that are themselves summed in two stages. */
const long = (size: number) => ({
  inputs: [randomArray([size], 3), randomArray([size], 4)],
  attributes: null,
});

export default defineReference<null>({
  op: 'mse',
  cases,
  examples: [long(6001), long(17_001), long(24_004)],
  forward: (inputs) => {
    const [p, t] = inputs as [NdArray, NdArray];
    let total = 0;
    for (let i = 0; i < p.data.length; i++) total += (at(p, i) - at(t, i)) ** 2;
    return { shape: [], data: Float64Array.of(total / p.data.length) };
  },
  backward: (inputs, _, grad) => {
    const [p, t] = inputs as [NdArray, NdArray];
    const factor = (2 * at(grad, 0)) / p.data.length;
    return [
      { shape: p.shape, data: p.data.map((value, i) => factor * (value - at(t, i))) },
      { shape: t.shape, data: t.data.map((value, i) => factor * (value - at(p, i))) },
    ];
  },
});
