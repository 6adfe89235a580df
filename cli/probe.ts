import { probeTable } from '../workflows/labelled/probe.ts';
import {
  CLASSIFIER,
  DATA,
  ENCODER,
  INPUTS,
  MEASURING,
  MULTILABEL,
  POSITIONALS,
  RESULT,
} from './labelled/options.ts';
import { type Job, runLabelled } from './labelled/run.ts';
import { tokensBy, untrainedTokensBy } from './labelled/tokens.ts';
import { flag, type Values, type VerbHelp } from './options.ts';

const TASK = {
  ...DATA,
  multilabel: MULTILABEL,
  identity: flag(
    'probe for who a window is of instead: subjects are the labels, later windows of each are tested',
  ),
};
const PROBE = { ...CLASSIFIER, ...MEASURING };
const OPTIONS = { ...TASK, ...ENCODER, ...PROBE, ...RESULT };

const HELP: VerbHelp = {
  verb: 'probe',
  positionals: POSITIONALS,
  summary:
    "Measures what a trained encoder knows of labels, by the paper's protocol: one linear layer on the frozen token of each window. Beside it stand a logistic regression on the same token, fitted to the end, and what it has to beat on the same windows: a logistic regression on handcrafted features and on raw samples, the same two on the token of a random encoder, and the class prior.",
  sections: { Data: TASK, Encoder: ENCODER, Probe: PROBE, Result: RESULT },
  examples: [
    ['spotr probe --weights runs/mine manifest.jsonl', 'labels and splits are in the manifest'],
    ['spotr probe --weights runs/mine synthetic:eyes', 'generated EEG, eyes open and closed'],
    ['spotr probe --weights runs/mine --rate 173.61 --modality eeg split.csv', 'a table of labels'],
    ['spotr probe --config runs/probe-1', 'the same again'],
  ],
  epilogue: `${INPUTS} Research use, not a medical device.`,
};

/** Prints what the encoder's tokens tell of the labels, beside the baselines. Returns the exit code. */
export function probe(argv: readonly string[]): Promise<number> {
  return runLabelled({ name: 'probe', help: HELP, options: OPTIONS, work }, argv);
}

async function work(job: Job<Values<typeof OPTIONS>>) {
  const { engine, task, values, say } = job;
  say('the tokens');
  const table = await probeTable({
    ...{ engine, task, say, settings: values },
    tokens: await tokensBy(job),
    untrainedTokens: () => untrainedTokensBy(job),
  });
  return [{ title: 'Test windows', ...table }];
}
