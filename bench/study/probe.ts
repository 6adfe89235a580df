/** Probing, and what came of it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Interval, type Metrics, numbersBack } from '../../model/index.ts';
import type { Spotr } from '../commands/spotr.ts';
import { StudyError, type StudyOptions } from './options.ts';
import type { Variant } from './pretrain.ts';
import { type StudyTask, taskArguments } from './tasks.ts';

/** A row of the table of a probe, as far as the study reads it. NaN where a number tells nothing. */
export interface ProbeRow {
  readonly name: string;
  readonly seeds: readonly Pick<Metrics, 'auroc' | 'balancedAccuracy' | 'kappa'>[];
  readonly intervals: { readonly auroc: Interval };
  /** AUROC of the encoder less that of this row, on the same resamples. */
  readonly behind?: Interval & { readonly mean: number };
}

/** What a probe of one encoder came to on one task: the encoder's row, then those of what it has to beat. */
export interface ProbeResult {
  readonly adapter: string;
  /** The paper's probe, then a logistic regression fitted to the end, on the same token. */
  readonly trained: ProbeRow;
  readonly fitted: ProbeRow;
  /** The same two on the token of a random encoder. */
  readonly untrained: ProbeRow;
  readonly untrainedFitted: ProbeRow;
  readonly handcrafted: ProbeRow;
  /** Absent where recordings differ in channels. */
  readonly raw: ProbeRow | undefined;
  readonly prior: ProbeRow;
  /** Lines about the task: classes, windows, subjects. */
  readonly task: readonly (readonly [string, string])[];
}

/** Whom a row of `spotr probe` is of, by its name. */
const NAMES = {
  trained: /^SPOTR token, probe/,
  fitted: /^SPOTR token, logistic/,
  untrained: /^random encoder, probe/,
  untrainedFitted: /^random encoder, logistic/,
  handcrafted: /^handcrafted, logistic/,
  raw: /^raw samples/,
  prior: /^class prior/,
} as const;

/** Probes a task with a variant's encoder, unless that was done after its training. */
export async function probeTask(
  task: StudyTask,
  variant: Variant,
  { out, signals, seed, seeds, adapter }: StudyOptions,
  spotr: Spotr,
): Promise<void> {
  const weights = join(out, variant.name, 'encoder.safetensors');
  const folder = probeFolder(out, task, variant);
  const result = join(folder, 'result.json');
  const isNew = existsSync(result) && statSync(result).mtimeMs > statSync(weights).mtimeMs;
  if (isNew) return;
  await spotr(
    ...['probe', '--weights', weights, ...taskArguments(task, signals)],
    ...['--seed', String(seed), '--seeds', String(seeds), '--out', folder],
    ...(existsSync(folder) ? ['--overwrite'] : []),
    ...(adapter === 'auto' ? [] : ['--adapter', adapter]),
  );
}

export const probeFolder = (out: string, task: StudyTask, variant: Variant): string =>
  join(out, 'probes', task.name, variant.name);

/** @throws StudyError for a file that is not of a probe, or lacks a row. */
export function readProbe(file: string): ProbeResult {
  const { adapter, tables, task } = JSON.parse(readFileSync(file, 'utf8'), numbersBack) as {
    readonly adapter: string;
    readonly tables?: readonly { readonly rows: readonly ProbeRow[] }[];
    readonly task: ProbeResult['task'];
  };
  const rows = tables?.[0]?.rows ?? [];
  const find = (who: keyof typeof NAMES) => rows.find(({ name }) => NAMES[who].test(name));
  const need = (who: keyof typeof NAMES) => {
    const row = find(who);
    if (row) return row;
    const there = rows.map(({ name }) => `"${name}"`).join(', ') || 'none';
    throw new StudyError(`${file}: has no row of the ${who} one; there are ${there}.`);
  };
  return {
    adapter,
    task,
    trained: need('trained'),
    fitted: need('fitted'),
    untrained: need('untrained'),
    untrainedFitted: need('untrainedFitted'),
    handcrafted: need('handcrafted'),
    raw: find('raw'),
    prior: need('prior'),
  };
}
