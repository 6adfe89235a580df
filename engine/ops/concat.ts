import { ShapeError } from '../errors.ts';
import { blockAt, stridedCopy, wholeOf } from '../kernels/strided-copy.ts';
import { defineOp } from '../op.ts';
import { resolveAxis, type Shape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** Index in the result at which each input begins. */
function startsOf(inputs: readonly { shape: Shape }[], axis: number): number[][] {
  let along = 0;
  return inputs.map(({ shape }) => {
    const start = shape.map((_, other) => (other === axis ? along : 0));
    along += shape[axis] ?? 1;
    return start;
  });
}

const op = defineOp<{ axis: number }>({
  name: 'concat',
  dtypes: 'stored',
  shape: (inputs, { axis }) => {
    const first = inputs[0]?.shape ?? [];
    for (const [index, { shape }] of inputs.entries()) {
      const fits =
        shape.length === first.length && shape.every((e, other) => other === axis || e === first[other]);
      if (!fits) {
        throw new ShapeError(
          `concat: input 0 is ${showShape(first)} and input ${index} is ${showShape(shape)}; they may differ at axis ${axis} only (broadcastTo repeats one of extent 1).`,
        );
      }
    }
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 1), 0);
    const shape = first.map((extent, other) => (other === axis ? total : extent));
    return { shape, dtype: inputs[0]?.dtype ?? 'f32' };
  },
  forward: ({ inputs, attributes: { axis }, output }) => {
    const starts = startsOf(inputs, axis);
    for (const [index, input] of inputs.entries()) {
      stridedCopy('concat', input.shape, wholeOf(input), blockAt(output, starts[index] ?? []));
    }
  },
  backward: ({ inputs, attributes: { axis }, grad, wants, place }) => {
    const starts = startsOf(inputs, axis);
    return inputs.map((input, index) => {
      if (!wants[index]) return null;
      const dx = place(index);
      stridedCopy('concat', input.shape, blockAt(grad, starts[index] ?? []), wholeOf(dx));
      return dx;
    });
  },
});

/** Tensors one after another along `axis` (negative: counted from the end); all other extents are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  return op(tensors, { axis: resolveAxis('concat', axis, tensors[0]?.rank ?? 0) });
}
