import { tokenAndBaselines } from '../workflows/labelled/baselines.ts';
import { partsOf } from '../workflows/labelled/columns.ts';
import { windowLevel } from '../workflows/labelled/levels.ts';
import { type Scored, tableRows } from '../workflows/labelled/outcome.ts';
import { fewShotScored } from './common/labelled/few-shot.ts';
import { DATA, ENCODER, INPUTS, MEASURING, POSITIONALS, RESULT } from './common/labelled/options.ts';
import type { ResultTable } from './common/labelled/result-file.ts';
import { type Job, runLabelled } from './common/labelled/run.ts';
import { tokensBy, untrainedTokensBy } from './common/labelled/tokens.ts';
import { type Option, type Values, type VerbHelp, whole } from './common/options.ts';
import { plural } from './common/text.ts';

const SHOTS: Option<readonly number[]> = {
  help: 'numbers of labelled training windows per class, one table each (1,2,4,8)',
  value: 'K,K,...',
  expected: 'whole numbers from 1 between commas',
  fallback: [1, 2, 4, 8],
  read: (given) => {
    const numbers = given.split(',').map(Number);
    return numbers.every((k) => Number.isInteger(k) && k >= 1) ? numbers : undefined;
  },
};

const FEW = {
  shots: SHOTS,
  draws: whole({
    min: 1,
    max: 1000,
    fallback: 20,
    help: 'random draws of windows, over which results are averaged',
  }),
  ...MEASURING,
};
const OPTIONS = { ...DATA, ...ENCODER, ...FEW, ...RESULT };

const HELP: VerbHelp = {
  verb: 'fewshot',
  positionals: POSITIONALS,
  summary:
    'Measures how well the token of a frozen encoder predicts labels where only a few windows are labelled: K windows of each class are drawn from the training split, and a logistic regression with a fixed penalty is fitted to them; no other label is used. Columns are standardised over all training windows, without their labels. The same draws are fitted with the token and its squares, the token and the mean of the other tokens, and the baselines: handcrafted features and log band powers, alone and with the token, principal components, raw samples, and the token of a random encoder.',
  sections: { Data: DATA, Encoder: ENCODER, 'Few shots': FEW, Result: RESULT },
  examples: [
    ['spotr fewshot --weights runs/mine manifest.jsonl', '1, 2, 4 and 8 windows a class'],
    ['spotr fewshot --weights runs/mine --shots 16,64 synthetic:rhythm', 'generated ECG'],
  ],
  epilogue: `${INPUTS} Research use, not a medical device.`,
};

/** Prints a table for each number of shots. Returns the exit code. */
export function fewshot(argv: readonly string[]): Promise<number> {
  return runLabelled({ name: 'fewshot', help: HELP, options: OPTIONS, work }, argv);
}

async function work(job: Job<Values<typeof OPTIONS>>) {
  const { task, values, say } = job;
  const { all, notes } = await tokenAndBaselines({
    ...{ task, say },
    tokens: await tokensBy(job),
    untrainedTokens: () => untrainedTokensBy(job),
  });
  const inputs = all.map(({ columns, ...named }) => ({ named, parts: partsOf(task, columns) }));
  const tables: ResultTable[] = [];
  for (const shots of values.shots) {
    const scored: Scored[] = [];
    for (const { named, parts } of inputs)
      scored.push(await fewShotScored(named, task.classes, parts, shots, values, say));
    const title = plural(shots, 'window of each class', 'windows of each class');
    tables.push({ title, rows: await tableRows(task, scored, values, windowLevel(task), say), notes });
  }
  return tables;
}
