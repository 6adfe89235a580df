import { handcrafted, partsOf, raw } from '../workflows/labelled/baselines.ts';
import { tableRows } from '../workflows/labelled/outcome.ts';
import { fewShotScored } from './labelled/few-shot.ts';
import { DATA, ENCODER, INPUTS, MEASURING, POSITIONALS, RESULT } from './labelled/options.ts';
import { type Job, runLabelled } from './labelled/run.ts';
import { tokensBy, untrainedTokensBy } from './labelled/tokens.ts';
import { type Option, type Values, type VerbHelp, whole } from './options.ts';
import { plural } from './text.ts';

const SHOTS: Option<readonly number[]> = {
  help: 'labelled windows of each class to learn from, one table each (1,2,4,8)',
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
  draws: whole({ least: 1, most: 1000, fallback: 20, help: 'of windows, over which results are averaged' }),
  ...MEASURING,
};
const OPTIONS = { ...DATA, ...ENCODER, ...FEW, ...RESULT };

const HELP: VerbHelp = {
  verb: 'fewshot',
  positionals: POSITIONALS,
  summary:
    'Measures what the token of a frozen encoder is worth where only a few windows have labels: K of each class are drawn from the training part, and a logistic regression of fixed penalty is fitted to them; no other label is looked at. The same draws are learned from handcrafted features, from raw samples, and from the tokens of a random encoder.',
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
  say('the tokens');
  const tokens = await tokensBy(job);
  const untrained = await untrainedTokensBy(job);
  const samples = await raw(task);
  const notes = typeof samples === 'string' ? [samples] : [];
  const contenders = [
    ['SPOTR, its token', tokens] as const,
    ['handcrafted features', await handcrafted(task)] as const,
    ...(typeof samples === 'string' ? [] : [['raw samples', samples] as const]),
    ['a token, random encoder', untrained] as const,
  ].map(([name, columns]) => ({ name, parts: partsOf(task, columns) }));
  return values.shots.map((shots) => {
    const title = plural(shots, 'window of each class', 'windows of each class');
    say(title);
    const scored = contenders.map(({ name, parts }) =>
      fewShotScored(name, task.classes, parts, shots, values),
    );
    return { title, rows: tableRows(task, scored, values), notes };
  });
}
