/** Tensors of a checkpoint at half of their size. */
import { fromHalf, LARGEST_HALF, toHalf } from '../base/half.ts';
import { quote } from '../base/quote.ts';
import { isFloat, type StoredTensor, toFloat32 } from './dtypes.ts';
import { CheckpointError } from './errors.ts';

/**
 * The tensor as F16: each value rounded to the nearest half-precision number, ties to even. Its values are read when
 * those of the result are.
 * @throws CheckpointError for integers; on reading for a value that half precision has no finite number for.
 */
export function asHalf({ name, dtype, shape, offset, read }: StoredTensor): StoredTensor {
  if (!isFloat(dtype))
    throw new CheckpointError(
      `The tensor ${quote(name)} holds ${dtype}, which half precision would round to other numbers; store it as it is.`,
    );
  return {
    ...{ name, shape, offset, dtype: 'F16' },
    async read() {
      const values = toFloat32(dtype, await read());
      const halves = values && toHalf(values);
      const place = halves ? fromHalf(halves).findIndex((value) => !Number.isFinite(value)) : 0;
      if (!halves || place >= 0)
        throw new CheckpointError(
          `The tensor ${quote(name)} holds ${values?.[place] ?? 'a number beyond f32'} at place ${place}, which is not a number of half precision (they end at ${LARGEST_HALF}); store it as f32.`,
        );
      return new Uint8Array(halves.buffer);
    },
  };
}
