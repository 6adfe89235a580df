import { defineOp } from '../autograd/define-op.ts';
import type { FloatType } from '../dtype.ts';
import { DTypeError } from '../errors.ts';
import { castInto } from '../kernels/cast.ts';
import { Tensor } from '../tensor.ts';

const op = defineOp<{ to: FloatType }>({
  name: 'cast',
  dtypes: 'stored',
  shape: ([x], { to }) => {
    if (to !== 'f32' && to !== 'f16') {
      throw new DTypeError(`cast: to "${String(to)}"; it must be "f32" or "f16".`);
    }
    return { shape: x?.shape ?? [], dtype: to };
  },
  forward: ({ inputs: [x], output }) => castInto(x as Tensor, output),
  backward: ({ grad, place }) => {
    const dx = place(0);
    castInto(grad, dx);
    return [dx];
  },
});

/** The values of `x` stored as `to`; `x` itself where it is that already. Its gradient is cast back. */
export const cast = (x: Tensor, to: FloatType): Tensor =>
  x instanceof Tensor && x.dtype === to ? x : op([x], { to });
