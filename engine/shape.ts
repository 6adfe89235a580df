import { describeValue } from '../base/describe-value.ts';
import { ShapeError } from './errors.ts';

/** Extents of a row-major tensor, outermost first. A scalar is `[]`. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** `[2, 3]`, for messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Throws unless every extent is a positive integer: WebGPU has no empty bindings. */
export function checkShape(what: string, shape: Shape): void {
  if (!Array.isArray(shape)) {
    throw new ShapeError(
      `${what}: the shape is ${describeValue(shape)}; it must be a list of extents, such as [2, 3].`,
    );
  }
  for (const [axis, extent] of shape.entries()) {
    if (!Number.isSafeInteger(extent) || extent < 1) {
      throw new ShapeError(
        `${what}: extent ${extent} at axis ${axis} of ${showShape(shape)}; every extent must be an integer of at least 1.`,
      );
    }
  }
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}

/** `axis` counted from the front, `-1` being the last. */
export function resolveAxis(op: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError(`${op}: axis ${axis} of a tensor of rank ${rank}; use ${-rank} to ${rank - 1}.`);
  }
  return resolved;
}

/** The common shape of NumPy broadcasting: axes align at the end, extents agree or are 1. */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const ea = a[axis - rank + a.length] ?? 1;
    const eb = b[axis - rank + b.length] ?? 1;
    if (ea !== eb && ea !== 1 && eb !== 1) {
      throw new ShapeError(
        `${op}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast: ${ea} against ${eb} at axis ${axis - rank}; extents must agree or be 1.`,
      );
    }
    return Math.max(ea, eb);
  });
}

/** Strides of `shape` seen as `target`: 0 along every broadcast axis. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : (own[axis - lead] ?? 0)));
}

/** `axes` counted from the front, each of them once. */
export function resolveAxes(op: string, axes: readonly number[], rank: number): number[] {
  if (!Array.isArray(axes)) {
    throw new ShapeError(
      `${op}: axes is ${describeValue(axes)}; it must be a list of axes, such as [0, -1].`,
    );
  }
  const resolved = axes.map((axis: number) => resolveAxis(op, axis, rank));
  const again = resolved.findIndex((axis, index) => resolved.indexOf(axis) < index);
  if (again >= 0) {
    throw new ShapeError(
      `${op}: axes [${axes.join(', ')}] name axis ${resolved[again]} twice; give each of them once.`,
    );
  }
  return resolved;
}

/** Shape with `axes` set to 1 (`keepDims`) or dropped. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));
}
