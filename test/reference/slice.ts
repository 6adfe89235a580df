import fc from 'fast-check';
import { arrays, at, extents, type NdArray, randomArray, sizeOf, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

interface Ranges {
  readonly ranges: readonly (readonly [number, number])[];
}

/** A range in an axis of `unit` times `extent`; `unit` 4 lets the kernel of vectors run. */
const range = (extent: number, unit: number) =>
  fc
    .tuple(fc.nat(extent - 1), fc.nat(extent - 1))
    .map(([a, b]): [number, number] => [Math.min(a, b) * unit, (Math.max(a, b) + 1) * unit]);

const cases = fc
  .tuple(fc.array(extents(9), { minLength: 1, maxLength: 4 }), fc.constantFrom(1, 4))
  .chain(([counts, unit]) => {
    const units = counts.map((_, axis) => (axis === counts.length - 1 ? unit : 1));
    return fc.record({
      inputs: fc.tuple(arrays(counts.map((count, axis) => count * (units[axis] as number)))),
      attributes: fc.record({
        ranges: fc.tuple(...counts.map((count, axis) => range(count, units[axis] as number))),
      }),
    });
  });

/** Runs of which one invocation copies several elements, or vectors, with and without a remainder. */
const long = (shape: readonly number[], ...ranges: (readonly [number, number])[]) => ({
  inputs: [randomArray(shape, 5)],
  attributes: { ranges },
});

/** Flat index in `x` of each element of the block. */
function sources(shape: readonly number[], ranges: Ranges['ranges']): number[] {
  const size = sizeOf(ranges.map(([start, end]) => end - start));
  return Array.from({ length: size }, (_, flat) => {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [start, end] = ranges[axis] as [number, number];
      index += (start + (rest % (end - start))) * stride;
      rest = Math.floor(rest / (end - start));
      stride *= shape[axis] as number;
    }
    return index;
  });
}

export default defineReference<Ranges>({
  op: 'slice',
  pointwise: true,
  cases,
  examples: [
    long([300], [7, 300]),
    long([3, 203], [1, 3], [5, 200]),
    long([3, 2, 3, 156], [0, 2], [0, 2], [1, 3], [8, 140]),
  ],
  forward: (inputs, { ranges }) => {
    const [x] = inputs as [NdArray];
    const shape = ranges.map(([start, end]) => end - start);
    return { shape, data: Float64Array.from(sources(x.shape, ranges), (source) => at(x, source)) };
  },
  backward: (inputs, { ranges }, grad) => {
    const [x] = inputs as [NdArray];
    const dx = zeros(x.shape);
    for (const [i, source] of sources(x.shape, ranges).entries()) dx.data[source] = at(grad, i);
    return [dx];
  },
});
