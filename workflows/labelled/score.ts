/** Ways from columns to scores of the test windows. */
import type { Engine } from '../../engine/index.ts';
import {
  type ClassWeighting,
  countsOf,
  logisticScores,
  rowCount,
  ScoredRows,
  scoresOf,
  takeRows,
  trainProbe,
} from '../../model/index.ts';
import { type Columns, partsOf } from './baselines.ts';
import type { Scored } from './outcome.ts';
import { rowsOf, type Task } from './task.ts';

export interface ProbeSettings {
  readonly lr: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly patience: number;
  readonly seeds: number;
  readonly seed: number;
  readonly classWeights: ClassWeighting;
}

/** The paper's probe, of several seeds. */
export async function probeScored(
  engine: Engine,
  name: string,
  task: Task,
  columns: Columns,
  { lr, seeds, seed, ...options }: ProbeSettings,
): Promise<Scored> {
  const { train, validation, test } = partsOf(task, columns);
  const probes = [];
  for (let i = 0; i < seeds; i++) {
    const { batchSize, epochs, patience, classWeights } = options;
    const settings = { seed: seed + i, learningRate: lr, batchSize, epochs, patience, classWeights };
    probes.push(await trainProbe(engine, train, validation, settings));
  }
  return {
    name,
    scores: probes.map(({ kept }) => scoresOf(kept, test, task.targets.many)),
    histories: probes.map(({ history }) => history),
  };
}

/** Strengths of the penalty that validation chooses among. */
const STRENGTHS = [1e-3, 1e-2, 0.1, 1, 10] as const;

/** A logistic regression; validation chooses its penalty. */
export function logisticScored(
  name: string,
  task: Task,
  columns: Columns,
  { classWeights }: { readonly classWeights: ClassWeighting },
): Scored {
  const { train, validation, test } = partsOf(task, columns);
  const { classes } = task.targets;
  const fitted = STRENGTHS.map((c) => {
    const scores = logisticScores(train, train.targets, { c, balanced: classWeights === 'balanced' });
    const { auroc } = new ScoredRows({ values: scores(validation), classes }, validation.targets).metrics();
    return { scores, auroc };
  });
  // Of equal ones the first, whose penalty is the heaviest.
  const best = fitted.reduce((a, b) => (b.auroc > a.auroc ? b : a));
  return { name, scores: [best.scores(test)] };
}

/** The class prior: every window is taken for what is commonest in training. */
export function priorScored(task: Task): Scored {
  const train = takeRows(task.targets, rowsOf(task, 'train'));
  const share = countsOf(train).map((count) => count / rowCount(train));
  // Of several labels a window scores are log-odds.
  const scores = task.targets.many ? share.map((part) => Math.log((part + 1e-9) / (1 - part + 1e-9))) : share;
  const test = rowsOf(task, 'test');
  return { name: 'class prior', scores: [Float64Array.from(test.flatMap(() => scores))] };
}
