import fc from 'fast-check';
import { arrays, at, extents, type NdArray, sizeOf, zeros } from '../support/ndarray.ts';
import { type AnyReference, defineReference } from '../support/reference.ts';

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

const cases = fc
  .tuple(fc.array(extents(9), { minLength: 1, maxLength: 4 }), fc.boolean(), fc.boolean(), fc.nat(15))
  .chain(([shape, keepDims, long, mask]) => {
    // A long axis, so that sums are cut into chunks.
    const full = long ? [...shape.slice(0, 2), 700] : shape;
    const axes = full.map((_, axis) => axis).filter((axis) => (mask >> axis) & 1);
    return fc.record({ inputs: fc.tuple(arrays(full)), attributes: fc.constant({ axes, keepDims }) });
  });

/** Flat index in the reduced tensor of each element. */
function targets(x: NdArray, axes: readonly number[]): { target: number[]; kept: number[] } {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const target = Array.from({ length: sizeOf(x.shape) }, (_, flat) => {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let axis = x.shape.length - 1; axis >= 0; axis--) {
      const extent = x.shape[axis] as number;
      if (kept[axis] !== 1) index += (rest % extent) * stride;
      stride *= kept[axis] as number;
      rest = Math.floor(rest / extent);
    }
    return index;
  });
  return { target, kept };
}

function reduction(op: 'sum' | 'mean'): AnyReference {
  const factor = (x: NdArray, axes: readonly number[]) =>
    op === 'mean' ? 1 / sizeOf(axes.map((axis) => x.shape[axis] as number)) : 1;
  return defineReference<Reduction>({
    op,
    cases,
    // Sums of numbers of both signs cancel.
    floor: 1e-2,
    forward: (inputs, { axes, keepDims }) => {
      const [x] = inputs as [NdArray];
      const { target, kept } = targets(x, axes);
      const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
      const y = zeros(shape);
      for (const [i, t] of target.entries()) y.data[t] = at(y, t) + at(x, i) * factor(x, axes);
      return y;
    },
    backward: (inputs, { axes }, grad) => {
      const [x] = inputs as [NdArray];
      const { target } = targets(x, axes);
      return [{ shape: x.shape, data: Float64Array.from(target, (t) => at(grad, t) * factor(x, axes)) }];
    },
  });
}

export default [reduction('sum'), reduction('mean')];
