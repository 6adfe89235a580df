import { expect, it } from 'vitest';
import type { TrainSettings } from '../../demo/messages.ts';
import { Labels } from '../../demo/worker/labels.ts';
import { openDropped, openGenerated } from '../../demo/worker/signals.ts';
import { trainingData } from '../../demo/worker/training-data.ts';
import { cut, WindowSet } from '../../demo/worker/windows.ts';
import { recipeOf } from '../../workflows/pretraining/recipes.ts';

const CUTTING = { mains: 'none', seconds: 1, channels: null } as const;
const SETTINGS: TrainSettings = {
  ...{ size: 'tiny', conditioning: 'cls', learningRate: 1e-3, steps: 1, batchSize: 4, seed: 1 },
};

async function previewsOf(signals: ReturnType<typeof openGenerated>, labels = new Labels()) {
  const { recordings } = await cut(signals, CUTTING);
  const windows = new WindowSet(recordings, signals, labels);
  const { previews } = await trainingData(signals, windows, CUTTING, SETTINGS);
  return { previews, recordings };
}

/** Twenty seconds of channels at 100 Hz, of unlike sizes, so that a window tells whose it is. */
const file = (name: string, channels: readonly string[], size: number) => {
  const rows = Array.from({ length: 2000 }, (_, i) =>
    channels.map((_, channel) => size * Math.sin(i / (7 + channel)) + Math.cos(i * i)).join(','),
  );
  return { path: name, file: new File([`${channels.join(',')}\n${rows.join('\n')}\n`], name) };
};

it('calls the channels of a held-out window as its own recording does, not as the first of its kind', async () => {
  const files = [
    ['a.csv', ['C3', 'C4'], 10],
    ['b.csv', ['O1', 'O2'], 300],
    ['c.csv', ['F7', 'F8'], 9000],
  ] as const;
  const signals = await openDropped(
    files.map(([name, channels, size]) => file(name, channels, size)),
    { rate: 100, modality: 'eeg' },
  );
  const labels = new Labels();
  const parts = ['a.csv,x,train', 'b.csv,x,validation', 'c.csv,x,train'];
  labels.readTable(signals.places, `file,label,split\n${parts.join('\n')}\n`, 't.csv');
  const { previews } = await previewsOf(signals, labels);
  expect(previews.map((one) => one.labels)).toEqual([
    ['O1', 'O2'],
    ['O1', 'O2'],
  ]);
  for (const { data } of previews) expect(Math.max(...data)).toBeGreaterThan(100);
});

it('measures on some of what a table trains on where it names nothing to measure on', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const signals = await openDropped(
    names.map((name, i) => file(`${name}.csv`, ['C3'], 10 ** i)),
    { rate: 100, modality: 'eeg' },
  );
  const labels = new Labels();
  const rows = names.map((name, i) => `${name}.csv,x,${i < 5 ? 'train' : 'test'}`);
  labels.readTable(signals.places, `file,label,split\n${rows.join('\n')}\n`, 't.csv');
  const { recordings } = await cut(signals, CUTTING);
  const windows = new WindowSet(recordings, signals, labels);
  const { source } = await trainingData(signals, windows, CUTTING, SETTINGS);
  const { groups } = source.describe() as { groups: { heldOutRecordings: string[]; trainWindows: number }[] };
  expect(groups).toHaveLength(1);
  expect(groups[0]?.heldOutRecordings).toHaveLength(1);
  expect(groups[0]?.heldOutRecordings[0]).not.toBe('f.csv');
  // Twenty windows each of the four files that are left.
  expect(groups[0]?.trainWindows).toBe(80);
});

it('calls the channels of generated windows as those of the people that are shown', async () => {
  const { previews, recordings } = await previewsOf(openGenerated());
  const names = (modality: string) => recordings.find((own) => own.modality === modality)?.labels;
  expect(previews.map(({ title }) => title.slice(0, title.indexOf(',')))).toEqual([
    'ECG',
    'PPG',
    'EEG',
    'iEEG',
  ]);
  expect(previews.map(({ labels }) => labels)).toEqual(['ecg', 'ppg', 'eeg', 'ieeg'].map(names));
});

it('takes the recipe that the settings name; what older pages kept is trained as the paper has it', async () => {
  const generated = openGenerated();
  const { recordings } = await cut(generated, CUTTING);
  const windows = new WindowSet(recordings, generated, new Labels());
  const dataOf = (settings: TrainSettings) => trainingData(generated, windows, CUTTING, settings);
  const older = await dataOf(SETTINGS);
  expect(older.recipe).toEqual(recipeOf('paper', 'tiny', 'generated'));
  const kinds = async ({ source }: typeof older) =>
    Promise.all([0, 1, 2, 3].map(async (step) => (await source.trainBatch(step)).source));
  expect(await kinds(older)).toEqual(['ecg', 'ppg', 'eeg', 'ieeg']);
  const quick = await dataOf({ ...SETTINGS, recipe: 'quick' });
  expect(quick.recipe).toEqual(recipeOf('quick', 'tiny', 'generated'));
  expect(await kinds(quick)).toEqual(quick.recipe.turns?.slice(0, 4));
  const signals = await openDropped([file('a.csv', ['C3', 'C4'], 10)], { rate: 100, modality: 'eeg' });
  const own = new WindowSet((await cut(signals, CUTTING)).recordings, signals, new Labels());
  const { source } = await trainingData(signals, own, CUTTING, { ...SETTINGS, recipe: 'quick' });
  expect(Object.keys((await source.trainBatch(0)).targets ?? {})).toEqual(['spectrum', 'autocorrelation']);
});

it('asks for one length of generated windows where the weights have several', async () => {
  const generated = openGenerated();
  const cutting = { ...CUTTING, seconds: { ecg: 1, ppg: 2, other: 1 } };
  const windows = new WindowSet((await cut(generated, CUTTING)).recordings, generated, new Labels());
  await expect(trainingData(generated, windows, cutting, SETTINGS)).rejects.toThrow(
    'Generated signals are trained on in windows of one length, but the weights were trained on several; enter the seconds of a window.',
  );
});
