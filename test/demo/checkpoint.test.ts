import { expect, it } from 'vitest';
import { readTrainedOn } from '../../cli/trained-on.ts';
import { SyntheticDataset } from '../../data/index.ts';
import type { TrainSettings } from '../../demo/messages.ts';
import { readRunFile, runFile, weightsFile } from '../../demo/worker/checkpoint.ts';
import type { Model } from '../../demo/worker/model.ts';
import { decodeSafetensors } from '../../model/checkpoint/safetensors.ts';
import { SIZES } from '../../model/index.ts';

const settings: TrainSettings = {
  ...{ size: 'tiny', conditioning: 'cls' },
  ...{ learningRate: 1e-3, steps: 9, batchSize: 2, seed: 1 },
};
const tensors = new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]);
const state = { encoder: tensors, decoder: tensors, optimizer: tensors };
const model = {
  ...{ settings, size: 'tiny', config: SIZES.tiny },
  trainer: { step: 4, state: async () => state },
} as unknown as Model;
const source = new SyntheticDataset({ seed: 1, batchSize: 2, seconds: 3 });

const metadataOf = async (file: Blob | Uint8Array<ArrayBuffer>) =>
  decodeSafetensors(new Uint8Array(await new Blob([file]).arrayBuffer()), 'w').metadata;

it('weights of the page say which windows they were trained on, in the words of the command', async () => {
  const metadata = await metadataOf(await weightsFile(model, source));
  expect(metadata).toMatchObject({ model: 'spotr', window: '3', step: '4' });
  expect(readTrainedOn(metadata, 'w')?.windows).toEqual([3]);
  // Loaded from a file and not trained here: what that file said, if it did.
  expect((await metadataOf(await weightsFile(model, undefined))).window).toBeUndefined();
  const loaded = { ...model, loadedWindow: '4,1' } as unknown as Model;
  expect((await metadataOf(await weightsFile(loaded, undefined))).window).toBe('4,1');
});

it('a run that is kept says it too, and is taken up again', async () => {
  const facts = { settings, seconds: 5, data: JSON.stringify(source.describe()), told: [] };
  const file = await runFile(model, facts);
  expect((await metadataOf(file)).window).toBe('3');
  const back = readRunFile(file);
  expect(back.facts).toEqual(facts);
  expect(back.loaded).toMatchObject({ step: 4, size: 'tiny', conditioning: 'cls', config: SIZES.tiny });
  expect(back.loaded.weights.encoder.get('w')?.data).toEqual(Float32Array.of(1, 2));
});
