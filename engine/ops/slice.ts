import { describeValue } from '../../base/describe-value.ts';
import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { blockAt, stridedCopy, wholeOf } from '../kernels/strided-copy.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

type Range = readonly [start: number, end: number];

const op = defineOp({
  name: 'slice',
  inputs: ['stored'],
  shape: ([{ shape: from, dtype }], { ranges }: { readonly ranges: readonly Range[] }) => {
    if (ranges.length !== from.length) {
      throw new ShapeError(
        `slice: ${ranges.length} ranges for ${showShape(from)}; give one [start, end] for each of its ${from.length} axes.`,
      );
    }
    for (const [axis, range] of ranges.entries()) {
      const extent = from[axis] ?? 1;
      if (!Array.isArray(range) || range.length !== 2) {
        throw new ShapeError(
          `slice: the range at axis ${axis} of ${showShape(from)} is ${describeValue(range)}; it must be [start, end], or null for the whole axis.`,
        );
      }
      const [start, end] = range;
      if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start || end > extent) {
        throw new ShapeError(
          `slice: range [${start}, ${end}] at axis ${axis} of ${showShape(from)}; it must be integers with 0 <= start < end <= ${extent}.`,
        );
      }
    }
    return { shape: ranges.map(([start, end]) => end - start), dtype };
  },
  forward: ({ inputs: [x], attributes: { ranges }, output }) => {
    const starts = ranges.map(([start]) => start);
    stridedCopy(output.shape, blockAt(x, starts), wholeOf(output));
  },
  backward: ({ inputs: [x], attributes: { ranges }, grad, gradientSlot }) => {
    const starts = ranges.map(([start]) => start);
    const dx = gradientSlot(0, { zeroed: !sameShape(grad.shape, x.shape) });
    stridedCopy(grad.shape, wholeOf(grad), blockAt(dx, starts));
    return [dx];
  },
});

/**
 * The block of `x` within `ranges`, `[start, end)` an axis. `null`, and axes beyond the last range, take the
 * whole axis: `slice(table, [null, [0, channels], [0, patches]])`.
 */
export function slice(x: Tensor, ranges: readonly (Range | null)[]): Tensor {
  return op([x], ([{ shape }]) => {
    if (!Array.isArray(ranges)) {
      throw new ShapeError(
        `slice: the ranges are ${describeValue(ranges)}; they must be a list of [start, end] or null, one an axis.`,
      );
    }
    const whole = shape.map((extent): Range => [0, extent]);
    const padded = [...ranges, ...whole.slice(ranges.length)];
    return { ranges: padded.map((range, axis) => range ?? whole[axis] ?? [0, 1]) };
  });
}
