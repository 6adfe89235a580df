import fc from 'fast-check';
import { arrays, at, extents, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { defineReference } from '../support/reference.ts';
import { softmax } from '../support/softmax.ts';

const cases = fc
  .record({ rows: extents(130), classes: extents(40), seed: fc.nat(1e6) })
  .chain(({ rows, classes, seed }) => {
    // Weights of any size, and rows that count for nothing.
    const weights = randomArray([rows, classes], seed).data.map((x) => (x > 0.3 ? 2 * x : 0));
    return fc.record({
      inputs: fc.tuple(
        // 500: most probabilities vanish, and exp of a plain logit would overflow.
        arrays([rows, classes], { scale: fc.constantFrom(1, 1e-3, 20, 500) }),
        fc.constant<NdArray>({ shape: [rows, classes], data: weights }),
      ),
      attributes: fc.constant(null),
    });
  });

export default defineReference<null>({
  op: 'softCrossEntropy',
  cases,
  // One class has the loss 0, and certain rows a gradient of 0.
  floor: 1e-2,
  forward: (inputs) => {
    const [logits, targets] = inputs as [NdArray, NdArray];
    const [rows, classes] = logits.shape as [number, number];
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const { logSum } = softmax(logits, row);
      for (let k = 0; k < classes; k++)
        total += at(targets, row * classes + k) * (logSum - at(logits, row * classes + k));
    }
    return { shape: [], data: Float64Array.of(total / rows) };
  },
  backward: (inputs, _, grad) => {
    const [logits, targets] = inputs as [NdArray, NdArray];
    const [rows, classes] = logits.shape as [number, number];
    const gradient = zeros(logits.shape);
    for (let row = 0; row < rows; row++) {
      const own = Array.from({ length: classes }, (_, k) => at(targets, row * classes + k));
      const mass = own.reduce((a, b) => a + b, 0);
      for (const [k, probability] of softmax(logits, row).probabilities.entries())
        gradient.data[row * classes + k] = (at(grad, 0) * (mass * probability - (own[k] as number))) / rows;
    }
    return [gradient, null];
  },
});
