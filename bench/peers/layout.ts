import type { Values } from '../contract.ts';

/**
 * How values of ours lie in a library that would rather have them otherwise (queries, keys and values apart, weights
 * transposed). Converted on the host and outside of what is timed: nobody pays for our conventions.
 */
export interface Layout {
  /** One tensor of ours as the library's tensors. */
  to(values: Values): readonly Values[];
  /** Back again: the data of the library's tensors as ours. */
  from(parts: readonly Float32Array[]): Float32Array;
}

export const asItIs: Layout = {
  to: (values) => [values],
  from: ([data]) => data ?? new Float32Array(),
};

/** The same values in the same order under another shape. */
export const reshaped = (shape: readonly number[]): Layout => ({
  to: ({ data }) => [{ data, shape }],
  from: asItIs.from,
});

/** Our values, seen as `shape`, with their axes in the order `axes`. */
export function permuted(shape: readonly number[], axes: readonly number[]): Layout {
  const there = axes.map((axis) => shape[axis] ?? 1);
  const back = axes.map((_, axis) => axes.indexOf(axis));
  return {
    to: ({ data }) => [{ data: permute(Float32Array.from(data), shape, axes), shape: there }],
    from: ([data]) => permute(data ?? new Float32Array(), there, back),
  };
}

/** The last axis cut into `count` equal parts, a tensor each. */
export function parted(shape: readonly number[], count: number): Layout {
  const width = (shape.at(-1) ?? 1) / count;
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const at = (row: number, part: number) => (row * count + part) * width;
  return {
    to: ({ data }) =>
      Array.from({ length: count }, (_, part) => {
        const own = new Float32Array(rows * width);
        for (let row = 0; row < rows; row++) {
          own.set(data.subarray(at(row, part), at(row, part) + width), row * width);
        }
        return { data: own, shape: [...shape.slice(0, -1), width] };
      }),
    from: (parts) => {
      const all = new Float32Array(rows * width * count);
      for (const [part, own] of parts.entries()) {
        for (let row = 0; row < rows; row++) {
          all.set(own.subarray(row * width, (row + 1) * width), at(row, part));
        }
      }
      return all;
    },
  };
}

function permute(data: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, e) => product * e, 1));
  const out = new Float32Array(data.length);
  const index = axes.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] ?? 0;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const source = axes[axis] ?? 0;
      const [extent, stride] = [shape[source] ?? 1, strides[source] ?? 1];
      const next = (index[axis] ?? 0) + 1;
      from += stride;
      if (next < extent) {
        index[axis] = next;
        break;
      }
      from -= extent * stride;
      index[axis] = 0;
    }
  }
  return out;
}
