/** The encoders that are compared: the same seed, steps and batches. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceLosses } from '../../workflows/index.ts';
import { pretrainOnce } from '../commands/pretrain.ts';
import type { Spotr } from '../commands/spotr.ts';
import type { StudyOptions } from './options.ts';

export interface Variant {
  /** Of its folder. */
  readonly name: string;
  readonly title: string;
  readonly options: Readonly<Record<string, string>>;
}

export const VARIANTS: readonly Variant[] = [
  {
    name: 'spotr-cls',
    title: 'SPOTR, cls',
    options: { compaction: 'spotr', conditioning: 'cls' },
  },
  {
    name: 'spotr-tokens',
    title: 'SPOTR, tokens',
    options: { compaction: 'spotr', conditioning: 'tokens' },
  },
  {
    name: 'flattened-cls',
    title: 'flattened, cls',
    options: { compaction: 'none', conditioning: 'cls' },
  },
];

/** As of `config.json` and `summary.json` of a complete run. */
export interface TrainedRun {
  readonly parameters: number;
  readonly steps: number;
  readonly seconds: number;
  readonly adapter: string;
  readonly modalities: Readonly<Record<string, TrainedModality>>;
}

/** Runs of before were not compared with yardsticks. */
export type TrainedModality = Pick<SourceLosses, 'windows' | 'yardsticks'> & {
  readonly ratio: number;
  readonly predictZeroLoss: number;
};

/** Pretrains a variant into its folder; goes on with what was interrupted, and leaves alone what is complete. */
export async function pretrainVariant(
  variant: Variant,
  options: StudyOptions,
  manifest: string,
  spotr: Spotr,
): Promise<void> {
  const folder = join(options.out, variant.name);
  const { steps, batchSize, lr, seed, adapter } = options;
  const settings = {
    ...{ size: 'small', draw: '2', ...variant.options },
    ...{ steps: String(steps), 'batch-size': String(batchSize), lr: String(lr), seed: String(seed) },
  };
  await pretrainOnce({ folder, settings, more: ['--recipe', 'paper', manifest], adapter }, spotr);
}

export function trainedRun(folder: string): TrainedRun {
  return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as TrainedRun;
}
