import fc from 'fast-check';
import { arrays, at, extents, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';
import { type RowTile, rowTiles } from '../support/row-tiles.ts';

interface Attributes {
  readonly multiple: number;
  readonly eps: number;
  readonly tile?: RowTile | undefined;
}

const cases = fc
  .record({
    batch: fc.integer({ min: 1, max: 4 }),
    channels: extents(5),
    samples: fc.oneof(fc.constantFrom(2, 3, 199, 200, 201), fc.integer({ min: 2, max: 700 })),
    vectors: fc.boolean(),
    offset: fc.constantFrom(0, 0, 1, -1e4),
  })
  .chain(({ batch, channels, samples, vectors, offset }) => {
    const extent = vectors ? Math.ceil(samples / 4) * 4 : samples;
    return fc.record({
      inputs: fc.tuple(arrays([batch, channels, extent], { offset })),
      attributes: fc.record({
        multiple: fc.constantFrom(200, 200, 7, 1, 64),
        eps: fc.constantFrom(1e-6, 0.1),
        tile: rowTiles,
      }),
    });
  });

const attributes = { multiple: 200, eps: 1e-6 };
/** Channels that f32 makes hard: constant, far from 0, tiny, and one whose first sample is far from the rest. */
const constant = (value: number): NdArray => randomArray([1, 1, 300], 1, 0, value);
const outlier: NdArray = randomArray([1, 1, 450], 4);
outlier.data[0] = 1e4;
const examples = [
  ...[0, 0.1, 12345.678, -3.3e-7, 3e38].map(constant),
  randomArray([1, 3, 600], 2, 1, 1e4),
  randomArray([1, 2, 6000], 3, 1e-5),
  randomArray([1, 2, 400], 5, 1e4, 1e4),
  outlier,
].map((x) => ({ inputs: [x], attributes }));

export default defineReference<Attributes>({
  op: 'zscorePad',
  cases,
  examples,
  forward: ([input], { multiple, eps }) => {
    const x = input as NdArray;
    const [batch, channels, samples] = x.shape as [number, number, number];
    const padded = multiple * Math.ceil(samples / multiple);
    const y = zeros([batch, channels, padded]);
    for (let row = 0; row < batch * channels; row++) {
      // From the first sample, or float64 itself would leave rounding in the mean of a constant.
      const first = at(x, row * samples);
      let mean = 0;
      for (let t = 0; t < samples; t++) mean += (at(x, row * samples + t) - first) / samples;
      let squares = 0;
      for (let t = 0; t < samples; t++) squares += (at(x, row * samples + t) - first - mean) ** 2;
      const sd = Math.sqrt(squares / (samples - 1));
      for (let t = 0; t < samples; t++) {
        y.data[row * padded + t] = (at(x, row * samples + t) - first - mean) / (sd + eps);
      }
    }
    return y;
  },
  // The deviation of a constant channel has a kink, as |x| has at 0.
  kinked: ([input]) => {
    const x = input as NdArray;
    const samples = x.shape[2] as number;
    const constant = (row: number) =>
      x.data.slice(row * samples, (row + 1) * samples).every((v) => v === at(x, row * samples));
    return Array.from({ length: x.data.length / samples }, (_, row) => row).some(constant);
  },
  backward: ([input], { multiple, eps }, grad) => {
    const x = input as NdArray;
    const [batch, channels, samples] = x.shape as [number, number, number];
    const padded = multiple * Math.ceil(samples / multiple);
    const dx = zeros(x.shape);
    for (let row = 0; row < batch * channels; row++) {
      const first = at(x, row * samples);
      let [mean, meanGradient] = [0, 0];
      for (let t = 0; t < samples; t++) {
        mean += (at(x, row * samples + t) - first) / samples;
        meanGradient += at(grad, row * padded + t) / samples;
      }
      let [squares, product] = [0, 0];
      for (let t = 0; t < samples; t++) {
        const d = at(x, row * samples + t) - first - mean;
        squares += d * d;
        product += d * at(grad, row * padded + t);
      }
      const sd = Math.sqrt(squares / (samples - 1));
      const along = sd === 0 ? 0 : product / ((samples - 1) * sd * (sd + eps));
      for (let t = 0; t < samples; t++) {
        const d = at(x, row * samples + t) - first - mean;
        dx.data[row * samples + t] = (at(grad, row * padded + t) - meanGradient - d * along) / (sd + eps);
      }
    }
    return [dx];
  },
});
