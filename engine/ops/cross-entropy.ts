import { ShapeError } from '../errors.ts';
import { defineKernel } from '../kernel.ts';
import { linearGrid } from '../kernels/grid.ts';
import { sumAxes } from '../kernels/reduce.ts';
import { defineOp } from '../op.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const uniforms = { rows: 'u32', classes: 'u32' } as const;
const lossKernel = defineKernel({
  name: 'cross_entropy',
  shader: 'cross_entropy',
  entry: 'row_losses',
  reads: 2,
  writes: 2,
  uniforms,
});
const gradientKernel = defineKernel({
  name: 'cross_entropy_backward',
  shader: 'cross_entropy',
  entry: 'row_gradients',
  reads: 4,
  writes: 1,
  uniforms,
});

function sizes(logits: Tensor) {
  const [rows = 1, classes = 1] = logits.shape;
  return { rows, classes };
}

const op = defineOp<null>({
  name: 'crossEntropy',
  dtypes: ['f32', 'u32'],
  shape: ([logits, labels]) => {
    const [from, wanted] = [logits?.shape ?? [], labels?.shape ?? []];
    if (from.length !== 2 || !sameShape(wanted, from.slice(0, 1))) {
      throw new ShapeError(
        `crossEntropy: logits ${showShape(from)} and labels ${showShape(wanted)}; they must be [batch, classes] and [batch].`,
      );
    }
    return { shape: [], dtype: 'f32' };
  },
  forward: ({ recorder, inputs, output, empty }) => {
    const [logits, labels] = inputs as readonly [Tensor, Tensor];
    const { rows, classes } = sizes(logits);
    const losses = empty({ shape: [rows] });
    const rowSums = empty({ shape: [rows, 2] });
    recorder.dispatch(lossKernel, {
      reads: [logits, labels],
      writes: [losses, rowSums],
      uniforms: { rows, classes },
      workgroups: linearGrid(recorder, rows),
    });
    sumAxes(losses, [0], 1 / rows, output);
    return [rowSums];
  },
  backward: ({ inputs, saved, grad, place }) => {
    const [logits, labels] = inputs as readonly [Tensor, Tensor];
    const dlogits = place(0);
    grad.recorder.dispatch(gradientKernel, {
      reads: [logits, labels, saved[0] as Tensor, grad],
      writes: [dlogits],
      uniforms: sizes(logits),
      workgroups: linearGrid(grad.recorder, logits.size),
    });
    return [dlogits, null];
  },
});

/**
 * Mean over the batch of -log softmax(logits)[label], a scalar. `logits` is f32 [batch, classes], `labels` u32 [batch].
 * A label that is not below the number of classes cannot be seen on the device and gives a meaningless loss: pass
 * labels that come from outside through `checkLabels` first.
 */
export const crossEntropy = (logits: Tensor, labels: Tensor): Tensor => op([logits, labels], null);

/** Labels for `crossEntropy`, once each of them is known to be an integer in [0, classes). */
export function checkLabels(labels: ArrayLike<number>, classes: number): Uint32Array {
  const checked = new Uint32Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `crossEntropy: label ${label} at ${row}; with ${classes} classes labels are integers from 0 to ${classes - 1}.`,
      );
    }
    checked[row] = label;
  }
  return checked;
}
