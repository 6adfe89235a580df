import fc from 'fast-check';
import { arrays, at, extents, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';
import { type RowTile, rowTiles } from '../support/row-tiles.ts';

interface Attributes {
  readonly eps: number;
  readonly tile?: RowTile | undefined;
}

const cases = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
    fc.oneof({ weight: 8, arbitrary: extents(260) }, { weight: 1, arbitrary: fc.constantFrom(2047, 2048) }),
    fc.boolean(),
  )
  .chain(([lead, anyWidth, vectors]) => {
    const width = vectors ? Math.ceil(anyWidth / 4) * 4 : anyWidth;
    return fc.record({
      inputs: fc.tuple(arrays([...lead, width]), arrays([width])),
      attributes: fc.record({ eps: fc.constantFrom(1e-6, 1e-3), tile: rowTiles }),
    });
  });

/** A row of zeros, tiny rows and ordinary ones together and alone. */
const rows = (scales: readonly number[], width: number): NdArray => ({
  shape: [scales.length, width],
  data: Float64Array.from(scales.flatMap((scale, i) => [...randomArray([width], i + 1, scale).data])),
});
const examples = [[0], [1e-20], [0, 1e-20, 1, 1e-4], new Array(100).fill(1)].map((scales, i) => ({
  inputs: [rows(scales, 7 + i), randomArray([7 + i], 9)],
  attributes: { eps: 1e-6 },
}));

/** Calls `visit` with each row's start and 1 / sqrt(mean(x^2) + eps). */
function eachRow(x: NdArray, eps: number, visit: (base: number, inverse: number) => void): void {
  const width = x.shape.at(-1) as number;
  for (let base = 0; base < x.data.length; base += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += at(x, base + i) ** 2;
    visit(base, 1 / Math.sqrt(squares / width + eps));
  }
}

export default defineReference<Attributes>({
  op: 'rmsNorm',
  cases,
  examples,
  // A row of one value is its sign: its gradient cancels.
  floor: 1e-2,
  forward: (inputs, { eps }) => {
    const [x, w] = inputs as [NdArray, NdArray];
    const y = zeros(x.shape);
    eachRow(x, eps, (base, inverse) => {
      for (let i = 0; i < w.data.length; i++) y.data[base + i] = at(w, i) * at(x, base + i) * inverse;
    });
    return y;
  },
  backward: (inputs, { eps }, grad) => {
    const [x, w] = inputs as [NdArray, NdArray];
    const width = w.data.length;
    const [dx, dw] = [zeros(x.shape), zeros(w.shape)];
    eachRow(x, eps, (base, inverse) => {
      let along = 0;
      for (let i = 0; i < width; i++) along += at(grad, base + i) * at(w, i) * at(x, base + i);
      for (let i = 0; i < width; i++) {
        const [g, value] = [at(grad, base + i), at(x, base + i)];
        dx.data[base + i] = inverse * g * at(w, i) - (value * inverse ** 3 * along) / width;
        dw.data[i] = at(dw, i) + g * value * inverse;
      }
    });
    return [dx, dw];
  },
});
