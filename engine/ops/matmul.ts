import { describeValue } from '../../base/describe-value.ts';
import { defineOp } from '../autograd/define-op.ts';
import { checkOptions, DTypeError, ShapeError } from '../errors.ts';
import { runMatmul } from '../matmul/launch.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface Sizes {
  batch: number;
  lead: Shape;
  m: number;
  n: number;
  k: number;
}

/** Sizes of the matmul; a single matrix B takes all rows of a batch of A at once. */
function sizes(a: Shape, b: Shape, { transposeA, transposeB }: Transposes): Sizes {
  const refuse = (why: string): never => {
    const mark = (on: boolean) => (on ? ' transposed' : '');
    throw new ShapeError(
      `matmul: ${showShape(a)}${mark(transposeA)} by ${showShape(b)}${mark(transposeB)}: ${why}.`,
    );
  };
  if (a.length < 2 || b.length < 2)
    refuse('both need at least two axes; reshape a vector to [1, n] or [n, 1]');
  const [a0 = 1, a1 = 1] = a.slice(-2);
  const [b0 = 1, b1 = 1] = b.slice(-2);
  const [m, ka] = transposeA ? [a1, a0] : [a0, a1];
  const [kb, n] = transposeB ? [b1, b0] : [b0, b1];
  if (ka !== kb) refuse(`the inner extents ${ka} and ${kb} must agree`);
  const lead = a.slice(0, -2);
  const batch = sizeOf(lead);
  if (sameShape(lead, b.slice(0, -2))) return { batch, lead, m, n, k: ka };
  if (b.length > 2 || transposeA) {
    refuse('the leading axes must agree, or B must be one matrix and A not transposed');
  }
  return { batch: 1, lead, m: batch * m, n, k: ka };
}

const op = defineOp({
  name: 'matmul',
  inputs: ['stored', 'stored'],
  shape: ([a, b], attributes: Transposes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value !== 'boolean') {
        throw new DTypeError(`matmul: ${name} is ${describeValue(value)}; it must be true or false.`);
      }
    }
    const { lead, m, n, batch } = sizes(a.shape, b.shape, attributes);
    return { shape: [...lead, (m * batch) / sizeOf(lead), n], dtype: a.dtype };
  },
  forward: ({ inputs: [a, b], attributes, output }) => {
    runMatmul({ a, b, c: output, ...sizes(a.shape, b.shape, attributes), ...attributes });
  },
  backward: ({ inputs: [a, b], attributes, grad, needsGrad, gradientSlot }) => {
    const { batch, m, n, k } = sizes(a.shape, b.shape, attributes);
    const { transposeA, transposeB } = attributes;
    const da = needsGrad[0] ? gradientSlot(0) : null;
    if (da && transposeA) {
      runMatmul({ a: b, b: grad, c: da, m: k, n: m, k: n, transposeA: transposeB, transposeB: true, batch });
    } else if (da) {
      runMatmul({ a: grad, b, c: da, m, n: k, k: n, transposeB: !transposeB, batch });
    }
    const db = needsGrad[1] ? gradientSlot(1) : null;
    if (db && transposeB) {
      runMatmul({ a: grad, b: a, c: db, m: n, n: k, k: m, transposeA: true, transposeB: transposeA, batch });
    } else if (db) {
      runMatmul({ a, b: grad, c: db, m: k, n, k: m, transposeA: !transposeA, batch });
    }
    return [da, db];
  },
});

/**
 * Matrix product over the last two axes, `a` [.., m, k] by `b` [.., k, n] or [k, n], each optionally stored
 * transposed.
 */
export function matmul(a: Tensor, b: Tensor, options: Partial<Transposes> = {}): Tensor {
  checkOptions('matmul', options, ['transposeA', 'transposeB']);
  return op([a, b], { transposeA: options.transposeA ?? false, transposeB: options.transposeB ?? false });
}
