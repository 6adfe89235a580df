import { resolve } from 'node:path';
import { encodeSafetensors } from '../model/checkpoint/safetensors.ts';
import { type Best, type ClassifierTensors, Finetuner } from '../model/index.ts';
import { handcrafted, signalParts } from '../workflows/labelled/baselines.ts';
import { type Scored, tableRows } from '../workflows/labelled/outcome.ts';
import { logisticScored, priorScored, probeScored } from '../workflows/labelled/score.ts';
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
import { tokensBy } from './labelled/tokens.ts';
import { flag, number, type Values, type VerbHelp } from './options.ts';
import { RUN_FILES } from './run-folder.ts';
import { print } from './terminal.ts';
import { nearPaths } from './text.ts';
import { trainedOnMetadata } from './trained-on.ts';

// Fine-tuning trains weights, and weights are trained in f32.
const { weights, offline, heads, embedBatch } = ENCODER;
const FROM = { weights, offline, heads, embedBatch };
const TASK = { ...DATA, multilabel: MULTILABEL };
const TUNING = {
  ...CLASSIFIER,
  clip: number({ value: 'NORM', above: 0, most: 1e6, fallback: 1, help: 'largest norm of the gradient' }),
  noScratch: flag('leave out the row of an encoder that starts from nothing; it takes as long again'),
  ...MEASURING,
};
const OPTIONS = { ...TASK, ...FROM, ...TUNING, ...RESULT };

const HELP: VerbHelp = {
  verb: 'finetune',
  positionals: POSITIONALS,
  summary:
    'Trains all weights of an encoder, with a linear layer on its token, for labelled windows: AdamW at a constant rate, stopped where the validation part learns no more. Beside it stand the same from random weights, the probe on the frozen encoder, and a logistic regression on handcrafted features. The classifier of the first seed is left as classifier.safetensors.',
  sections: { Data: TASK, Encoder: FROM, Tuning: TUNING, Result: RESULT },
  examples: [
    ['spotr finetune --weights runs/mine manifest.jsonl', "five seeds, the paper's protocol"],
    [
      'spotr finetune --weights runs/mine --seeds 1 --epochs 10 --batch-size 32 synthetic:eyes',
      'a quick look',
    ],
  ],
  epilogue: `${INPUTS} Research use, not a medical device.`,
};

/** Prints how far training all weights goes. Returns the exit code. */
export function finetune(argv: readonly string[]): Promise<number> {
  return runLabelled({ name: 'finetune', help: HELP, options: OPTIONS, work }, argv);
}

type TuningJob = Job<Values<typeof OPTIONS>>;

async function work(job: TuningJob) {
  const { engine, task, values, folder, say } = job;
  const tuned = await tunedScored(job, 'SPOTR, all weights tuned', true);
  const contenders: Scored[] = [tuned.scored];
  if (!values.noScratch)
    contenders.push((await tunedScored(job, 'the same, from random weights', false)).scored);
  say('the frozen encoder');
  const tokens = await tokensBy(job);
  contenders.push(await probeScored(engine, 'a probe on its frozen token', task, tokens, values));
  contenders.push(logisticScored('logistic, handcrafted features', task, await handcrafted(task), values));
  contenders.push(priorScored(task));
  const rows = tableRows(task, contenders, values);
  folder.begin();
  const metadata = {
    ...{ format: 'pt', model: 'spotr', classes: JSON.stringify(task.classes) },
    ...trainedOnMetadata({ ...values, windows: [task.seconds] }),
  };
  folder.write(RUN_FILES.classifier, encodeSafetensors(tuned.tensors, metadata));
  print(`\n  The classifier is in ${nearPaths(resolve(folder.file(RUN_FILES.classifier)))}.`);
  return [{ title: 'Test windows', rows }];
}

/** Several seeds, from the encoder or from nothing; the tensors are those of the first. */
async function tunedScored(
  { engine, found, task, values, say }: TuningJob,
  name: string,
  pretrained: boolean,
) {
  const { lr, batchSize, epochs, patience, seeds, seed, clip, classWeights } = values;
  const { train, validation, test } = signalParts(task);
  const runs: { best: Best<ClassifierTensors>; scores: Float64Array }[] = [];
  for (let i = 0; i < seeds; i++) {
    const tuner = new Finetuner(engine, task.classes.length, {
      config: found.config,
      compaction: found.compaction,
      ...(pretrained && { encoder: found.tensors }),
      ...{ seed: seed + i, learningRate: lr, batchSize, epochs, patience, clip, classWeights },
      onEpoch: ({ epoch, loss, validationAuroc }) =>
        say(
          `${name}, seed ${i + 1} of ${seeds}: epoch ${epoch}, loss ${loss.toFixed(3)}, validation AUROC ${validationAuroc.toFixed(3)}`,
        ),
    });
    try {
      const best = await tuner.train(train, validation);
      runs.push({ best, scores: await tuner.scores(test) });
    } finally {
      tuner.dispose();
    }
  }
  const [first] = runs as [(typeof runs)[0]];
  return {
    scored: {
      name,
      scores: runs.map(({ scores }) => scores),
      histories: runs.map(({ best }) => best.history),
    },
    tensors: first.best.kept,
  };
}
