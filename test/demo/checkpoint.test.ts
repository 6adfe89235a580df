import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeSafetensors } from '../../checkpoint/safetensors.ts';
import { readTrainedOn } from '../../cli/common/weights/trained-on.ts';
import { contractMetadata, contractOf, readContract, SyntheticDataset } from '../../data/index.ts';
import type { TrainSettings } from '../../demo/messages.ts';
import { readRunFile, runFile, weightsFile } from '../../demo/worker/checkpoint.ts';
import type { Model } from '../../demo/worker/model.ts';
import { readWeights } from '../../demo/worker/weights.ts';
import { SIZES } from '../../model/index.ts';
import { writeEncoder } from '../support/weights.ts';

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
const contract = contractOf(source.montages(), { windows: [3] });
const trained = { ...model, contract } as unknown as Model;

const metadataOf = async (file: Blob | Uint8Array<ArrayBuffer>) =>
  decodeSafetensors(new Uint8Array(await new Blob([file]).arrayBuffer()), 'w').metadata;

it('weights of the page say which windows they were trained on, in the words of the command', async () => {
  const metadata = await metadataOf(await weightsFile(trained));
  expect(metadata).toMatchObject({ model: 'spotr', window: '3', step: '4' });
  expect(readTrainedOn(metadata, 'w')).toEqual({ windows: [3], contract });
  // Loaded from a file and not trained here: what that file said, if it did.
  expect((await metadataOf(await weightsFile(model))).window).toBeUndefined();
  const loaded = { ...model, loadedWindow: '4,1' } as unknown as Model;
  expect((await metadataOf(await weightsFile(loaded))).window).toBe('4,1');
});

it('what the command wrote comes back from the page as it was', async () => {
  const home = mkdtempSync(join(tmpdir(), 'spotr-page-'));
  const told = contractOf(source.montages(), { windows: [2, 1], bandPass: { low: 0.5 }, mains: 50 });
  writeEncoder(join(home, 'w'), { model: 'spotr', ...contractMetadata(told) });
  const { contract: read, window } = await readWeights([new File([readFileSync(join(home, 'w'))], 'w')]);
  rmSync(home, { recursive: true });
  expect({ read, window }).toEqual({ read: told, window: '2,1' });
  const loaded = { ...model, loadedWindow: window, contract: read } as unknown as Model;
  expect(readTrainedOn(await metadataOf(await weightsFile(loaded)), 'w')).toEqual({
    ...{ windows: [2, 1], bandPass: { low: 0.5 }, contract: told },
  });
});

it('a run that is kept says it too, and is taken up again', async () => {
  const facts = { settings, seconds: 5, data: JSON.stringify(source.describe()), told: [] };
  const file = await runFile(trained, facts);
  expect((await metadataOf(file)).window).toBe('3');
  expect(readContract(await metadataOf(file), 'w')).toEqual(contract);
  const back = readRunFile(file);
  expect(back.facts).toEqual(facts);
  expect(back.loaded).toMatchObject({
    contract,
    step: 4,
    size: 'tiny',
    conditioning: 'cls',
    config: SIZES.tiny,
  });
  expect(back.loaded.weights.encoder.get('w')?.data).toEqual(Float32Array.of(1, 2));
});
