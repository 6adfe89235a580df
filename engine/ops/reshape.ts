import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { checkShape, type Shape, showShape, sizeOf } from '../shape.ts';
import { type Tensor, viewOf } from '../tensor.ts';

const op = defineOp({
  name: 'reshape',
  inputs: ['stored'],
  view: true,
  shape: ([{ shape: from, dtype }], { shape }: { readonly shape: Shape }) => {
    checkShape('reshape', shape);
    if (sizeOf(from) !== sizeOf(shape)) {
      throw new ShapeError(
        `reshape: ${showShape(from)} has ${sizeOf(from)} elements and ${showShape(shape)} has ${sizeOf(shape)}; they must be equal.`,
      );
    }
    return { shape, dtype };
  },
  forward: () => {},
  backward: ({ inputs: [x], grad }) => [viewOf(grad, x.shape)],
});

/** The same values in the same order under another shape; no copy. */
export const reshape = (x: Tensor, shape: Shape): Tensor => op([x], { shape });
