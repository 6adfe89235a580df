import { ShapeError } from '../errors.ts';
import { defineKernel } from '../kernel.ts';
import { reducedShape, type Shape, showShape, sizeOf } from '../shape.ts';
import { emptyTensor, type Tensor, viewOf } from '../tensor.ts';
import { linearGrid } from './grid.ts';

const kernel = defineKernel({
  name: 'reduce_sum',
  shader: 'reduce',
  entry: 'sum',
  reads: 1,
  writes: 1,
  uniforms: { outer: 'u32', extent: 'u32', inner: 'u32', chunk: 'u32', chunks: 'u32', scale: 'f32' },
});

/** Longest run that one invocation sums alone. */
const CHUNK = 128;

function sumRun(
  x: Tensor,
  outer: number,
  extent: number,
  inner: number,
  scale: number,
  out: Tensor | null,
): Tensor {
  const { recorder } = x;
  const split = extent > CHUNK;
  const chunk = split ? CHUNK : extent;
  const chunks = Math.ceil(extent / chunk);
  const target =
    !split && out
      ? out
      : emptyTensor(recorder, { shape: [outer, chunks, inner], dtype: 'f32' }, 'partial sums');
  const count = outer * chunks * inner;
  recorder.dispatch(kernel, {
    reads: [x],
    writes: [target],
    uniforms: { outer, extent, inner, chunk, chunks, scale: split ? 1 : scale },
    workgroups: linearGrid(recorder, count),
  });
  return split ? sumRun(target, outer, chunks, inner, scale, out) : target;
}

/** `scale` times the sum of `x` over `axes`, which are kept as 1. Written to `out` when given. */
export function sumAxes(x: Tensor, axes: readonly number[], scale = 1, out: Tensor | null = null): Tensor {
  const kept = reducedShape(x.shape, axes, true);
  let current = x;
  let shape: Shape = x.shape;
  // Adjacent reduced axes are one run; runs go one after another, innermost first.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (!axes.includes(axis)) continue;
    let first = axis;
    while (first > 0 && axes.includes(first - 1)) first--;
    const run = shape.slice(first, axis + 1);
    const last = !axes.some((other) => other < first);
    const result = sumRun(
      current,
      sizeOf(shape.slice(0, first)),
      sizeOf(run),
      sizeOf(shape.slice(axis + 1)),
      last ? scale : 1,
      last ? out : null,
    );
    shape = shape.map((extent, i) => (i >= first && i <= axis ? 1 : extent));
    current = result;
    axis = first;
  }
  return viewOf(current, kept);
}

/** Sums over the axes along which `shape` was broadcast to the shape of `x`. The one place that does. */
export function sumTo(x: Tensor, shape: Shape, op: string): Tensor {
  const lead = x.shape.length - shape.length;
  const axes: number[] = [];
  for (const [axis, extent] of x.shape.entries()) {
    const wanted = axis < lead ? 1 : (shape[axis - lead] ?? 1);
    if (wanted === extent) continue;
    if (wanted !== 1) {
      throw new ShapeError(
        `${op}: a gradient of shape ${showShape(x.shape)} does not belong to an input of shape ${showShape(shape)}.`,
      );
    }
    axes.push(axis);
  }
  // Leading axes of extent 1 need no summing, only a view.
  return viewOf(axes.length === 0 ? x : sumAxes(x, axes), shape);
}
