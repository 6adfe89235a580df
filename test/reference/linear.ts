import fc from 'fast-check';
import { arrays, at, extents, type NdArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

interface Epilogue {
  readonly bias: boolean;
  readonly residual: boolean;
}

const cases = fc
  .record({
    lead: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    n: extents(70),
    k: extents(70),
    bias: fc.boolean(),
    residual: fc.boolean(),
    vectors: fc.boolean(),
  })
  .chain(({ lead, n: anyN, k: anyK, bias, residual, vectors }) => {
    const [n, k] = [anyN, anyK].map((extent) => (vectors ? Math.ceil(extent / 4) * 4 : extent)) as [
      number,
      number,
    ];
    return fc.record({
      inputs: fc.tuple(
        arrays([...lead, k]),
        arrays([n, k]),
        ...(bias ? [arrays([n])] : []),
        ...(residual ? [arrays([...lead, n])] : []),
      ),
      attributes: fc.constant({ bias, residual }),
    });
  });

export default defineReference<Epilogue>({
  op: 'linear',
  cases,
  forward: (inputs, { bias, residual }) => {
    const [x, w] = inputs as [NdArray, NdArray];
    const [n, k] = w.shape as [number, number];
    const y = zeros([...x.shape.slice(0, -1), n]);
    for (let i = 0; i < y.data.length; i++) {
      const [row, j] = [Math.floor(i / n), i % n];
      let total = bias ? at(inputs[2] as NdArray, j) : 0;
      for (let l = 0; l < k; l++) total += at(x, row * k + l) * at(w, j * k + l);
      if (residual) total += at(inputs.at(-1) as NdArray, i);
      y.data[i] = total;
    }
    return y;
  },
  backward: (inputs, { bias, residual }, grad) => {
    const [x, w] = inputs as [NdArray, NdArray];
    const [n, k] = w.shape as [number, number];
    const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros([n])];
    for (let i = 0; i < grad.data.length; i++) {
      const [row, j] = [Math.floor(i / n), i % n];
      const g = at(grad, i);
      db.data[j] = at(db, j) + g;
      for (let l = 0; l < k; l++) {
        dx.data[row * k + l] = at(dx, row * k + l) + g * at(w, j * k + l);
        dw.data[j * k + l] = at(dw, j * k + l) + g * at(x, row * k + l);
      }
    }
    return [dx, dw, ...(bias ? [db] : []), ...(residual ? [grad] : [])];
  },
});
