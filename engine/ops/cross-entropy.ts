import { describeValue } from '../../base/describe-value.ts';
import { defineOp } from '../autograd/define-op.ts';
import type { DType } from '../dtype.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { linearGrid } from '../kernels/grid.ts';
import { sumAxes } from '../kernels/reduce.ts';
import { type Shape, sameShape, showShape } from '../shape.ts';
import { requireBelow, type Tensor } from '../tensor.ts';

const uniforms = { rows: 'u32', classes: 'u32' } as const;

function sizes(logits: Tensor) {
  const [rows = 1, classes = 1] = logits.shape;
  return { rows, classes };
}

/** Mean over the rows of a loss of each row's softmax; the targets are of another kind in each. */
function rowLoss({
  name,
  shader,
  dtype,
  target: { what, shapeOf, shown },
  saved: width,
  classes: areClasses = false,
}: {
  readonly name: string;
  readonly shader: string;
  readonly dtype: DType;
  readonly target: {
    readonly what: string;
    readonly shapeOf: (logits: Shape) => Shape;
    readonly shown: string;
  };
  /** Whether the targets are classes, each below the number of them. */
  readonly classes?: boolean;
  /** Numbers that the backward pass is to know of a row. */
  readonly saved: number;
}) {
  const forward = defineKernel({
    name: shader,
    shader: `loss/${shader}`,
    entry: 'row_losses',
    reads: 2,
    writes: 2,
    uniforms,
  });
  const backward = defineKernel({
    name: `${shader}_backward`,
    shader: `loss/${shader}`,
    entry: 'row_gradients',
    reads: 4,
    writes: 1,
    uniforms,
  });
  return defineOp({
    name,
    inputs: ['f32', dtype],
    shape: ([logits, target]) => {
      const [from, given] = [logits.shape, target.shape];
      if (from.length !== 2 || !sameShape(given, shapeOf(from))) {
        throw new ShapeError(
          `${name}: logits ${showShape(from)} and ${what} ${showShape(given)}; they must be ${shown}.`,
        );
      }
      return { shape: [], dtype: 'f32' };
    },
    forward: ({ recorder, inputs: [logits, target], output, empty }) => {
      const { rows, classes } = sizes(logits);
      if (areClasses) requireBelow(name, 'label', target, classes);
      const losses = empty({ shape: [rows] });
      const rowSums = empty({ shape: [rows, width] });
      recorder.dispatch(forward, {
        reads: [logits, target],
        writes: [losses, rowSums],
        uniforms: { rows, classes },
        workgroups: linearGrid(recorder, rows),
      });
      sumAxes(losses, [0], 1 / rows, output);
      return rowSums;
    },
    backward: ({ inputs: [logits, target], saved: rowSums, grad, gradientSlot }) => {
      const dlogits = gradientSlot(0);
      grad.recorder.dispatch(backward, {
        reads: [logits, target, rowSums, grad],
        writes: [dlogits],
        uniforms: sizes(logits),
        workgroups: linearGrid(grad.recorder, logits.size),
      });
      return [dlogits, null];
    },
  });
}

const plain = rowLoss({
  name: 'crossEntropy',
  shader: 'cross_entropy',
  dtype: 'u32',
  target: { what: 'labels', shapeOf: ([rows = 1]) => [rows], shown: '[batch, classes] and [batch]' },
  classes: true,
  saved: 2,
});

const soft = rowLoss({
  name: 'softCrossEntropy',
  shader: 'soft_cross_entropy',
  dtype: 'f32',
  target: { what: 'targets', shapeOf: (logits) => logits, shown: 'both [batch, classes]' },
  saved: 4,
});

/**
 * Mean over the batch of -log softmax(logits)[label], a scalar. `logits` is f32 [batch, classes], `labels` u32 [batch].
 * Labels that the host wrote, also as the argument of a step, are looked at before anything runs; where only the device
 * knows them, one that is no class makes the loss, and the gradients of its row, NaN. `checkLabels` makes labels of any numbers.
 * @throws RangeError on a label that is not below the number of classes
 */
export const crossEntropy = (logits: Tensor, labels: Tensor): Tensor => plain([logits, labels], null);

/**
 * Mean over the batch of sum over k of -targets[k] log softmax(logits)[k], a scalar. Both are f32 [batch, classes]: a class with
 * its weight in each row, or probabilities of classes. The weights are taken as they are: nothing is divided by their sum,
 * one below 0 counts against its class, and one that is NaN makes the loss NaN. No gradient flows to them.
 */
export const softCrossEntropy = (logits: Tensor, targets: Tensor): Tensor => soft([logits, targets], null);

/** Labels for `crossEntropy`, once each of them is known to be an integer in [0, classes). */
export function checkLabels(labels: ArrayLike<number>, classes: number): Uint32Array {
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new RangeError(
      `checkLabels: the number of classes is ${describeValue(classes)}; it must be an integer of at least 1.`,
    );
  }
  if (!Array.isArray(labels) && !ArrayBuffer.isView(labels)) {
    throw new DTypeError(`checkLabels: the labels are ${describeValue(labels)}; pass a list of integers.`);
  }
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
