import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { resolveAxis, showShape } from '../shape.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import { joinAlong, splitAlong } from './concat-kernels.ts';

const op = defineOp({
  name: 'concat',
  inputs: 'stored',
  shape: (inputs, { axis }: { readonly axis: number }) => {
    const [{ shape: first, dtype }] = inputs;
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
    return { shape, dtype };
  },
  forward: ({ inputs, attributes: { axis }, output }) => joinAlong(inputs, output, axis),
  backward: ({ inputs, attributes: { axis }, grad, needsGrad, gradientSlot }) => {
    const pieces = inputs.map((input, index) =>
      needsGrad[index] ? gradientSlot(index) : emptyTensor(grad.recorder, input, 'unneeded gradient'),
    );
    splitAlong(pieces, grad, axis);
    return pieces.map((piece, index) => (needsGrad[index] ? piece : null));
  },
});

/** Tensors one after another along `axis` (negative: counted from the end); all other extents are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  return op(tensors, ([first]) => ({ axis: resolveAxis('concat', axis, first.rank) }));
}
