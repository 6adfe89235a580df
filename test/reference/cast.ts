import fc from 'fast-check';
import type { FloatType } from '../../engine/dtype.ts';
import { arrays, extents, type NdArray } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

// To f32 only, whatever is stored: not every adapter can be asked for f16. test/engine/half.test.ts casts to that.
const cases = fc
  .array(extents(65), { minLength: 1, maxLength: 2 })
  .chain((shape) =>
    fc.record({ inputs: fc.tuple(arrays(shape)), attributes: fc.constant({ to: 'f32' as FloatType }) }),
  );

export default defineReference<{ to: FloatType }>({
  op: 'cast',
  pointwise: true,
  cases,
  forward: (inputs) => inputs[0] as NdArray,
  backward: (_inputs, _attributes, grad) => [grad],
});
