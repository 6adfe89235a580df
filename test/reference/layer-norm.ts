import fc from 'fast-check';
import { gelu, geluDerivative } from '../support/gelu.ts';
import { arrays, at, extents, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';
import { type RowTile, rowTiles } from '../support/row-tiles.ts';

interface Attributes {
  readonly eps: number;
  readonly activation: 'none' | 'gelu';
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
    const weights = arrays([width], { scale: fc.constantFrom(1, 0.1) });
    return fc.record({
      inputs: fc.tuple(arrays([...lead, width]), weights, weights),
      attributes: fc.record({
        eps: fc.constantFrom(1e-6, 1e-3),
        activation: fc.constantFrom<Attributes['activation']>('none', 'gelu'),
        tile: rowTiles,
      }),
    });
  });

/** Constant rows, tiny ones and ones far from 0, and enough rows to be summed in chunks. */
const rows = (scales: readonly number[], offset: number, width: number): NdArray => ({
  shape: [scales.length, width],
  data: Float64Array.from(scales.flatMap((scale, i) => [...randomArray([width], i + 1, scale, offset).data])),
});
const example = (scales: readonly number[], offset: number, width: number) => ({
  inputs: [rows(scales, offset, width), randomArray([width], 9), randomArray([width], 10)],
  attributes: { eps: 1e-6, activation: 'gelu' as const },
});
const examples = [
  example([0], 0, 7),
  example([0, 1e-20, 1, 1e-4], 0, 12),
  example([0, 0, 0], 0.678, 29),
  example([1, 1], 1000, 64),
  example(new Array(100).fill(1), 0, 24),
];

/** Calls `visit` with each row's start, mean and 1 / sqrt(variance + eps). */
function eachRow(
  x: NdArray,
  eps: number,
  visit: (base: number, normalised: (i: number) => number, inverse: number) => void,
): void {
  const width = x.shape.at(-1) as number;
  for (let base = 0; base < x.data.length; base += width) {
    let mean = 0;
    for (let i = 0; i < width; i++) mean += at(x, base + i) / width;
    let variance = 0;
    for (let i = 0; i < width; i++) variance += (at(x, base + i) - mean) ** 2 / width;
    const inverse = 1 / Math.sqrt(variance + eps);
    visit(base, (i) => (at(x, base + i) - mean) * inverse, inverse);
  }
}

export default defineReference<Attributes>({
  op: 'layerNorm',
  cases,
  examples,
  // A row of one value is constant and one of two is its sign: their gradients cancel.
  floor: 0.1,
  forward: (inputs, { eps, activation }) => {
    const [x, w, b] = inputs as [NdArray, NdArray, NdArray];
    const y = zeros(x.shape);
    eachRow(x, eps, (base, normalised) => {
      for (let i = 0; i < w.data.length; i++) {
        const h = normalised(i) * at(w, i) + at(b, i);
        y.data[base + i] = activation === 'gelu' ? gelu(h) : h;
      }
    });
    return y;
  },
  backward: (inputs, { eps, activation }, grad) => {
    const [x, w, b] = inputs as [NdArray, NdArray, NdArray];
    const width = w.data.length;
    const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
    eachRow(x, eps, (base, normalised, inverse) => {
      const byHidden = (i: number) => {
        const slope = activation === 'gelu' ? geluDerivative(normalised(i) * at(w, i) + at(b, i)) : 1;
        return at(grad, base + i) * slope;
      };
      let [mean, along] = [0, 0];
      for (let i = 0; i < width; i++) {
        const g = byHidden(i);
        dw.data[i] = at(dw, i) + g * normalised(i);
        db.data[i] = at(db, i) + g;
        mean += (g * at(w, i)) / width;
        along += (g * at(w, i) * normalised(i)) / width;
      }
      for (let i = 0; i < width; i++) {
        dx.data[base + i] = inverse * (byHidden(i) * at(w, i) - mean - normalised(i) * along);
      }
    });
    return [dx, dw, db];
  },
});
