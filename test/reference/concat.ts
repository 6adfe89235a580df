import fc from 'fast-check';
import { arrays, at, extents, type NdArray, sizeOf, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

const cases = fc
  .record({
    shape: fc.array(extents(7), { minLength: 1, maxLength: 4 }),
    where: fc.nat(3),
    lengths: fc.array(extents(9), { minLength: 1, maxLength: 4 }),
    unit: fc.constantFrom(1, 4),
  })
  .chain(({ shape, where, lengths, unit }) => {
    const axis = where % shape.length;
    const last = shape.length - 1;
    const shapes = lengths.map((length) =>
      shape.map((extent, other) => (other === axis ? length : extent) * (other === last ? unit : 1)),
    );
    return fc.record({
      inputs: fc.tuple(...shapes.map((each) => arrays(each))),
      attributes: fc.constant({ axis }),
    });
  });

/** Runs of the inputs in the order in which they stand in the result: which input, from where, how many. */
function runs(inputs: readonly NdArray[], axis: number): [input: number, from: number, count: number][] {
  const outer = sizeOf(inputs[0]?.shape.slice(0, axis) ?? []);
  return Array.from({ length: outer }, (_, row) =>
    inputs.map(({ shape }, index): [number, number, number] => {
      const count = sizeOf(shape.slice(axis));
      return [index, row * count, count];
    }),
  ).flat();
}

export default defineReference<{ axis: number }>({
  op: 'concat',
  pointwise: true,
  cases,
  forward: (inputs, { axis }) => {
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    const y = zeros((inputs[0] as NdArray).shape.map((extent, other) => (other === axis ? total : extent)));
    let next = 0;
    for (const [index, from, count] of runs(inputs, axis)) {
      for (let i = 0; i < count; i++) y.data[next++] = at(inputs[index] as NdArray, from + i);
    }
    return y;
  },
  backward: (inputs, { axis }, grad) => {
    const gradients = inputs.map(({ shape }) => zeros(shape));
    let next = 0;
    for (const [index, from, count] of runs(inputs, axis)) {
      for (let i = 0; i < count; i++) (gradients[index] as NdArray).data[from + i] = at(grad, next++);
    }
    return gradients;
  },
});
