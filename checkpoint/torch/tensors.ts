/** Tensors as views of storages: bounds first, then numbers. */
import { BYTES_PER_ELEMENT, countOf } from '../dtypes.ts';
import type { PickleReader } from './pickle-reader.ts';
import { describe, type PickleValue, type Storage, type TensorView } from './values.ts';

const MOST_AXES = 64;

/** Elements of the storage that a view lies within. */
export interface Span {
  readonly start: number;
  readonly count: number;
}

/** The view, and the bytes that it costs to read it. Refuses a view that leaves its storage. */
export function viewTensor(
  storage: Storage,
  start: PickleValue | undefined,
  size: readonly PickleValue[],
  strides: readonly PickleValue[],
  reader: PickleReader,
): { view: TensorView; bytes: number } {
  const numbers = [start, ...size, ...strides];
  const wrong = numbers.find(
    (value) => !(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0),
  );
  if (wrong !== undefined || start === undefined) {
    return reader.fail(
      'out-of-bounds',
      `a tensor with ${describe(wrong)} among its offset, size and strides.`,
    );
  }
  if (size.length !== strides.length || size.length > MOST_AXES) {
    return reader.fail('out-of-bounds', `a tensor of ${size.length} axes with ${strides.length} strides.`);
  }
  const view: TensorView = {
    kind: 'tensor',
    storage,
    start: start as number,
    shape: size as number[],
    strides: strides as number[],
    offset: reader.offset,
  };
  const count = countOf(view.shape);
  const span = spanOf(view);
  // An inexact sum is far beyond any storage, so that rounding cannot let it pass.
  if (!(count <= Number.MAX_SAFE_INTEGER) || !(span.start + span.count <= storage.count)) {
    return reader.fail(
      'out-of-bounds',
      `a tensor of size [${view.shape}], strides [${view.strides}] and offset ${start} leaves its storage of ${storage.count} elements.`,
    );
  }
  return { view, bytes: Math.max(count, span.count) * BYTES_PER_ELEMENT[storage.dtype] };
}

export function spanOf({ start, shape, strides }: TensorView): Span {
  if (shape.includes(0)) return { start, count: 0 };
  const last = shape.reduce((sum, extent, axis) => sum + (extent - 1) * (strides[axis] as number), 0);
  return { start, count: last + 1 };
}

/** Row-major bytes of a view from the bytes of its span. The same bytes where nothing needs to move. */
export function gather(view: TensorView, span: Uint8Array): Uint8Array {
  const { shape, strides, storage } = view;
  if (isContiguous(view)) return span;
  const unit = BYTES_PER_ELEMENT[storage.dtype];
  const bytes = new Uint8Array(countOf(shape) * unit);
  const place = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += unit) {
    for (let i = 0; i < unit; i++) bytes[to + i] = span[from * unit + i] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      place[axis] = (place[axis] as number) + 1;
      from += stride;
      if ((place[axis] as number) < (shape[axis] as number)) break;
      from -= stride * (shape[axis] as number);
      place[axis] = 0;
    }
  }
  return bytes;
}

function isContiguous({ shape, strides }: TensorView): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    if (extent === 0) return true;
    if (extent !== 1 && strides[axis] !== expected) return false;
    expected *= extent;
  }
  return true;
}
