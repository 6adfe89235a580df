import { probeTables } from '../workflows/labelled/probe.ts';
import { protocolInWords } from '../workflows/labelled/protocol.ts';
import {
  CLASSIFIER,
  DATA,
  ENCODER,
  INPUTS,
  MEASURING,
  MULTILABEL,
  POSITIONALS,
  RESULT,
} from './common/labelled/options.ts';
import { type Job, runLabelled } from './common/labelled/run.ts';
import { tokensBy, untrainedTokensBy } from './common/labelled/tokens.ts';
import { advanced, flag, type Values, type VerbHelp } from './common/options.ts';

const TASK = {
  ...DATA,
  multilabel: MULTILABEL,
  identity: advanced(
    flag('probe for subject identity instead of labels: later windows of each subject are the test split'),
  ),
};
const PROBE = { ...CLASSIFIER, ...MEASURING };
const OPTIONS = { ...TASK, ...ENCODER, ...PROBE, ...RESULT };

const HELP: VerbHelp = {
  verb: 'probe',
  positionals: POSITIONALS,
  summary:
    "Measures how well a trained encoder predicts labels: one linear layer on the frozen token of each window, trained until it has converged (--protocol paper: as in the paper). Beside it stand logistic regressions, fitted to convergence, on the same token, on the token with its squares and on the token with the mean of the encoder's other tokens, and the baselines on the same windows: handcrafted features, the powers of 24 bands, both, each with the token added, principal components, raw samples, the token of a random encoder, and the class prior. Where the windows of each recording have one label, a second table scores whole recordings by the mean of their windows.",
  sections: { Data: TASK, Encoder: ENCODER, Probe: PROBE, Result: RESULT },
  examples: [
    ['spotr probe --weights runs/mine manifest.jsonl', 'labels and splits are in the manifest'],
    ['spotr probe --weights runs/mine synthetic:eyes', 'generated EEG, eyes open and closed'],
    ['spotr probe --weights runs/mine --rate 173.61 --modality eeg split.csv', 'a table of labels'],
    ['spotr probe --weights runs/mine --protocol paper manifest.jsonl', "the paper's small steps"],
    [
      'spotr probe --weights runs/mine --window 10 manifest.jsonl',
      'windows of 10 s of the labelled segments',
    ],
    ['spotr probe --config runs/probe-1', 'the same again'],
  ],
  epilogue: `${INPUTS} Research use, not a medical device.`,
};

/** Prints how well the encoder's tokens predict the labels, beside baselines. Returns the exit code. */
export function probe(argv: readonly string[]): Promise<number> {
  return runLabelled(
    {
      name: 'probe',
      help: HELP,
      options: OPTIONS,
      // The only protocol that there was.
      kept: {
        before: { protocol: 'paper' },
        follow: ['protocol', 'learningRate', 'batchSize', 'epochs', 'patience'],
      },
      protocol: protocolInWords,
      work,
    },
    argv,
  );
}

async function work(job: Job<Values<typeof OPTIONS>>) {
  const { engine, task, values, say } = job;
  return probeTables({
    ...{ engine, task, say, settings: values },
    tokens: await tokensBy(job),
    untrainedTokens: () => untrainedTokensBy(job),
  });
}
