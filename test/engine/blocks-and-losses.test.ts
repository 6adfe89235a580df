import { describe, expect, it } from 'vitest';
import {
  backward,
  broadcastTo,
  checkLabels,
  concat,
  crossEntropy,
  mse,
  ShapeError,
  slice,
  softCrossEntropy,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';

const count = (size: number) => Float32Array.from({ length: size }, (_, i) => i);

describe('slice', () => {
  it('takes whole axes where no range is given', async () => {
    const engine = await testEngine();
    const x = engine.tensor(count(24), [2, 3, 4]);
    expect(slice(x, [null, [1, 3]]).shape).toEqual([2, 2, 4]);
    expect([...(await engine.read(slice(x, [[1, 2], null, [3, 4]])))]).toEqual([15, 19, 23]);
  });

  it('leaves zeros in the part of a parameter gradient that it did not read, whatever was there before', async () => {
    const engine = await testEngine();
    const { parameters } = engine.parameters([
      { name: 'table', shape: [4, 6], init: (values) => void values.fill(1) },
    ]);
    const [table] = [...parameters.values()];
    if (!table) throw new Error('no parameter');
    engine.write(table.grad, new Float32Array(24).fill(9));
    backward(
      sum(
        slice(table, [
          [1, 3],
          [0, 2],
        ]),
      ),
    );
    const expected = new Float32Array(24);
    for (const i of [6, 7, 12, 13]) expected[i] = 1;
    expect(await engine.read(table.grad)).toEqual(expected);
  });

  it('refuses ranges outside of the tensor', async () => {
    const engine = await testEngine();
    const x = engine.tensor(count(6), [2, 3]);
    expect(() => slice(x, [null, [1, 4]])).toThrow(
      'slice: range [1, 4] at axis 1 of [2, 3]; it must be integers with 0 <= start < end <= 3.',
    );
    expect(() => slice(x, [[1, 1]])).toThrow(ShapeError);
    expect(() => slice(x, [[0.5, 1]])).toThrow(ShapeError);
    expect(() => slice(x, [null, null, null])).toThrow('slice: 3 ranges for [2, 3];');
  });
});

describe('concat', () => {
  it('counts a negative axis from the end', async () => {
    const engine = await testEngine();
    const [a, b] = [engine.tensor(count(4), [2, 2]), engine.tensor(count(2), [2, 1])];
    expect([...(await engine.read(concat([a, b], -1)))]).toEqual([0, 1, 0, 2, 3, 1]);
  });

  it('refuses extents that differ elsewhere', async () => {
    const engine = await testEngine();
    const [a, b] = [engine.tensor(count(4), [2, 2]), engine.tensor(count(3), [3, 1])];
    expect(() => concat([a, b], 1)).toThrow('concat: input 0 is [2, 2] and input 1 is [3, 1];');
    expect(() => concat([a, b], 2)).toThrow('concat: axis 2 of a tensor of rank 2;');
  });
});

describe('broadcastTo', () => {
  it('refuses a shape that the tensor does not fill', async () => {
    const engine = await testEngine();
    const x = engine.tensor(count(3), [3]);
    expect(() => broadcastTo(x, [2, 1])).toThrow('broadcastTo: [3] to [2, 1];');
    expect(() => broadcastTo(x, [4])).toThrow('broadcastTo: shapes [3] and [4] do not broadcast');
  });
});

describe('losses', () => {
  it('mse refuses tensors of different shapes', async () => {
    const engine = await testEngine();
    const [a, b] = [engine.tensor(count(4), [2, 2]), engine.tensor(count(4), [4])];
    expect(() => mse(a, b)).toThrow('mse: prediction [2, 2] and target [4];');
  });

  it('crossEntropy refuses labels of no class before anything runs, wherever the host writes them', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const logits = engine.tensor(count(6), [2, 3]);
    const labels = engine.tensor(Uint32Array.of(2, 7), [2]);
    const message = 'label 7 at 1; with 3 classes labels are integers from 0 to 2.';
    expect(() => crossEntropy(logits, labels)).toThrow(new RangeError(`crossEntropy: ${message}`));
    engine.write(labels, Uint32Array.of(2, 0));
    expect((await engine.read(crossEntropy(logits, labels)))[0]).toBeCloseTo((0.4076 + 2.4076) / 2, 3);
    expect(() => engine.write(labels, Uint32Array.of(2, 7))).toThrow(message);
    const step = engine.step('a loss', (x, y) => [crossEntropy(x, y)]);
    const run = (second: number) =>
      step.run({ data: count(6), shape: [2, 3] }, { data: Uint32Array.of(2, second), shape: [2] });
    await expect(run(7)).rejects.toThrow(`a loss, argument 1: ${message}`);
    const [loss] = await run(0);
    expect((await engine.read(loss as Tensor))[0]).toBeCloseTo((0.4076 + 2.4076) / 2, 3);
    await expect(run(4294967295)).rejects.toThrow('label 4294967295 at 1');
    step.dispose();
  });

  it('crossEntropy is NaN where only the device knows that a label is no class, and so are the gradients of its row', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const logits = engine.tensor(count(6), [2, 3], { requiresGrad: true });
    const labels = engine.tensor(Uint32Array.of(2, 0), [2]);
    // As another kernel would write them: the host does not see it.
    const written = engine.tensor(Uint32Array.of(2, 3), [2]);
    engine.recorder.copy(written.storage, labels.storage, labels.bytes);
    const loss = crossEntropy(logits, labels);
    expect(await engine.read(loss)).toEqual(Float32Array.of(Number.NaN));
    const gradient = await engine.read(backward(loss).get(logits) as Tensor);
    expect([...gradient].map(Number.isNaN)).toEqual([false, false, false, true, true, true]);
  });

  it('softCrossEntropy takes weights as they are: of any sum and sign, and NaN as NaN', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const logits = engine.tensor([0, 0], [1, 2], { requiresGrad: true });
    const lossOf = async (...weights: number[]) =>
      (await engine.read(softCrossEntropy(logits, engine.tensor(weights, [1, 2]))))[0];
    expect(await lossOf(3, -1)).toBeCloseTo(2 * Math.LN2, 6);
    expect(await lossOf(0, 0)).toBe(0);
    expect(await lossOf(Number.NaN, 0)).toBeNaN();
    expect(await lossOf(0, Infinity)).toBe(Infinity);
    const gradients = backward(softCrossEntropy(logits, engine.tensor([Number.NaN, 0], [1, 2])));
    expect(await engine.read(gradients.get(logits) as Tensor)).toEqual(
      Float32Array.of(Number.NaN, Number.NaN),
    );
  });

  it('crossEntropy refuses labels that are not one for each row', async () => {
    const engine = await testEngine();
    const logits = engine.tensor(count(6), [2, 3]);
    expect(() => crossEntropy(logits, engine.tensor(new Uint32Array(3), [3]))).toThrow(
      'crossEntropy: logits [2, 3] and labels [3];',
    );
    expect(() => crossEntropy(logits, engine.tensor(count(2), [2]))).toThrow('it must be u32');
  });

  it('checkLabels lets labels of the classes through and names the others', () => {
    expect(checkLabels([0, 2, 1], 3)).toEqual(Uint32Array.of(0, 2, 1));
    expect(() => checkLabels([0, 3], 3)).toThrow(
      'crossEntropy: label 3 at 1; with 3 classes labels are integers from 0 to 2.',
    );
    for (const label of [-1, 0.5, Number.NaN]) expect(() => checkLabels([label], 3)).toThrow(RangeError);
  });
});
