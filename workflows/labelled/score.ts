/** Ways from columns to scores of the test windows. */
import type { Engine } from '../../engine/index.ts';
import {
  type ClassWeighting,
  convergedAt,
  countsOf,
  type Epoch,
  LogisticInputs,
  logisticScoresOf,
  rowCount,
  ScoredRows,
  scoresOf,
  takeRows,
  trainProbe,
} from '../../evaluate/index.ts';
import { SAY_NOTHING, type Say } from '../progress.ts';
import { type Columns, partsOf } from './columns.ts';
import type { Scored } from './outcome.ts';
import { type ProbeSettings, probeOptions } from './protocol.ts';
import { rowsOf, type Task } from './task.ts';

/** What a row of a table is called, and what it adds to. */
export type Named = Pick<Scored, 'id' | 'name' | 'addsTo'>;

/** The probe, of several seeds. */
export async function probeScored(
  engine: Engine,
  named: Named,
  task: Task,
  columns: Columns,
  settings: ProbeSettings,
  say: Say = SAY_NOTHING,
): Promise<Scored> {
  const { train, validation, test } = partsOf(task, columns);
  const options = probeOptions(settings);
  const scores: Float64Array[] = [];
  const histories: (readonly Epoch[])[] = [];
  const taken: number[] = [];
  for (let i = 0; i < settings.seeds; i++) {
    const done = histories.reduce((sum, { length }) => sum + length, 0);
    // Where training will end is not known: of seeds to come, as the mean of those before.
    const each = i > 0 ? done / i : (options.epochs ?? 1);
    const onEpoch = ({ epoch }: Epoch) =>
      say(
        `${named.name}: epochs of seed ${i + 1} of ${settings.seeds}`,
        done + epoch,
        Math.round(Math.max(done + epoch, settings.seeds * each)),
      );
    const { kept, best, history } = await trainProbe(engine, train, validation, {
      ...options,
      seed: settings.seed + i,
      onEpoch,
    });
    scores.push(scoresOf(kept, test, task.targets.many));
    histories.push(history);
    taken.push(best.epoch);
  }
  return {
    ...named,
    ...{ scores, histories, taken },
    convergedAt: histories.map((history) => convergedAt(history) ?? Number.NaN),
  };
}

/** Inverse strengths of the penalty that validation chooses among. */
const STRENGTHS = [1e-3, 1e-2, 0.1, 1, 10] as const;

/** A logistic regression, fitted to the end; validation chooses its penalty. */
export async function logisticScored(
  named: Named,
  task: Task,
  columns: Columns,
  { classWeights }: { readonly classWeights: ClassWeighting },
  say: Say = SAY_NOTHING,
): Promise<Scored> {
  const { train, validation, test } = partsOf(task, columns);
  const { classes } = task.targets;
  await say(named.name, 0, STRENGTHS.length);
  const inputs = new LogisticInputs(train);
  let best: { readonly scores: ReturnType<typeof logisticScoresOf>; readonly auroc: number } | undefined;
  for (const [i, c] of STRENGTHS.entries()) {
    const scores = logisticScoresOf(inputs, train.targets, { c, balanced: classWeights === 'balanced' });
    const { auroc } = new ScoredRows({ values: scores(validation), classes }, validation.targets).metrics();
    // Of equal ones the first, whose penalty is the heaviest.
    if (!best || auroc > best.auroc) best = { scores, auroc };
    await say(named.name, i + 1, STRENGTHS.length);
  }
  return { ...named, scores: best ? [best.scores(test)] : [] };
}

/** The class prior: every window is taken for what is commonest in training. */
export function priorScored(task: Task): Scored {
  const train = takeRows(task.targets, rowsOf(task, 'train'));
  const share = countsOf(train).map((count) => count / rowCount(train));
  // Of several labels a window scores are log-odds.
  const scores = task.targets.many
    ? share.map((part) => Math.log((part + 1e-9) / (1 - part + 1e-9)))
    : share.map((part) => Math.log(part + 1e-9));
  const test = rowsOf(task, 'test');
  return {
    id: 'prior',
    name: 'class prior',
    scores: [Float64Array.from(test.flatMap(() => scores))],
  };
}
