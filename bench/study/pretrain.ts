/** Training the variants of a plan. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pretrainOnce, requireSame } from '../commands/pretrain.ts';
import type { Spotr } from '../commands/spotr.ts';
import type { StudyOptions } from './options.ts';
import { readOutcome, type TrainedRun } from './outcomes.ts';
import type { Variant } from './plan.ts';

export const runFolder = (out: string, { name }: Variant): string => join(out, 'runs', name);

/** Pretrains a variant into its folder; goes on with what was interrupted, and leaves alone what is complete. */
export async function pretrainVariant(
  variant: Variant,
  { out, adapter }: Pick<StudyOptions, 'out' | 'adapter'>,
  manifest: string,
  spotr: Spotr,
): Promise<void> {
  if (trainedRun(variant, out)) return;
  const folder = runFolder(out, variant);
  await pretrainOnce({ folder, settings: variant.pretrain, more: [manifest], adapter }, spotr);
}

/** What a complete run came to. @throws MendableError for a folder, complete or not, that has another run. */
export function trainedRun(variant: Variant, out: string): TrainedRun | undefined {
  const folder = runFolder(out, variant);
  const config = join(folder, 'config.json');
  if (!existsSync(config)) return undefined;
  const { settings } = readOutcome<Config>(config, ['settings']);
  requireSame(folder, settings, variant.pretrain);
  const file = join(folder, 'summary.json');
  if (!existsSync(file)) return undefined;
  const summary = readOutcome<Omit<TrainedRun, 'paths'>>(file, SUMMARY_KEYS);
  return { ...summary, paths: settings.paths ?? [] };
}

const SUMMARY_KEYS = ['steps', 'seconds', 'adapter', 'modalities', 'parameters'] as const;

interface Config {
  readonly settings: Readonly<Record<string, unknown>> & { readonly paths?: readonly string[] };
}
