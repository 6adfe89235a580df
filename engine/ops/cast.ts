import { defineOp } from '../autograd/define-op.ts';
import type { FloatType } from '../dtype.ts';
import { DTypeError } from '../errors.ts';
import { castInto } from '../kernels/cast.ts';
import { Tensor } from '../tensor.ts';

const op = defineOp({
  name: 'cast',
  inputs: ['stored'],
  shape: ([{ shape }], { to }: { readonly to: FloatType }) => {
    if (to !== 'f32' && to !== 'f16') {
      throw new DTypeError(`cast: to "${String(to)}"; it must be "f32" or "f16".`);
    }
    return { shape, dtype: to };
  },
  forward: ({ inputs: [x], output }) => castInto(x, output),
  backward: ({ grad, gradientSlot }) => {
    const dx = gradientSlot(0);
    castInto(grad, dx);
    return [dx];
  },
});

/** The values of `x` stored as `to`; `x` itself where it is that already. Its gradient is cast back. */
export const cast = (x: Tensor, to: FloatType): Tensor =>
  x instanceof Tensor && x.dtype === to ? x : op([x], { to });
