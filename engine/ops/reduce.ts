import { describeValue } from '../../base/describe-value.ts';
import { defineOp } from '../autograd/define-op.ts';
import { checkOptions, DTypeError } from '../errors.ts';
import { broadcastAxes, sumAxes } from '../kernels/reduce.ts';
import { reducedShape, resolveAxes, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reduction(name: 'sum' | 'mean') {
  const factor = (x: Tensor, axes: readonly number[]) =>
    name === 'mean' ? 1 / sizeOf(axes.map((axis) => x.shape[axis] ?? 1)) : 1;
  return defineOp({
    name,
    inputs: ['stored'],
    shape: ([{ shape, dtype }], { axes, keepDims }: Reduction) => ({
      shape: reducedShape(shape, axes, keepDims),
      dtype,
    }),
    forward: ({ recorder, inputs: [x], attributes: { axes }, output }) => {
      if (axes.length === 0) recorder.copy(x.storage, output.storage, output.bytes);
      else sumAxes(x, axes, factor(x, axes), output);
    },
    backward: ({ inputs: [x], attributes: { axes }, grad, gradientSlot, accumulated }) => {
      if (axes.length === 0) return [grad];
      const dx = gradientSlot(0);
      broadcastAxes(grad, axes, factor(x, axes), dx, accumulated(0));
      return [dx];
    },
  });
}

const ops = { sum: reduction('sum'), mean: reduction('mean') };

export interface ReduceOptions {
  /** Axes to reduce, each once, negative ones counted from the end; all by default. */
  readonly axes?: readonly number[];
  /** Keep the reduced axes with extent 1. */
  readonly keepDims?: boolean;
}

function reduce(name: 'sum' | 'mean', x: Tensor, options: ReduceOptions): Tensor {
  checkOptions(name, options, ['axes', 'keepDims']);
  const { axes, keepDims = false } = options;
  if (typeof keepDims !== 'boolean') {
    throw new DTypeError(`${name}: keepDims is ${describeValue(keepDims)}; it must be true or false.`);
  }
  return ops[name]([x], ([{ shape }]) => ({
    axes: resolveAxes(name, axes ?? shape.map((_, axis) => axis), shape.length),
    keepDims,
  }));
}

/** Sum over `axes`. */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('sum', x, options);
/** Mean over `axes`. */
export const mean = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('mean', x, options);
