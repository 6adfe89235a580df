import fc from 'fast-check';
import type { FloatType } from '../../engine/dtype.ts';
import { gelu, geluDerivative } from '../support/gelu.ts';
import { arrays, at, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';

interface Attributes {
  readonly patch: number;
  readonly eps: number;
  readonly stored: FloatType;
}

const cases = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 3 }),
    patches: fc.integer({ min: 1, max: 5 }),
    patch: fc.oneof(fc.constantFrom(1, 2, 4, 8, 16, 20, 25), fc.integer({ min: 1, max: 33 })),
    features: fc.constantFrom(4, 8, 32, 12),
    taps: fc.constantFrom(25, 25, 1, 3, 5, 7, 9, 23, 33),
    eps: fc.constantFrom(1e-6, 1e-2),
  })
  .chain(({ batch, channels, patches, patch, features, taps, eps }) =>
    fc.record({
      inputs: fc.tuple(
        arrays([batch, channels, patches * patch], { scale: fc.constantFrom(1, 20, 0.1) }),
        arrays([features, 1, 1, taps], { scale: fc.constantFrom(1, 0.2) }),
        arrays([features], { scale: fc.constantFrom(1, 0.1), offset: 1 }),
        arrays([features], { scale: fc.constantFrom(1, 0.1) }),
      ),
      attributes: fc.constant({ patch, eps, stored: 'f32' as FloatType }),
    }),
  );

/** The model's own sizes; enough samples for sums in chunks; a signal with silence in it. */
const sized = (shape: readonly number[], features: number, patch: number) => ({
  inputs: [
    randomArray(shape, 1),
    randomArray([features, 1, 1, 25], 2, 0.2),
    randomArray([features], 3, 0.3, 1),
    randomArray([features], 4, 0.3),
  ],
  attributes: { patch, eps: 1e-6, stored: 'f32' as FloatType },
});
const silent = sized([2, 1, 80], 8, 20);
silent.inputs[0]?.data.fill(0, 0, 120);
const examples = [sized([1, 2, 200], 32, 100), sized([2, 2, 300], 4, 60), sized([1, 3, 350], 4, 7), silent];

/** Hidden values at each (row, sample): normalised and 1 / sqrt(variance + eps). */
function eachSample(
  inputs: readonly NdArray[],
  eps: number,
  visit: (row: number, t: number, normalised: Float64Array, inverse: number) => void,
): void {
  const [signal, weight] = inputs as [NdArray, NdArray];
  const [batch, channels, samples] = signal.shape as [number, number, number];
  const [features, , , taps] = weight.shape as [number, number, number, number];
  // Padded with taps of 0 to whole quads with the sample itself at the start of one: a sample that is not a number reaches
  // up to 3 results further, as 0 times it.
  const half = (taps - 1) / 2;
  const first = half - 4 * Math.ceil(half / 4);
  const quads = Math.ceil((taps - first) / 4);
  for (let row = 0; row < batch * channels; row++) {
    for (let t = 0; t < samples; t++) {
      const hidden = new Float64Array(features);
      for (let f = 0; f < features; f++) {
        for (let k = first; k < first + 4 * quads; k++) {
          const source = t + k - half;
          const sample = source < 0 || source >= samples ? 0 : at(signal, row * samples + source);
          const tap = k < 0 || k >= taps ? 0 : at(weight, f * taps + k);
          hidden[f] = (hidden[f] as number) + tap * sample;
        }
      }
      const mean = hidden.reduce((sum, h) => sum + h, 0) / features;
      const variance = hidden.reduce((sum, h) => sum + (h - mean) ** 2, 0) / features;
      const inverse = 1 / Math.sqrt(variance + eps);
      visit(
        row,
        t,
        hidden.map((h) => (h - mean) * inverse),
        inverse,
      );
    }
  }
}

export default defineReference<Attributes>({
  op: 'stem',
  cases,
  examples,
  storing: (attributes, stored) => ({ ...attributes, stored }),
  // With one tap the normalised value is only the sign of the signal: gradients by signal and weight cancel.
  floor: 0.1,
  // The convolution is stored before it is normalised; gradients are computed from the signal again, in f32.
  roundings: { forward: 2, backward: 0 },
  forward: (inputs, { patch, eps }) => {
    const [signal, weight, gamma, beta] = inputs as [NdArray, NdArray, NdArray, NdArray];
    const [batch, channels, samples] = signal.shape as [number, number, number];
    const features = weight.shape[0] as number;
    const y = zeros([batch, channels, samples / patch, features * patch]);
    eachSample(inputs, eps, (row, t, normalised) => {
      const base = (row * (samples / patch) + Math.floor(t / patch)) * features * patch;
      for (const [f, n] of normalised.entries()) {
        y.data[base + f * patch + (t % patch)] = gelu(n * at(gamma, f) + at(beta, f));
      }
    });
    return y;
  },
  backward: (inputs, { patch, eps }, grad) => {
    const [signal, weight, gamma, beta] = inputs as [NdArray, NdArray, NdArray, NdArray];
    const samples = signal.shape[2] as number;
    const [features, , , taps] = weight.shape as [number, number, number, number];
    const [dx, dw] = [zeros(signal.shape), zeros(weight.shape)];
    const [dGamma, dBeta] = [zeros(gamma.shape), zeros(beta.shape)];
    eachSample(inputs, eps, (row, t, normalised, inverse) => {
      const base = (row * (samples / patch) + Math.floor(t / patch)) * features * patch;
      const byHidden = normalised.map((n, f) => {
        const g = at(grad, base + f * patch + (t % patch)) * geluDerivative(n * at(gamma, f) + at(beta, f));
        dGamma.data[f] = at(dGamma, f) + g * n;
        dBeta.data[f] = at(dBeta, f) + g;
        return g * at(gamma, f);
      });
      const mean = byHidden.reduce((sum, g) => sum + g, 0) / features;
      const along = byHidden.reduce((sum, g, f) => sum + g * (normalised[f] as number), 0) / features;
      for (const [f, g] of byHidden.entries()) {
        const h = inverse * (g - mean - (normalised[f] as number) * along);
        for (let k = 0; k < taps; k++) {
          const source = t + k - (taps - 1) / 2;
          const [i, j] = [row * samples + source, f * taps + k];
          const inside = source >= 0 && source < samples;
          dw.data[j] = at(dw, j) + h * (inside ? at(signal, i) : 0);
          if (inside) dx.data[i] = at(dx, i) + h * at(weight, j);
        }
      }
    });
    return [dx, dw, dGamma, dBeta];
  },
});
