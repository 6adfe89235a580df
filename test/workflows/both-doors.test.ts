import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { decodeSafetensors } from '../../checkpoint/index.ts';
import type { Cutting, TrainSettings } from '../../demo/messages.ts';
import { weightsFile } from '../../demo/worker/checkpoint.ts';
import { Labels } from '../../demo/worker/labels.ts';
import { mapOf } from '../../demo/worker/maps.ts';
import { Model } from '../../demo/worker/model.ts';
import { outcomeOf } from '../../demo/worker/outcome.ts';
import { Run } from '../../demo/worker/run.ts';
import { type OpenedSignals, openDropped, openGenerated } from '../../demo/worker/signals.ts';
import { trainingData } from '../../demo/worker/training-data.ts';
import { readWeights } from '../../demo/worker/weights.ts';
import { cut, WindowSet } from '../../demo/worker/windows.ts';
import { Workspace } from '../../demo/worker/workspace.ts';
import type { NamedTensors } from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { spotr } from '../support/spotr-command.ts';

const home = mkdtempSync(join(tmpdir(), 'spotr-doors-'));
afterAll(() => rmSync(home, { recursive: true }));
const at = (...parts: string[]) => join(home, ...parts);

/** People with a rhythm of their own, each in a file of half a minute at 200 Hz. */
const PEOPLE = Array.from({ length: 12 }, (_, i) => `person-${i + 1}.csv`);
for (const [person, name] of PEOPLE.entries()) {
  const rows = Array.from({ length: 30 * 200 }, (_, t) =>
    [0, 1].map((channel) =>
      (40 * Math.sin(t / (5 + person)) + 25 * Math.sin(t / 2.3 + channel) + 9 * Math.cos(t * t)).toFixed(3),
    ),
  );
  writeFileSync(at(name), `C3,C4\n${rows.join('\n')}\n`);
}

const SETTINGS: TrainSettings = {
  ...{
    size: 'tiny',
    conditioning: 'cls',
    learningRate: 2e-3,
    steps: 6,
    batchSize: 4,
    seed: 5,
    recipe: 'quick',
  },
};
const OPTIONS = ['--steps', '6', '--batch-size', '4', '--seed', '5', '--lr', '0.002', '--recipe', 'quick'];

interface Trained {
  readonly steps: readonly { step: number; loss: number; source: string }[];
  /** By source. */
  readonly heldOut: Readonly<Record<string, object>>;
  readonly table: unknown;
  readonly weights: NamedTensors;
}

async function throughTheCommand(name: string, ...more: string[]): Promise<Trained> {
  const out = at(name);
  const { code, err } = await spotr('pretrain', ...more, ...OPTIONS, '--out', out);
  expect(err).toBe('');
  expect(code).toBe(0);
  const read = (file: string) => readFileSync(join(out, file));
  const records = read('metrics.jsonl')
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const tensors = (part: string) =>
    [...decodeSafetensors(read(`${part}.safetensors`), part).tensors].map(
      ([key, tensor]) => [`${part}.${key}`, tensor] as const,
    );
  const { modalities } = JSON.parse(read('summary.json').toString());
  return {
    steps: records.map(({ step, loss, source }) => ({ step, loss, source })),
    heldOut: modalities,
    table: outcomeOf(new Map(Object.entries(modalities)), {
      conditioning: 'cls',
      recipe: 'quick',
      seconds: 1,
    }).table,
    weights: new Map([...tensors('encoder'), ...tensors('decoder')]),
  };
}

async function throughThePage(signals: OpenedSignals, cutting: Cutting): Promise<Trained> {
  const { recordings } = await cut(signals, cutting);
  const windows = new WindowSet(recordings, signals, new Labels());
  const { recipe, ...data } = await trainingData(signals, windows, cutting, SETTINGS);
  const model = Model.fresh(await testEngine(), SETTINGS, { recipe, data: data.source.describe() });
  try {
    model.contract = data.contract;
    const listener = { progress: () => {}, previews: () => {}, keep: async () => {} };
    const run = new Run({ ...data, model, seconds: 0, told: [], listener });
    expect(await run.train()).toBe('finished');
    const losses = await run.compare(await run.measure(), async () => {});
    const file = new Uint8Array(await (await weightsFile(model)).arrayBuffer());
    return {
      steps: run.told,
      heldOut: Object.fromEntries(losses),
      table: outcomeOf(losses, { conditioning: 'cls', recipe: 'quick', seconds: 1 }).table,
      weights: decodeSafetensors(file, 'page').tensors,
    };
  } finally {
    model.dispose();
  }
}

/** Bits, so that 0 and -0 differ and NaN is itself. */
const bitsOf = ({ data }: { data: Float32Array }) =>
  new Uint32Array(data.buffer, data.byteOffset, data.length);

function expectTheSame(page: Trained, command: Trained): void {
  expect(page.steps).toEqual(command.steps);
  expect(page.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(page.heldOut).toEqual(command.heldOut);
  expect(page.table).toEqual(command.table);
  expect([...page.weights.keys()].sort()).toEqual([...command.weights.keys()].sort());
  const unlike = [...command.weights].filter(
    ([name, tensor]) =>
      !bitsOf(tensor).every((bits, i) => bits === bitsOf(page.weights.get(name) as typeof tensor)[i]),
  );
  expect(unlike.map(([name]) => name)).toEqual([]);
}

it('trains on generated signals to the same losses and weights through both doors', async () => {
  const command = await throughTheCommand('generated', '--window', '1');
  const page = await throughThePage(openGenerated(), { mains: 'none', seconds: 1, channels: null });
  expectTheSame(page, command);
});

it('trains on recordings to the same losses and weights through both doors', async () => {
  const command = await throughTheCommand(
    'recordings',
    ...PEOPLE.map((name) => at(name)),
    ...['--rate', '200', '--modality', 'eeg', '--window', '1', '--stride', '1'],
  );
  const files = PEOPLE.map((name) => ({ path: name, file: new File([readFileSync(at(name))], name) }));
  const signals = await openDropped(files, { rate: 200, modality: 'eeg' });
  const page = await throughThePage(signals, { mains: 'auto', seconds: 1, channels: null });
  expectTheSame(page, command);
});

it('embeds and maps recordings to the same numbers through both doors', async () => {
  const weights = fileURLToPath(new URL('../../weights/tiny/encoder.safetensors', import.meta.url));
  expect(existsSync(weights)).toBe(true);
  const some = PEOPLE.slice(0, 3);
  const { code, err } = await spotr(
    ...[
      'explore',
      ...some.map((name) => at(name)),
      '--weights',
      weights,
      '--rate',
      '200',
      '--modality',
      'eeg',
    ],
    ...['--window', '1', '--out', at('map.html')],
  );
  expect(err).toBe('');
  expect(code).toBe(0);
  const html = readFileSync(at('map.html'), 'utf8');
  const { maps } = JSON.parse(/<script[^>]*id="windows">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '{}');

  const files = some.map((name) => ({ path: name, file: new File([readFileSync(at(name))], name) }));
  const signals = await openDropped(files, { rate: 200, modality: 'eeg' });
  const work = new Workspace(signals, { rate: 200, modality: 'eeg' }, () => {}, new Labels());
  const loaded = await readWeights([new File([readFileSync(weights)], 'encoder.safetensors')]);
  const model = Model.loaded(await testEngine(), SETTINGS, loaded);
  try {
    const { tokens } = await work.embed({ mains: 'auto', seconds: 1, channels: null }, model);
    for (const [i, kind] of (['pca', 'umap'] as const).entries()) {
      const { axes, note, points } = await mapOf(kind, tokens);
      const bytes = Buffer.from(maps[i].points, 'base64');
      expect(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))).toEqual(
        Float32Array.from(points),
      );
      expect(maps[i]).toMatchObject({ axes, note });
    }
  } finally {
    model.dispose();
  }
});
