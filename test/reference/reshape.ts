import fc from 'fast-check';
import { arrays } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

export default defineReference<{ shape: readonly number[] }>({
  op: 'reshape',
  pointwise: true,
  cases: fc
    .constantFrom<[number[], number[]]>(
      [[6], [2, 3]],
      [
        [2, 3, 4],
        [4, 6],
      ],
      [[5, 1], [5]],
      [[1], []],
    )
    .chain(([from, shape]) =>
      fc.record({ inputs: fc.tuple(arrays(from)), attributes: fc.constant({ shape }) }),
    ),
  forward: ([x], { shape }) => ({ shape, data: x?.data ?? new Float64Array() }),
  backward: ([x], _, grad) => [{ shape: x?.shape ?? [], data: grad.data }],
});
