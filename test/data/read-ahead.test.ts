import { describe, expect, it } from 'vitest';
import type { BatchSource, SignalBatch } from '../../data/dataset/batches.ts';
import { ReadAhead } from '../../data/dataset/read-ahead.ts';

const batchOf = (step: number): SignalBatch => ({
  signal: Float32Array.of(step),
  shape: [1, 1, 1],
  source: 'x',
});
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

function counted(fails: (step: number) => boolean = () => false) {
  const begun: number[] = [];
  const source: BatchSource = {
    trainBatch: async (step) => {
      begun.push(step);
      if (fails(step)) throw new Error(`no batch ${step}`);
      return batchOf(step);
    },
    heldOut: () => [batchOf(-1)],
    montages: () => [],
    trainSample: ({ first }) => batchOf(first),
    describe: () => ({ kind: 'test' }),
  };
  return { begun, ahead: new ReadAhead(source, 2) };
}

describe('ReadAhead', () => {
  it('begins the next batches once the one asked for is there, each once', async () => {
    const { begun, ahead } = counted();
    expect(await ahead.trainBatch(4)).toEqual(batchOf(4));
    await settled();
    expect(begun).toEqual([4, 5, 6]);
    expect(await ahead.trainBatch(5)).toEqual(batchOf(5));
    await settled();
    expect(begun).toEqual([4, 5, 6, 7]);
    expect(await ahead.trainBatch(20)).toEqual(batchOf(20));
    await settled();
    expect(begun).toEqual([4, 5, 6, 7, 20, 21, 22]);
    expect(ahead.heldOut()).toEqual([batchOf(-1)]);
    const kind = { source: 'x', channels: 1, samples: 1 };
    expect(ahead.trainSample({ ...kind, most: 9, first: 7, count: 1 })).toEqual(batchOf(7));
    expect(ahead.describe()).toEqual({ kind: 'test' });
  });

  it('tells an error to who asks for that batch, and to nobody else', async () => {
    const { ahead } = counted((step) => step === 2);
    expect(await ahead.trainBatch(1)).toEqual(batchOf(1));
    await settled();
    await expect(ahead.trainBatch(2)).rejects.toThrow('no batch 2');
    expect(await ahead.trainBatch(3)).toEqual(batchOf(3));
  });
});
