import { defineKernel } from '../gpu/kernel.ts';
import { broadcastStrides, type Shape, stridesOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { linearGrid } from './grid.ts';

const copyKernel = (entry: 'plain' | 'vectors') =>
  defineKernel({
    name: `strided_copy_${entry}`,
    shader: 'layout/strided_copy',
    entry,
    reads: 1,
    writes: 1,
    uniforms: {
      extents: 'vec4u',
      read_strides: 'vec4u',
      write_strides: 'vec4u',
      size: 'u32',
      lanes: 'u32',
      read_first: 'u32',
      write_first: 'u32',
    },
    elements: { stored: [0, 1] },
  });

const plain = copyKernel('plain');
const vectors = copyKernel('vectors');

/** Axes that the plain path takes: more than any tensor can have after merging. */
const DEEP_AXES = 32;
const table = (name: string) =>
  Array.from({ length: DEEP_AXES / 4 }, (_, i) => [`${name}_${i}`, 'vec4u'] as const);

const deep = defineKernel({
  name: 'strided_copy_deep',
  shader: 'layout/strided_copy_deep',
  entry: 'deep',
  reads: 1,
  writes: 1,
  uniforms: {
    ...Object.fromEntries(['extents', 'read_strides', 'write_strides'].flatMap(table)),
    size: 'u32',
    axes: 'u32',
    read_first: 'u32',
    write_first: 'u32',
  },
  elements: { stored: [0, 1] },
});

/** Elements, or vectors, that one invocation copies at most, and the least that neighbours copy side by side. */
const ROUNDS = 8;
const MIN_LANES = 16;

/** A block of a tensor: its first element, and its stride along each axis of the block. */
export interface Block {
  readonly tensor: Tensor;
  readonly first: number;
  readonly strides: readonly number[];
}

/** The block of `tensor` that begins at index `starts`. */
export function blockAt(tensor: Tensor, starts: readonly number[]): Block {
  const strides = stridesOf(tensor.shape);
  const first = starts.reduce((sum, start, axis) => sum + start * (strides[axis] ?? 0), 0);
  return { tensor, first, strides };
}

/** A whole tensor as a block. */
export function wholeOf(tensor: Tensor): Block {
  return { tensor, first: 0, strides: stridesOf(tensor.shape) };
}

interface Axis {
  extent: number;
  readonly read: number;
  readonly write: number;
}

/** Axes merged as far as both sides' strides allow, innermost first. */
function mergedAxes(extents: Shape, from: Block, to: Block): Axis[] {
  const axes: Axis[] = [];
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const next = { extent: extents[axis] ?? 1, read: from.strides[axis] ?? 0, write: to.strides[axis] ?? 0 };
    if (next.extent === 1) continue;
    const inner = axes.at(-1);
    if (inner && next.read === inner.read * inner.extent && next.write === inner.write * inner.extent)
      inner.extent *= next.extent;
    else axes.push(next);
  }
  return axes.length > 0 ? axes : [{ extent: 1, read: 1, write: 1 }];
}

/** Whether every run along the innermost axis is whole vectors of four on both sides. */
function inVectors([inner, ...outer]: readonly Axis[], firsts: readonly number[]): boolean {
  if (inner?.read !== 1 || inner.write !== 1) return false;
  const multiples = [inner.extent, ...firsts, ...outer.flatMap(({ read, write }) => [read, write])];
  return multiples.every((count) => count % 4 === 0);
}

/** The path for more merged axes than 4. */
function deepCopy(axes: readonly Axis[], from: Block, to: Block): void {
  const { recorder } = to.tensor;
  const size = axes.reduce((product, { extent }) => product * extent, 1);
  const rows = (name: string, pick: (axis: Axis) => number, pad: number) =>
    table(name).map(([field], row) => [
      field,
      [0, 1, 2, 3].map((i) => (axes[4 * row + i] ? pick(axes[4 * row + i] as Axis) : pad)),
    ]);
  recorder.dispatch(deep, {
    reads: [from.tensor],
    writes: [to.tensor],
    uniforms: {
      ...Object.fromEntries([
        ...rows('extents', ({ extent }) => extent, 1),
        ...rows('read_strides', ({ read }) => read, 0),
        ...rows('write_strides', ({ write }) => write, 0),
      ]),
      size,
      axes: axes.length,
      read_first: from.first,
      write_first: to.first,
    },
    workgroups: linearGrid(recorder, size),
  });
}

/** Copies a block of `extents`, of any rank, from one tensor into another, in one dispatch. */
export function stridedCopy(extents: Shape, from: Block, to: Block): void {
  const axes = mergedAxes(extents, from, to);
  if (axes.length > 4) deepCopy(axes, from, to);
  else shallowCopy(axes, from, to);
}

function shallowCopy(axes: readonly Axis[], from: Block, to: Block): void {
  const four = inVectors(axes, [from.first, to.first]) ? 4 : 1;
  const scaled = axes.map(({ extent, read, write }, axis) =>
    axis === 0 ? { extent: extent / four, read, write } : { extent, read: read / four, write: write / four },
  );
  const [innermost, ...outer] = scaled as [Axis, ...Axis[]];
  const { extent } = innermost;
  const lanes = Math.ceil(extent / Math.min(ROUNDS, Math.max(1, Math.floor(extent / MIN_LANES))));
  const size = outer.reduce((product, axis) => product * axis.extent, lanes);
  // Positions of the kernel: x the innermost, y and z those between, w the outermost.
  const none: Axis = { extent: 1, read: 0, write: 0 };
  const last = outer.pop() ?? none;
  const positions = [innermost, outer[0] ?? none, outer[1] ?? none, last];
  const { recorder } = to.tensor;
  recorder.dispatch(four === 4 ? vectors : plain, {
    reads: [from.tensor],
    writes: [to.tensor],
    uniforms: {
      extents: positions.map((axis) => axis.extent),
      read_strides: positions.map(({ read }) => read),
      write_strides: positions.map(({ write }) => write),
      size,
      lanes,
      read_first: from.first / four,
      write_first: to.first / four,
    },
    constants: { AXES: scaled.length },
    workgroups: linearGrid(recorder, size),
  });
}

/** `x` repeated along the axes along which it is broadcast to the shape of `out`. */
export function repeatInto(x: Tensor, out: Tensor): void {
  const from = { tensor: x, first: 0, strides: broadcastStrides(x.shape, out.shape) };
  stridedCopy(out.shape, from, wholeOf(out));
}
