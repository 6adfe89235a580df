import { expect, it } from 'vitest';
import type { BatchSource } from '../../data/index.ts';
import type { Model } from '../../demo/worker/model.ts';
import { Run } from '../../demo/worker/run.ts';

it('a loss on what is held out is the mean over windows, whatever the batches, kind by kind', async () => {
  const batches = [
    { source: 'ecg', windows: 8, loss: 1, zeroLoss: 0.9 },
    { source: 'eeg', windows: 4, loss: 0.25, zeroLoss: 1 },
    { source: 'ecg', windows: 2, loss: 0.5, zeroLoss: 1 },
  ].map(({ windows, ...one }) => ({ ...one, shape: [windows, 1, 200], signal: new Float32Array() }));
  const source = { heldOut: () => batches } as unknown as BatchSource;
  const trainer = {
    evaluate: async ({ loss, zeroLoss }: (typeof batches)[number]) => ({ loss, zeroLoss }),
  };
  const listener = { progress: () => {}, previews: () => {}, keep: async () => {} };
  const model = { trainer } as unknown as Model;
  const run = new Run({ model, source, previews: [], seconds: 0, told: [], listener });
  const [ecg, eeg, ...more] = await run.measure();
  expect(more).toEqual([]);
  expect(ecg).toMatchObject({ source: 'ecg', windows: 10 });
  expect(ecg?.loss).toBeCloseTo(0.9, 12);
  expect(ecg?.zeroLoss).toBeCloseTo(0.92, 12);
  expect(eeg).toEqual({ source: 'eeg', loss: 0.25, zeroLoss: 1, windows: 4 });
});
