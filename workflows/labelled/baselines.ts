/** The inputs of a probe: the token, and the baselines that it is compared with or added to. */
import { LOG_BAND_COUNT } from '../../data/index.ts';
import { SAY_NOTHING, type Say } from '../progress.ts';
import { showCount } from '../words.ts';
import { beside, type Columns, handcrafted, logBands, pcaScores, samplesOf, withSquares } from './columns.ts';
import type { Named } from './score.ts';
import type { Task } from './task.ts';
import type { TokenColumns } from './tokens.ts';

/** Numbers beyond which a regression on samples takes too long for what it shows. */
const MAX_RAW = 3e7;

export interface BaselinesInput {
  readonly task: Task;
  /** Of every window of the task. */
  readonly tokens: TokenColumns;
  /** The same of a random encoder; called when it is wanted. Absent: it is left out, which a note says. */
  readonly untrainedTokens?: (() => Promise<TokenColumns>) | undefined;
  /** Numbers beyond which raw samples are left out. */
  readonly mostRaw?: number;
  readonly say?: Say;
}

export interface NamedColumns extends Named {
  readonly columns: Columns;
}

export interface TokenAndBaselines {
  /** In the order of the table: the token first. */
  readonly all: readonly NamedColumns[];
  /** What is not among them, and why. */
  readonly notes: readonly string[];
}

export async function tokenAndBaselines({
  task,
  tokens: { token, others },
  untrainedTokens,
  mostRaw = MAX_RAW,
  say = SAY_NOTHING,
}: BaselinesInput): Promise<TokenAndBaselines> {
  const notes: string[] = [];
  const features = await handcrafted(task, say);
  const bands = await logBands(task, say);
  const plain = beside(features, bands);
  const all: NamedColumns[] = [
    { id: 'token', name: 'SPOTR token', columns: token },
    { id: 'token-squares', name: 'SPOTR token and squares', columns: withSquares(task, token) },
    { id: 'token-mean', name: 'SPOTR token and mean of the others', columns: beside(token, others) },
    { id: 'handcrafted', name: 'handcrafted', columns: features },
    {
      id: 'handcrafted-token',
      name: 'handcrafted and SPOTR token',
      columns: beside(features, token),
      addsTo: 'handcrafted',
    },
    { id: 'bands', name: `${LOG_BAND_COUNT} log bands`, columns: bands },
    { id: 'handcrafted-bands', name: 'handcrafted and bands', columns: plain },
    {
      id: 'handcrafted-bands-token',
      name: 'handcrafted, bands and SPOTR token',
      columns: beside(plain, token),
      addsTo: 'handcrafted-bands',
    },
  ];
  if (untrainedTokens)
    all.push({ id: 'random', name: 'random encoder', columns: (await untrainedTokens()).token });
  else notes.push('The random encoder is left out: the model of these tokens is not available.');
  const samples = await samplesOf(task, say);
  if (typeof samples === 'string')
    notes.push(`Principal components and raw samples are left out: ${samples}.`);
  else {
    await say('principal components');
    const scores = pcaScores(task, samples, token.columns);
    if (scores.columns > 0) all.push({ id: 'pca', name: `PCA-${scores.columns} scores`, columns: scores });
    else notes.push('Principal components are left out: nothing varies in the training windows.');
    if (samples.values.length <= mostRaw) all.push({ id: 'raw', name: 'raw samples', columns: samples });
    else
      notes.push(
        `Raw samples are left out: ${showCount(samples.values.length)} numbers are too many for a regression on a processor.`,
      );
  }
  return { all, notes };
}
