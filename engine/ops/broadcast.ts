import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { repeatInto } from '../kernels/strided-copy.ts';
import { broadcastShapes, checkShape, type Shape, sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const op = defineOp<{ shape: Shape }>({
  name: 'broadcastTo',
  dtypes: 'stored',
  shape: ([x], { shape }) => {
    checkShape('broadcastTo', shape);
    const from = x?.shape ?? [];
    if (!sameShape(broadcastShapes('broadcastTo', from, shape), shape)) {
      throw new ShapeError(
        `broadcastTo: ${showShape(from)} to ${showShape(shape)}; axes align at the end, and only those of extent 1 can grow.`,
      );
    }
    return { shape, dtype: x?.dtype ?? 'f32' };
  },
  forward: ({ inputs, output }) => repeatInto(inputs[0] as Tensor, output),
  // Still in the output's shape: the tape sums gradients over broadcast axes, for every operation alike.
  backward: ({ grad }) => [grad],
});

/** `x` repeated along its axes of extent 1, and along new leading ones, to fill `shape`. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => op([x], { shape });
