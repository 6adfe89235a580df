import { resolve } from 'node:path';
import type { SignalBatch } from '../../data/index.ts';
import { openEngine } from '../../engine/index.ts';
import type { Pretrainer } from '../../model/index.ts';
import { UsageError } from '../common/errors.ts';
import { helpText, parseOptions, type VerbHelp, whole } from '../common/options.ts';
import { print } from '../common/terminal.ts';
import { columns, definitionList, table } from '../common/text.ts';
import { type Dataset, openDataset } from '../common/training/dataset.ts';
import {
  PRETRAIN_OPTIONS,
  type PretrainSettings,
  READING_OPTIONS,
  settingsOf,
} from '../common/training/options.ts';
import { openInThread } from '../common/training/reader.ts';
import { createTrainer } from '../common/training/trainer.ts';

const { window, stride, draw, memory, size, batchSize, seed, adapter } = PRETRAIN_OPTIONS;

const DATA = { ...READING_OPTIONS, window, stride, draw, memory: { ...memory, advanced: false } };
const MEASURE = {
  size,
  batchSize,
  batches: whole({ min: 1, max: 1e6, fallback: 50, help: 'number of batches to measure' }),
  seed,
  adapter,
};

const OPTIONS = { ...DATA, ...MEASURE };

const HELP: VerbHelp = {
  verb: 'data bench',
  positionals: 'FILE|FOLDER|MANIFEST...',
  summary:
    'Measures how many windows a second are read, filtered and batched, how many the device trains on, and whether the device has to wait when both run together.',
  sections: { Data: DATA, Measuring: MEASURE },
  examples: [
    ['spotr data bench manifest.jsonl', 'as pretraining would read it'],
    ['spotr data bench --memory 0 manifest.jsonl', 'every window from its file'],
  ],
};

/** Returns the exit code. */
export async function dataBench(argv: readonly string[]): Promise<number> {
  const { values, given, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  if (positionals.length === 0) throw new UsageError('data bench needs a file, a folder or a manifest.');
  const settings = settingsOf(
    { ...parseOptions([], PRETRAIN_OPTIONS).values, ...values, steps: 4 * values.batches },
    given,
    positionals.map((path) => resolve(path)),
  );
  await measure(settings, values.batches, values.adapter);
  return 0;
}

async function measure(settings: PretrainSettings, batches: number, adapterName: string): Promise<void> {
  const engine = await openEngine({ adapter: adapterName });
  let thread: Dataset | undefined;
  try {
    const { description } = engine.device;
    const here = await openDataset(settings);
    for (const line of definitionList([['adapter', description], ...here.rows], 14, columns())) print(line);
    const alone = await readingRate(here, batches);
    thread = await openInThread(new AbortController().signal, settings);
    const ahead = await readingRate(thread, batches);
    const trainer = createTrainer(engine, settings, here.source.describe());
    const device = await trainingRate(trainer, await taken(thread, batches));
    const both = await together(trainer, thread, batches);
    const show = (perSecond: number) => perSecond.toFixed(perSecond < 100 ? 1 : 0);
    print('');
    for (const line of table(
      ['', 'windows/s'],
      [
        ['read in the main thread', show(alone)],
        ['read in a thread of its own, as pretraining does', show(ahead)],
        [`trained on, ${settings.size} model, without reading`, show(device)],
        ['both together', show(both.rate)],
      ],
    ))
      print(`  ${line}`);
    const percent = (100 * both.waited).toFixed(1);
    print(`\n  The device waits for windows ${percent} % of the time.`);
  } finally {
    thread?.dispose();
    engine.dispose();
  }
}

async function taken({ source }: Dataset, batches: number): Promise<SignalBatch[]> {
  const all: SignalBatch[] = [];
  for (let step = 0; step < batches; step++) all.push(await source.trainBatch(step));
  return all;
}

const windowsOf = (batches: readonly SignalBatch[]) => batches.reduce((sum, { shape }) => sum + shape[0], 0);

async function readingRate(dataset: Dataset, batches: number): Promise<number> {
  await dataset.source.trainBatch(batches);
  const start = performance.now();
  const all = await taken(dataset, batches);
  return (1000 * windowsOf(all)) / (performance.now() - start);
}

async function trainingRate(trainer: Pretrainer, batches: readonly SignalBatch[]): Promise<number> {
  // Once for each shape: what compiles and allocates does so before the clock runs.
  await trainOn(trainer, batches);
  const start = performance.now();
  await trainOn(trainer, batches);
  return (1000 * windowsOf(batches)) / (performance.now() - start);
}

/** Results are awaited at the end: the device always has work. */
async function trainOn(trainer: Pretrainer, batches: readonly SignalBatch[]): Promise<void> {
  const results = [];
  for (const batch of batches) results.push((await trainer.train([batch])).result);
  await Promise.all(results);
}

async function together(
  trainer: Pretrainer,
  { source }: Dataset,
  batches: number,
): Promise<{ rate: number; waited: number }> {
  await source.trainBatch(0);
  const start = performance.now();
  let windows = 0;
  let waited = 0;
  let last: Promise<unknown> = Promise.resolve();
  for (let step = 1; step <= batches; step++) {
    // The device is idle from here on only if it has nothing left from the step before.
    await last;
    const asked = performance.now();
    const batch = await source.trainBatch(step);
    waited += performance.now() - asked;
    windows += batch.shape[0];
    last = (await trainer.train([batch])).result;
  }
  await last;
  const milliseconds = performance.now() - start;
  return { rate: (1000 * windows) / milliseconds, waited: waited / milliseconds };
}
