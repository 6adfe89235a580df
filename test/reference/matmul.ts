import fc from 'fast-check';
import { arrays, at, extents, type NdArray, sizeOf, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Visits every product of scalars with the flat indices of its factors and of its result. */
function eachTerm(
  [a, b]: readonly NdArray[],
  { transposeA, transposeB }: Transposes,
  visit: (ia: number, ib: number, ic: number) => void,
): number[] {
  if (!a || !b) throw new Error('matmul takes two inputs');
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [a1, a0] : [a0, a1];
  const n = transposeB ? b0 : b1;
  const lead = a.shape.slice(0, -2);
  const shared = b.shape.length === 2;
  for (let batch = 0; batch < sizeOf(lead); batch++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        for (let l = 0; l < k; l++) {
          const ia = batch * m * k + (transposeA ? l * m + i : i * k + l);
          const ib = (shared ? 0 : batch * k * n) + (transposeB ? j * k + l : l * n + j);
          visit(ia, ib, (batch * m + i) * n + j);
        }
      }
    }
  }
  return [...lead, m, n];
}

const shapes = fc
  .record({
    lead: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    m: extents(40),
    n: extents(40),
    k: extents(40),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    shared: fc.boolean(),
    vectors: fc.boolean(),
  })
  .chain(({ lead, transposeA, transposeB, shared, vectors, ...sizes }) => {
    // Half of the cases in multiples of 4, where the blocked kernels serve.
    const round = (extent: number) => (vectors ? Math.ceil(extent / 4) * 4 : extent);
    const [m, n, k] = [vectors && !transposeA ? sizes.m : round(sizes.m), round(sizes.n), round(sizes.k)];
    const one = shared && !transposeA;
    return fc.record({
      inputs: fc.tuple(
        arrays([...lead, ...(transposeA ? [k, m] : [m, k])]),
        arrays([...(one ? [] : lead), ...(transposeB ? [n, k] : [k, n])]),
      ),
      attributes: fc.constant({ transposeA, transposeB }),
    });
  });

export default defineReference<Transposes>({
  op: 'matmul',
  cases: shapes,
  forward: (inputs, attributes) => {
    const [a, b] = inputs as [NdArray, NdArray];
    const shape = eachTerm(inputs, attributes, () => {});
    const c = zeros(shape);
    eachTerm(inputs, attributes, (ia, ib, ic) => {
      c.data[ic] = at(c, ic) + at(a, ia) * at(b, ib);
    });
    return c;
  },
  backward: (inputs, attributes, grad) => {
    const [a, b] = inputs as [NdArray, NdArray];
    const [da, db] = [zeros(a.shape), zeros(b.shape)];
    eachTerm(inputs, attributes, (ia, ib, ic) => {
      da.data[ia] = at(da, ia) + at(grad, ic) * at(b, ib);
      db.data[ib] = at(db, ib) + at(grad, ic) * at(a, ia);
    });
    return [da, db];
  },
});
