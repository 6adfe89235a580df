import { resolve } from 'node:path';
import { encodeSafetensors } from '../checkpoint/index.ts';
import { type ChannelContract, contractMetadata, contractOf, montageOf } from '../data/index.ts';
import { type Best, type ClassifierTensors, Finetuner } from '../evaluate/index.ts';
import { beside, handcrafted, logBands, signalParts } from '../workflows/labelled/columns.ts';
import type { Scored } from '../workflows/labelled/outcome.ts';
import { atBothLevels } from '../workflows/labelled/probe.ts';
import { type ProbeSettings, protocolInWords } from '../workflows/labelled/protocol.ts';
import { logisticScored, type Named, priorScored, probeScored } from '../workflows/labelled/score.ts';
import { type Placed, rowsOf, type Task } from '../workflows/labelled/task.ts';
import {
  DATA,
  ENCODER,
  INPUTS,
  MEASURING,
  MULTILABEL,
  POSITIONALS,
  PROTOCOL,
  RESULT,
  TUNER,
} from './common/labelled/options.ts';
import { type Job, runLabelled } from './common/labelled/run.ts';
import { tokensBy } from './common/labelled/tokens.ts';
import { flag, number, type Values, type VerbHelp } from './common/options.ts';
import { RUN_FILES } from './common/run/run-folder.ts';
import { print } from './common/terminal.ts';
import { nearPaths } from './common/text.ts';
import { windowOptionsOf } from './common/training/options.ts';

// Fine-tuning trains weights, and weights are trained in f32.
const { weights, offline, heads, embedBatch } = ENCODER;
const FROM = { weights, offline, heads, embedBatch };
const TASK = { ...DATA, multilabel: MULTILABEL };
const TUNING = {
  ...TUNER,
  clip: number({
    advanced: true,
    value: 'NORM',
    above: 0,
    max: 1e6,
    fallback: 1,
    help: 'clip gradients to this norm',
  }),
  protocol: { ...PROTOCOL, advanced: true, help: 'protocol of the probe baseline, as in spotr probe' },
  noScratch: flag('omit the baseline that is trained from random weights, which takes as long again'),
  ...MEASURING,
};
const OPTIONS = { ...TASK, ...FROM, ...TUNING, ...RESULT };

const HELP: VerbHelp = {
  verb: 'finetune',
  positionals: POSITIONALS,
  summary:
    'Fine-tunes all weights of an encoder, with a linear layer on its token, on labelled windows: AdamW at a constant learning rate, stopped early by the validation split. The baselines are the same model trained from random weights, the probe on the frozen encoder, and logistic regressions on handcrafted features, without and with the powers of 24 bands. The classifier of the first seed is written to classifier.safetensors.',
  sections: { Data: TASK, Encoder: FROM, Tuning: TUNING, Result: RESULT },
  examples: [
    ['spotr finetune --weights runs/mine manifest.jsonl', "five seeds, the paper's steps"],
    [
      'spotr finetune --weights runs/mine --seeds 1 --epochs 10 --batch-size 32 synthetic:eyes',
      'a quick look',
    ],
  ],
  epilogue: `${INPUTS} Research use, not a medical device.`,
};

/** Prints how well a fine-tuned encoder predicts labels, beside baselines. Returns the exit code. */
export function finetune(argv: readonly string[]): Promise<number> {
  return runLabelled(
    {
      name: 'finetune',
      help: HELP,
      options: OPTIONS,
      kept: { before: { protocol: 'paper' } },
      protocol: (values) => protocolInWords(probeSettings(values)),
      work,
    },
    argv,
  );
}

type TuningJob = Job<Values<typeof OPTIONS>>;

/** Of the probe beside it: the paper's protocol has the steps that all weights are tuned with, the other its own. */
function probeSettings(values: Values<typeof OPTIONS>): ProbeSettings {
  const { protocol, seeds, seed, classWeights, learningRate, batchSize, epochs, patience } = values;
  const own = { protocol, seeds, seed, classWeights };
  return protocol === 'paper' ? { ...own, learningRate, batchSize, epochs, patience } : own;
}

async function work(job: TuningJob) {
  const { engine, task, values, folder, say } = job;
  const tuned = await tunedScored(job, { id: 'tuned', name: 'SPOTR, all weights tuned' }, true);
  const scored: Scored[] = [tuned.scored];
  if (!values.noScratch) {
    const scratch = { id: 'scratch', name: 'the same, from random weights' };
    scored.push((await tunedScored(job, scratch, false)).scored);
  }
  const frozen = { id: 'token', name: 'a probe on its frozen token' };
  const { token } = await tokensBy(job);
  scored.push(await probeScored(engine, frozen, task, token, probeSettings(values), say));
  const features = await handcrafted(task, say);
  const both = beside(features, await logBands(task, say));
  const named = { id: 'handcrafted', name: 'handcrafted, logistic' };
  scored.push(await logisticScored(named, task, features, values, say));
  const withBands = { id: 'handcrafted-bands', name: 'handcrafted and bands, logistic' };
  scored.push(await logisticScored(withBands, task, both, values, say));
  scored.push(priorScored(task));
  const tables = await atBothLevels(task, scored, { ...values, notes: [], say });
  folder.begin();
  const metadata = {
    ...{ format: 'pt', model: 'spotr', classes: JSON.stringify(task.classes) },
    ...contractMetadata(contractOfTask(task, values)),
  };
  folder.write(RUN_FILES.classifier, encodeSafetensors(tuned.tensors, metadata));
  print(`\n  The classifier is in ${nearPaths(resolve(folder.file(RUN_FILES.classifier)))}.`);
  return tables;
}

/** What a classifier was trained on: the channels in the order in which they went in, which is the encoder's where it says one. */
function contractOfTask(task: Task, values: TuningJob['values']): ChannelContract {
  const counts = new Map<number, number>();
  for (const row of rowsOf(task, 'train')) {
    const { recording } = task.places[row] as Placed;
    counts.set(recording, (counts.get(recording) ?? 0) + 1);
  }
  const montages = [...counts].map(([recording, windows]) =>
    montageOf(task.recordings[recording] as Task['recordings'][0], windows),
  );
  const { bandPass, detrend, mains } = windowOptionsOf({
    ...values,
    window: task.seconds,
    stride: undefined,
  });
  return contractOf(montages, { bandPass, detrend, mains });
}

/** Several seeds, from the encoder's weights or from random ones; the tensors are those of the first seed. */
async function tunedScored(
  { engine, found, task, values, say }: TuningJob,
  named: Named,
  pretrained: boolean,
) {
  const { learningRate, batchSize, epochs, patience, seeds, seed, clip, classWeights } = values;
  const { train, validation, test } = signalParts(task);
  const runs: { best: Best<ClassifierTensors>; scores: Float64Array }[] = [];
  for (let i = 0; i < seeds; i++) {
    const tuner = new Finetuner(engine, task.classes.length, {
      config: found.config,
      compaction: found.compaction,
      ...(pretrained && { encoder: found.tensors }),
      ...{ seed: seed + i, learningRate, batchSize, epochs, patience, clip, classWeights },
      onEpoch: ({ epoch, loss, validationAuroc }) =>
        say(
          `${named.name}, seed ${i + 1} of ${seeds}, loss ${loss.toFixed(3)}, validation AUROC ${validationAuroc.toFixed(3)}: epochs at most`,
          i * epochs + epoch,
          seeds * epochs,
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
      ...named,
      scores: runs.map(({ scores }) => scores),
      histories: runs.map(({ best }) => best.history),
      taken: runs.map(({ best }) => best.best.epoch),
    },
    tensors: first.best.kept,
  };
}
