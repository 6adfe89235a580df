import { ShapeError } from '../errors.ts';
import { defineKernel } from '../kernel.ts';
import { linearGrid } from '../kernels/grid.ts';
import { sumAxes } from '../kernels/reduce.ts';
import { defineOp } from '../op.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const uniforms = { rows: 'u32', classes: 'u32' } as const;
const shader = 'soft_cross_entropy';
const lossKernel = defineKernel({ name: shader, shader, entry: 'row_losses', reads: 2, writes: 2, uniforms });
const gradientKernel = defineKernel({
  name: 'soft_cross_entropy_backward',
  shader,
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
  name: 'softCrossEntropy',
  shape: ([logits, targets]) => {
    const [from, wanted] = [logits?.shape ?? [], targets?.shape ?? []];
    if (from.length !== 2 || !sameShape(wanted, from)) {
      throw new ShapeError(
        `softCrossEntropy: logits ${showShape(from)} and targets ${showShape(wanted)}; both must be [batch, classes].`,
      );
    }
    return { shape: [], dtype: 'f32' };
  },
  forward: ({ recorder, inputs, output, empty }) => {
    const [logits, targets] = inputs as readonly [Tensor, Tensor];
    const { rows, classes } = sizes(logits);
    const losses = empty({ shape: [rows] });
    const rowSums = empty({ shape: [rows, 4] });
    recorder.dispatch(lossKernel, {
      reads: [logits, targets],
      writes: [losses, rowSums],
      uniforms: { rows, classes },
      workgroups: linearGrid(recorder, rows),
    });
    sumAxes(losses, [0], 1 / rows, output);
    return [rowSums];
  },
  backward: ({ inputs, saved, grad, place }) => {
    const [logits, targets] = inputs as readonly [Tensor, Tensor];
    const dlogits = place(0);
    grad.recorder.dispatch(gradientKernel, {
      reads: [logits, targets, saved[0] as Tensor, grad],
      writes: [dlogits],
      uniforms: sizes(logits),
      workgroups: linearGrid(grad.recorder, logits.size),
    });
    return [dlogits, null];
  },
});

/**
 * Mean over the batch of sum over k of -targets[k] log softmax(logits)[k], a scalar. Both are f32 [batch, classes]: a class with
 * its weight in each row, or probabilities of classes. Nothing is divided by the sum of the weights, and no gradient
 * flows to them.
 */
export const softCrossEntropy = (logits: Tensor, targets: Tensor): Tensor => op([logits, targets], null);
