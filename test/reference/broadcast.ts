import fc from 'fast-check';
import { arrays, at, extents, type NdArray, sizeOf, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

/** Any axes grow, and leading ones are new. */
const cases = fc
  .record({
    shape: fc.array(extents(9), { minLength: 1, maxLength: 4 }),
    grown: fc.nat(15),
    dropped: fc.nat(2),
    unit: fc.constantFrom(1, 4),
  })
  .chain(({ shape: counts, grown, dropped, unit }) => {
    const last = counts.length - 1;
    const shape = counts.map((count, axis) => (axis === last ? count * unit : count));
    const from = shape
      .map((extent, axis) => ((grown >> axis) & 1 ? 1 : extent))
      .slice(Math.min(dropped, last));
    return fc.record({ inputs: fc.tuple(arrays(from)), attributes: fc.constant({ shape }) });
  });

/** Flat index in a tensor of shape `from` of each element of `shape`. */
function sources(from: readonly number[], shape: readonly number[]): number[] {
  const lead = shape.length - from.length;
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= lead; axis--) {
      const extent = from[axis - lead] as number;
      if (extent > 1) index += (rest % (shape[axis] as number)) * stride;
      stride *= extent;
      rest = Math.floor(rest / (shape[axis] as number));
    }
    return index;
  });
}

export default defineReference<{ shape: readonly number[] }>({
  op: 'broadcastTo',
  cases,
  // Sums of gradients of both signs cancel.
  floor: 1e-3,
  forward: (inputs, { shape }) => {
    const [x] = inputs as [NdArray];
    return { shape, data: Float64Array.from(sources(x.shape, shape), (source) => at(x, source)) };
  },
  backward: (inputs, { shape }, grad) => {
    const [x] = inputs as [NdArray];
    const dx = zeros(x.shape);
    for (const [i, source] of sources(x.shape, shape).entries()) {
      dx.data[source] = at(dx, source) + at(grad, i);
    }
    return [dx];
  },
});
