import { sizeOf } from '../support/ndarray.ts';

/** How the engine lays out what the reference has with its features on axis 1. */
export interface Layout {
  /** The reference's tensor seen under this shape first. */
  readonly view?: readonly number[];
  /** Axis of the reference (or of `view`) for each axis of ours. */
  readonly order: readonly number[];
}

/** [B, D, C, N] of the reference as our [B, C, N, D]. */
export const FEATURES_LAST: Layout = { order: [0, 2, 3, 1] };

export function toOurs(data: ArrayLike<number>, shape: readonly number[], { view = shape, order }: Layout) {
  return { data: permute(data, view, order), shape: order.map((axis) => view[axis] as number) };
}

export function toReference(
  data: ArrayLike<number>,
  shape: readonly number[],
  { view = shape, order }: Layout,
) {
  const ours = order.map((axis) => view[axis] as number);
  return permute(
    data,
    ours,
    view.map((_, axis) => order.indexOf(axis)),
  );
}

function permute(data: ArrayLike<number>, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const to = order.map((axis) => shape[axis] as number);
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    let [rest, from] = [i, 0];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const extent = to[axis] as number;
      from += (rest % extent) * (strides[order[axis] as number] as number);
      rest = Math.floor(rest / extent);
    }
    out[i] = data[from] as number;
  }
  return out;
}

/** A table [1, a, b, D] in the corner of a [1, A, B, D] of zeros. */
export function expandCorner(
  data: ArrayLike<number>,
  corner: readonly number[],
  shape: readonly number[],
): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  eachRow(corner, shape, (from, to, width) => {
    for (let i = 0; i < width; i++) out[to + i] = data[from + i] as number;
  });
  return out;
}

/** The corner of a table, and whether all the rest of it is zero. */
export function takeCorner(data: Float32Array, shape: readonly number[], corner: readonly number[]) {
  if (sizeOf(shape) === sizeOf(corner)) return { data, restIsZero: true };
  const out = new Float32Array(sizeOf(corner));
  const rest = data.slice();
  eachRow(corner, shape, (to, from, width) => {
    out.set(data.subarray(from, from + width), to);
    rest.fill(0, from, from + width);
  });
  return { data: out, restIsZero: rest.every((value) => value === 0) };
}

function eachRow(
  corner: readonly number[],
  shape: readonly number[],
  visit: (inCorner: number, inWhole: number, width: number) => void,
): void {
  const fits =
    corner.length === 4 && shape.length === 4 && corner.every((e, axis) => e <= (shape[axis] ?? 0));
  if (!fits || corner[3] !== shape[3]) throw new Error(`[${corner}] is not a corner of [${shape}].`);
  const [, rows = 1, columns = 1, width = 1] = corner;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      visit((row * columns + column) * width, (row * (shape[2] ?? 1) + column) * width, width);
    }
  }
}
