import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { linearGrid } from '../kernels/grid.ts';
import { type ByValues, pickByValues } from '../kernels/values.ts';
import { resolveAxis, showShape, sizeOf } from '../shape.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';

/** Tensors that one dispatch takes: every device binds 8 buffers. */
const MOST = 4;

function kernels(entry: 'join' | 'split', reads: number, writes: number): ByValues {
  const kernel = (values: number) =>
    defineKernel({
      name: `concat_${entry}_${values}`,
      shader: 'layout/concat',
      picks: [`lib/values_${values}`],
      entry,
      reads,
      writes,
      uniforms: { widths: 'vec4u', columns: 'u32', size: 'u32', row: 'u32', first: 'u32' },
      elements: { stored: Array.from({ length: reads + writes }, (_, binding) => binding) },
    });
  return { single: kernel(1), vectors: kernel(4) };
}

const JOIN = kernels('join', MOST, 1);
const SPLIT = kernels('split', 1, MOST);

/** Four tensors at a time, and what a dispatch over them needs. */
function* launches(kernelsOf: ByValues, pieces: readonly Tensor[], whole: Tensor, axis: number) {
  const widthOf = ({ shape }: Tensor) => sizeOf(shape.slice(axis));
  const { kernel, values } = pickByValues(kernelsOf, ...pieces.map(widthOf));
  const row = widthOf(whole) / values;
  let first = 0;
  for (let start = 0; start < pieces.length; start += MOST) {
    const some = pieces.slice(start, start + MOST);
    const widths = some.map((piece) => widthOf(piece) / values);
    const columns = widths.reduce((sum, width) => sum + width, 0);
    const size = (whole.size / values / row) * columns;
    const padded = [...widths, 0, 0, 0].slice(0, MOST);
    const uniforms = { widths: padded, columns, size, row, first };
    yield { kernel, some, uniforms, workgroups: linearGrid(whole.recorder, size) };
    first += columns;
  }
}

/** Writes `pieces`, which differ along `axis` only, one after another along it into `whole`. */
function joinAlong(pieces: readonly Tensor[], whole: Tensor, axis: number): void {
  for (const { kernel, some, ...launch } of launches(JOIN, pieces, whole, axis)) {
    // Those that are not there still need something bound; nothing of it is read.
    const reads = Array.from({ length: MOST }, (_, i) => some[i] ?? (some[0] as Tensor));
    whole.recorder.dispatch(kernel, { reads, writes: [whole], ...launch });
  }
}

/** The way back: `pieces` receive their runs of `whole`. */
function splitAlong(pieces: readonly Tensor[], whole: Tensor, axis: number): void {
  const { recorder } = whole;
  for (const { kernel, some, ...launch } of launches(SPLIT, pieces, whole, axis)) {
    // A buffer cannot be bound for writing twice: those that are not there are buffers of their own.
    const absent = () => emptyTensor(recorder, { shape: [4], dtype: whole.dtype }, 'nothing');
    const writes = Array.from({ length: MOST }, (_, i) => some[i] ?? absent());
    recorder.dispatch(kernel, { reads: [whole], writes, ...launch });
  }
}

const op = defineOp({
  name: 'concat',
  inputs: 'stored',
  shape: (inputs, { axis }: { readonly axis: number }) => {
    const [{ shape: first, dtype }] = inputs;
    for (const [index, { shape }] of inputs.entries()) {
      const fits =
        shape.length === first.length && shape.every((e, other) => other === axis || e === first[other]);
      if (!fits) {
        throw new ShapeError(
          `concat: input 0 is ${showShape(first)} and input ${index} is ${showShape(shape)}; they may differ at axis ${axis} only (broadcastTo repeats one of extent 1).`,
        );
      }
    }
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 1), 0);
    const shape = first.map((extent, other) => (other === axis ? total : extent));
    return { shape, dtype };
  },
  forward: ({ inputs, attributes: { axis }, output }) => joinAlong(inputs, output, axis),
  backward: ({ inputs, attributes: { axis }, grad, needsGrad, gradientSlot }) => {
    const pieces = inputs.map((input, index) =>
      needsGrad[index] ? gradientSlot(index) : emptyTensor(grad.recorder, input, 'unneeded gradient'),
    );
    splitAlong(pieces, grad, axis);
    return pieces.map((piece, index) => (needsGrad[index] ? piece : null));
  },
});

/** Tensors one after another along `axis` (negative: counted from the end); all other extents are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  return op(tensors, ([first]) => ({ axis: resolveAxis('concat', axis, first.rank) }));
}
