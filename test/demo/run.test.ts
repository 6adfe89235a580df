import { expect, it } from 'vitest';
import type { BatchSource } from '../../data/index.ts';
import type { Model } from '../../demo/worker/model.ts';
import { Run } from '../../demo/worker/run.ts';
import { SIZES } from '../../model/index.ts';

it('a loss on what is held out is the mean over windows, whatever the batches, kind by kind', async () => {
  const batches = [
    { source: 'ecg', windows: 8, loss: 1, zeroLoss: 0.9 },
    { source: 'eeg', windows: 4, loss: 0.25, zeroLoss: 1 },
    { source: 'ecg', windows: 2, loss: 0.5, zeroLoss: 1 },
  ].map(({ windows, ...one }) => ({ ...one, shape: [windows, 1, 200], signal: new Float32Array() }));
  const source = { heldOut: () => batches } as unknown as BatchSource;
  const trainer = {
    evaluate: async ({ loss, zeroLoss, shape }: (typeof batches)[number]) => {
      const target = new Float32Array((shape[0] as number) * 200);
      return { loss, zeroLoss, shape, target, reconstruction: target };
    },
  };
  const listener = { progress: () => {}, previews: () => {}, keep: async () => {} };
  const model = { trainer, config: SIZES.tiny } as unknown as Model;
  const run = new Run({ model, source, previews: [], seconds: 0, told: [], listener });
  const losses = await run.measure();
  expect([...losses.keys()]).toEqual(['ecg', 'eeg']);
  const ecg = losses.get('ecg');
  expect(ecg?.windows).toBe(10);
  expect(ecg?.heldOutLoss).toBeCloseTo(0.9, 12);
  expect(ecg?.predictZeroLoss).toBeCloseTo(0.92, 12);
  expect(losses.get('eeg')).toEqual({ heldOutLoss: 0.25, predictZeroLoss: 1, ratio: 0.25, windows: 4 });
});
