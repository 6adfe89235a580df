/** Probing the variants of a plan. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '../../cli/common/files.ts';
import type { Spotr } from '../commands/spotr.ts';
import type { StudyOptions } from './options.ts';
import { type ProbeFile, type ProbeResult, probeResultOf, readOutcome } from './outcomes.ts';
import type { Variant } from './plan.ts';
import { runFolder } from './pretrain.ts';
import { type StudyTask, taskArguments } from './tasks.ts';

export interface Probing extends Pick<StudyOptions, 'out' | 'signals' | 'adapter'> {
  readonly probeSeeds: number;
}

/** Probes a task with a variant's encoder, unless that is done. */
export async function probeTask(
  task: StudyTask,
  variant: Variant,
  probing: Probing,
  spotr: Spotr,
): Promise<void> {
  if (probed(task, variant, probing)) return;
  const { out, signals, adapter, probeSeeds } = probing;
  const folder = probeFolder(out, task, variant);
  await spotr(
    ...['probe', '--weights', runFolder(out, variant), ...taskArguments(task, signals)],
    ...['--seed', String(variant.seed), '--seeds', String(probeSeeds), '--out', folder],
    ...(existsSync(folder) ? ['--overwrite'] : []),
    ...(adapter === 'auto' ? [] : ['--adapter', adapter]),
  );
}

/** What a probe came to, if it is of the weights that are there, of the same seeds, and by a version whose rows can be pooled. */
export function probed(
  task: StudyTask,
  variant: Variant,
  { out, probeSeeds }: Pick<Probing, 'out' | 'probeSeeds'>,
): ProbeResult | undefined {
  const result = join(probeFolder(out, task, variant), 'result.json');
  const encoder = join(runFolder(out, variant), 'encoder.safetensors');
  if (!existsSync(result) || !existsSync(encoder)) return undefined;
  const file = readOutcome<ProbeFile>(result, ['adapter', 'task', 'settings', 'weights', 'tables']);
  const { seed, seeds } = file.settings;
  const isSame = seed === variant.seed && seeds === probeSeeds;
  return isSame && file.weights.includes(hashOf(encoder)) ? probeResultOf(file) : undefined;
}

const hashOf = (file: string): string => sha256Of(readFileSync(file));

export const probeFolder = (out: string, task: StudyTask, variant: Variant): string =>
  join(out, 'probes', task.name, variant.name);
