import fc from 'fast-check';
import { arrays, at, extents, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';
import { softmax } from '../support/softmax.ts';

const cases = fc
  .record({ rows: extents(130), classes: extents(40), seed: fc.nat(1e6) })
  .chain(({ rows, classes, seed }) => {
    const labels = randomArray([rows], seed).data.map((x) => Math.floor(Math.abs(x) * 1e6) % classes);
    return fc.record({
      inputs: fc.tuple(
        // 500: most probabilities vanish, and exp of a plain logit would overflow.
        arrays([rows, classes], { scale: fc.constantFrom(1, 1e-3, 20, 500) }),
        fc.constant<NdArray>({ shape: [rows], data: labels }),
      ),
      attributes: fc.constant(null),
    });
  });

export default defineReference<null>({
  op: 'crossEntropy',
  cases,
  integers: [1],
  // One class has the loss 0, and certain rows a gradient of 0.
  floor: 1e-2,
  forward: (inputs) => {
    const [logits, labels] = inputs as [NdArray, NdArray];
    const [rows, classes] = logits.shape as [number, number];
    let total = 0;
    for (let row = 0; row < rows; row++) {
      total += softmax(logits, row).logSum - at(logits, row * classes + at(labels, row));
    }
    return { shape: [], data: Float64Array.of(total / rows) };
  },
  backward: (inputs, _, grad) => {
    const [logits, labels] = inputs as [NdArray, NdArray];
    const [rows, classes] = logits.shape as [number, number];
    const gradient = zeros(logits.shape);
    for (let row = 0; row < rows; row++) {
      for (const [k, probability] of softmax(logits, row).probabilities.entries()) {
        const wanted = k === at(labels, row) ? 1 : 0;
        gradient.data[row * classes + k] = (at(grad, 0) * (probability - wanted)) / rows;
      }
    }
    return [gradient, null];
  },
});
