import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { repeatInto } from '../kernels/strided-copy.ts';
import { broadcastShapes, checkShape, type Shape, sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const op = defineOp({
  name: 'broadcastTo',
  inputs: ['stored'],
  shape: ([{ shape: from, dtype }], { shape }: { readonly shape: Shape }) => {
    checkShape('broadcastTo', shape);
    if (!sameShape(broadcastShapes('broadcastTo', from, shape), shape)) {
      throw new ShapeError(
        `broadcastTo: ${showShape(from)} to ${showShape(shape)}; axes align at the end, and only those of extent 1 can grow.`,
      );
    }
    return { shape, dtype };
  },
  forward: ({ inputs: [x], output }) => repeatInto(x, output),
  // Still in the output's shape: the tape sums gradients over broadcast axes, for every operation alike.
  backward: ({ grad }) => [grad],
});

/** `x` repeated along its axes of extent 1, and along new leading ones, to fill `shape`. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => op([x], { shape });
