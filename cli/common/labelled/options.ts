/** Words that probe, fewshot and finetune have in common. */
import { PROBE_DEFAULTS, PROTOCOLS, type ProtocolName } from '../../../workflows/labelled/protocol.ts';
import { EMBED_OPTIONS } from '../embed/options.ts';
import { choice, flag, number, text, type Values, whole } from '../options.ts';
import { SYNTHETIC_NAMES } from '../recordings/synthetic.ts';
import { PRETRAIN_OPTIONS } from '../training/options.ts';
import { type Filters, READING_FOR_WEIGHTS } from '../weights/trained-on.ts';

const { adapter } = PRETRAIN_OPTIONS;
const { weights, offline, heads, batchSize: embedBatch, precision } = EMBED_OPTIONS;

export const DATA = {
  ...READING_FOR_WEIGHTS,
  window: number({
    value: 'SECONDS',
    above: 0,
    max: 64,
    fallback: undefined,
    help: 'length of a window; by default that of the shortest labelled segment. A longer segment is cut into several windows',
  }),
  labels: text({
    value: 'FILE',
    fallback: undefined,
    help: 'a CSV with the columns "row" and "label" (and "subject", "split"), for a table of one window a row without labels',
  }),
  labelColumn: text({
    value: 'NAME',
    fallback: undefined,
    help: 'column of the labels in a table; by default one named label, class, target, diagnosis or stage',
  }),
};

export const MULTILABEL = flag(
  'multi-label task: labels of overlapping segments add up, "a;b" is two labels, "-" is none',
);

export const ENCODER = { weights, offline, heads, embedBatch, precision };

const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[];

export const PROTOCOL = choice({
  of: PROTOCOL_NAMES,
  fallback: PROBE_DEFAULTS.protocol,
  help: "training of the probe. converged: standardised tokens, trained until the loss has converged; paper: the paper's learning rate on unscaled tokens",
});

const { converged, paper } = PROTOCOLS;
type Steps = 'learningRate' | 'batchSize' | 'epochs' | 'patience';

/** Numbers of training: `fallback` of each, and what is said of it where that is not a number. */
const stepOptions = <F extends number | undefined>(
  fallback: (name: Steps) => F,
  remark: (name: Steps) => string,
  place: { readonly advanced: boolean },
) => ({
  learningRate: number({
    ...place,
    alias: 'lr',
    field: 'lr',
    value: 'RATE',
    above: 0,
    max: 1,
    fallback: fallback('learningRate'),
    help: `constant learning rate of AdamW${remark('learningRate')}`,
  }),
  batchSize: whole({
    ...place,
    min: 1,
    max: 65_536,
    fallback: fallback('batchSize'),
    help: `windows in a batch${remark('batchSize')}`,
  }),
  epochs: whole({
    ...place,
    min: 1,
    max: 1e6,
    fallback: fallback('epochs'),
    help: `maximum number of epochs${remark('epochs')}`,
  }),
  patience: whole({
    ...place,
    min: 1,
    max: 1e6,
    fallback: fallback('patience'),
    help: `epochs without a better validation AUROC before training stops${remark('patience')}`,
  }),
});

const SEEDS = {
  seeds: whole({
    min: 1,
    max: 1000,
    fallback: PROBE_DEFAULTS.seeds,
    help: 'number of runs, each with a seed of its own',
  }),
};

/** Of the probe: the protocol sets what is not given. */
export const CLASSIFIER = {
  protocol: PROTOCOL,
  ...stepOptions(
    () => undefined as number | undefined,
    (name) =>
      ` (${converged[name] === paper[name] ? paper[name] : `${converged[name]}; paper: ${paper[name]}`})`,
    { advanced: true },
  ),
  ...SEEDS,
};

/** Of fine-tuning, as the paper does it. */
export const TUNER = {
  ...stepOptions(
    (name) => paper[name] as number,
    () => '',
    { advanced: false },
  ),
  ...SEEDS,
};

export const MEASURING = {
  positive: text({
    value: 'CLASS',
    fallback: undefined,
    help: 'positive class of AUPRC and ROC curves, where there are two classes; by default the rarer one',
  }),
  classWeights: choice({
    of: ['none', 'balanced'],
    fallback: PROBE_DEFAULTS.classWeights,
    help: 'balanced gives each class the same weight in training, in every row of the table',
  }),
  seed: whole({
    min: 0,
    max: 2 ** 32 - 1,
    fallback: PROBE_DEFAULTS.seed,
    help: 'seed of all random numbers',
  }),
  resamples: whole({
    advanced: true,
    min: 100,
    max: 1e6,
    fallback: PROBE_DEFAULTS.resamples,
    help: 'number of resamples of subjects and seeds for the intervals',
  }),
};

export const RESULT = {
  out: text({
    value: 'DIR',
    fallback: undefined,
    help: 'folder for result.json and report.html; by default a new one in runs/',
  }),
  overwrite: flag('replace the run in --out'),
  config: text({
    value: 'FILE',
    fallback: undefined,
    help: 'a result.json (or its folder): take all settings from that run, except options given here',
  }),
  adapter,
  quiet: flag('print the result only'),
};

/** What all three take. */
export const LABELLED_OPTIONS = { ...DATA, ...ENCODER, ...MEASURING, ...RESULT };

/** With the filters that the weights were trained with where the command line says nothing. */
export type LabelledValues = Values<typeof LABELLED_OPTIONS> &
  Filters & { readonly multilabel?: boolean; readonly identity?: boolean };

export const POSITIONALS = 'MANIFEST|TABLE...';

/** What the positionals can be, for the help of each. */
export const INPUTS = `Labelled windows come from a manifest with labels and splits (spotr data scan, label, split), from a CSV of labels (file, start_sample, n_samples, label, subject or group, split), from a CSV of one window a row (--rate), or are generated: ${SYNTHETIC_NAMES}. Recordings without a split are split by subject.`;
