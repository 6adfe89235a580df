import { ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { unread } from '../gpu/recorder.ts';
import { reducedShape, type Shape, showShape, sizeOf } from '../shape.ts';
import { emptyTensor, type Tensor, type TensorSpec, viewOf } from '../tensor.ts';
import { linearGrid } from './grid.ts';
import { type ByValues, pickByValues } from './values.ts';

const reduceKernel = (entry: 'sum' | 'spread', values: 1 | 4) =>
  defineKernel({
    name: `reduce_${entry}_${values}`,
    shader: 'reduce/reduce',
    picks: [`lib/values_${values}`],
    entry,
    reads: entry === 'spread' ? 2 : 1,
    writes: 1,
    uniforms: { outer: 'u32', extent: 'u32', inner: 'u32', chunk: 'u32', chunks: 'u32', scale: 'f32' },
    elements: { stored: [0], result: entry === 'spread' ? [1, 2] : [1] },
  });

const SUM: ByValues = { single: reduceKernel('sum', 1), vectors: reduceKernel('sum', 4) };
const BROADCAST: ByValues = { single: reduceKernel('spread', 1), vectors: reduceKernel('spread', 4) };

/** Longest run that one invocation sums alone. */
const CHUNK = 512;

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
  const { kernel, values } = pickByValues(SUM, inner);
  recorder.dispatch(kernel, {
    reads: [x],
    writes: [target],
    uniforms: { outer, extent, inner: inner / values, chunk, chunks, scale: split ? 1 : scale },
    workgroups: linearGrid(recorder, (outer * chunks * inner) / values),
  });
  return split ? sumRun(target, outer, chunks, inner, scale, out) : target;
}

/** A run of adjacent axes of a shape, seen as the middle one of three. */
interface Run {
  readonly first: number;
  readonly end: number;
}

/** Adjacent axes are one run. Outermost first. */
function runsOf(axes: readonly number[]): Run[] {
  const runs: { first: number; end: number }[] = [];
  for (const axis of [...axes].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.end === axis) last.end++;
    else runs.push({ first: axis, end: axis + 1 });
  }
  return runs;
}

function folded(shape: Shape, { first, end }: Run): [outer: number, extent: number, inner: number] {
  return [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(first, end)), sizeOf(shape.slice(end))];
}

/**
 * `scale` times the sum of `x` over `axes`, which are kept as 1. Written to `out` when given, in its element type;
 * otherwise to a tensor of the type of `x`. Partial sums are f32.
 */
export function sumAxes(x: Tensor, axes: readonly number[], scale = 1, out?: Tensor): Tensor {
  const runs = runsOf(axes);
  const spec = { shape: reducedShape(x.shape, axes, true), dtype: x.dtype };
  const total = out ?? emptyTensor(x.recorder, spec, 'sum');
  let current = x;
  let shape = [...x.shape];
  for (const [index, run] of runs.entries()) {
    const last = index === runs.length - 1;
    current = sumRun(current, ...folded(shape, run), last ? scale : 1, last ? total : null);
    shape = shape.map((extent, axis) => (axis >= run.first && axis < run.end ? 1 : extent));
  }
  return viewOf(current, shape);
}

/**
 * The adjoint of `sumAxes`: `x`, with extent 1 along `axes`, repeated along them to fill `out`, times `scale`; plus
 * `accumulated`, of the shape of `out`, where given.
 */
export function broadcastAxes(
  x: Tensor,
  axes: readonly number[],
  scale: number,
  out: Tensor,
  accumulated: Tensor | null = null,
): void {
  const { recorder } = x;
  const runs = runsOf(axes);
  let current = x;
  let shape = reducedShape(out.shape, axes, true);
  for (const [index, run] of runs.entries()) {
    const last = index === runs.length - 1;
    shape = shape.map((extent, axis) =>
      axis >= run.first && axis < run.end ? (out.shape[axis] ?? 1) : extent,
    );
    const target = last ? out : emptyTensor(recorder, { shape, dtype: 'f32' }, 'partly broadcast');
    const [outer, extent, inner] = folded(shape, run);
    const { kernel, values } = pickByValues(BROADCAST, inner);
    recorder.dispatch(kernel, {
      reads: [current, (last && accumulated) || unread(current, target.dtype)],
      writes: [target],
      uniforms: { outer, extent, inner: inner / values, chunk: 1, chunks: 1, scale: last ? scale : 1 },
      constants: { CARRIED: Number(last && accumulated !== null) },
      workgroups: linearGrid(recorder, (outer * extent * inner) / values),
    });
    current = target;
  }
}

/** Sums over the axes along which a tensor of this shape was broadcast to that of `x`. The one place that does. */
export function sumTo(x: Tensor, { shape, dtype }: TensorSpec, op: string): Tensor {
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
  if (axes.length === 0) return viewOf(x, shape);
  const spec = { shape: reducedShape(x.shape, axes, true), dtype };
  return viewOf(sumAxes(x, axes, 1, emptyTensor(x.recorder, spec, 'sum')), shape);
}
