/** The table of a probe: what a frozen token knows of labels, beside what it has to beat. One function for command and page. */
import type { Engine } from '../../engine/index.ts';
import type { ClassWeighting } from '../../model/index.ts';
import { type Columns, handcrafted, MOST_RAW, raw } from './baselines.ts';
import { type ResamplingOptions, type Scored, type TableRow, tableRows } from './outcome.ts';
import { logisticScored, type ProbeSettings, priorScored, probeScored } from './score.ts';
import type { Task } from './task.ts';

export interface ProbeTableSettings extends ProbeSettings, ResamplingOptions {}

/** What both take where nobody says otherwise: the paper's protocol. */
export const PROBE_DEFAULTS = {
  lr: 2e-4,
  batchSize: 128,
  epochs: 200,
  patience: 20,
  seeds: 5,
  seed: 1,
  classWeights: 'none' as ClassWeighting,
  resamples: 1000,
} as const satisfies ProbeTableSettings;

export interface ProbeTableInput {
  readonly engine: Engine;
  readonly task: Task;
  readonly settings: ProbeTableSettings;
  /** The token of every window of the task. */
  readonly tokens: Columns;
  /** The same of a random encoder; called when it is wanted. Absent: its rows are left out, which a note says. */
  readonly untrainedTokens?: (() => Promise<Columns>) | undefined;
  /** Numbers beyond which raw samples are left out. */
  readonly mostRaw?: number;
  /** Told what is under way; awaited, so that others may have a turn. */
  readonly say?: (what: string) => void | Promise<void>;
}

export interface ProbeTable {
  readonly rows: readonly TableRow[];
  /** What is not in it, and why. */
  readonly notes: readonly string[];
}

export async function probeTable({
  engine,
  task,
  settings,
  tokens,
  untrainedTokens,
  mostRaw = MOST_RAW,
  say = () => {},
}: ProbeTableInput): Promise<ProbeTable> {
  const notes: string[] = [];
  await say('the probe on the tokens');
  const contenders: Scored[] = [
    await probeScored(engine, 'SPOTR, probe on its token', task, tokens, settings),
  ];
  // Fitted to the end: shows what the token holds and a probe of few, small steps has not come to.
  await say('a logistic regression on the tokens');
  contenders.push(logisticScored('SPOTR, logistic on its token', task, tokens, settings));
  await say('handcrafted features');
  const features = await handcrafted(task);
  contenders.push(logisticScored('logistic, handcrafted features', task, features, settings));
  await say('raw samples');
  const samples = await raw(task, mostRaw);
  if (typeof samples === 'string') notes.push(samples);
  else contenders.push(logisticScored('logistic, raw samples', task, samples, settings));
  if (untrainedTokens) {
    await say('a random encoder');
    const untrained = await untrainedTokens();
    contenders.push(await probeScored(engine, 'the same probe, random encoder', task, untrained, settings));
    contenders.push(logisticScored('the same logistic, random encoder', task, untrained, settings));
  } else notes.push('The random encoder is left out: the model of these tokens is not at hand.');
  contenders.push(priorScored(task));
  await say('intervals');
  return { rows: tableRows(task, contenders, settings), notes };
}
