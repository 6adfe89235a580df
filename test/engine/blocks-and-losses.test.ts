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
  sum,
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

  it('says that a block of too many separate axes must be cut in two steps', async () => {
    const engine = await testEngine();
    const x = engine.tensor(count(3 ** 5), [3, 3, 3, 3, 3]);
    const cut = [0, 1, 2, 3, 4].map((): [number, number] => [0, 2]);
    expect(() => slice(x, cut)).toThrow('at most 4 are possible, do it in two steps');
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
