/** Words that probe, fewshot and finetune have in common. */
import { PROBE_DEFAULTS, PROTOCOLS, type ProtocolName } from '../../../workflows/labelled/protocol.ts';
import { EMBED_OPTIONS } from '../embed/options.ts';
import { choice, flag, number, text, type Values, whole } from '../options.ts';
import { SYNTHETIC_NAMES } from '../recordings/synthetic.ts';
import { PRETRAIN_OPTIONS } from '../training/options.ts';
import { type Filters, READING_FOR_WEIGHTS } from '../weights/trained-on.ts';

const { precision, adapter } = PRETRAIN_OPTIONS;
const { weights, offline, heads, batchSize: embedBatch } = EMBED_OPTIONS;

export const DATA = {
  ...READING_FOR_WEIGHTS,
  window: number({
    value: 'SECONDS',
    above: 0,
    most: 64,
    fallback: undefined,
    help: 'length of a window; by default that of the shortest labelled stretch. Of a longer stretch several are taken, one after the other',
  }),
  labels: text({
    value: 'FILE',
    fallback: undefined,
    help: 'a CSV with "row" and "label" (and "subject", "split"), for a table of one window a row that has no labels itself',
  }),
  labelColumn: text({
    value: 'NAME',
    fallback: undefined,
    help: 'column of a table that holds the label, where it is called otherwise',
  }),
};

export const MULTILABEL = flag(
  'a window has any number of labels: overlapping stretches add up, "a;b" is two labels, "-" is none',
);

export const ENCODER = { weights, offline, heads, embedBatch, precision };

const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[];

export const PROTOCOL = choice({
  of: PROTOCOL_NAMES,
  fallback: PROBE_DEFAULTS.protocol,
  help: "of the probe; converged: tokens standardised on the training part, trained until the loss lies still; paper: the paper's small steps on tokens as they are",
});

const { converged, paper } = PROTOCOLS;
type Steps = 'lr' | 'batchSize' | 'epochs' | 'patience';

/** Numbers of training: `fallback` of each, and what is said of it where that is not a number. */
const stepOptions = <F extends number | undefined>(
  fallback: (name: Steps) => F,
  remark: (name: Steps) => string,
) => ({
  lr: number({
    value: 'RATE',
    above: 0,
    most: 1,
    fallback: fallback('lr'),
    help: `constant learning rate of AdamW${remark('lr')}`,
  }),
  batchSize: whole({
    least: 1,
    most: 65_536,
    fallback: fallback('batchSize'),
    help: `windows in a batch${remark('batchSize')}`,
  }),
  epochs: whole({ least: 1, most: 1e6, fallback: fallback('epochs'), help: `at most${remark('epochs')}` }),
  patience: whole({
    least: 1,
    most: 1e6,
    fallback: fallback('patience'),
    help: `epochs without a better validation AUROC before it stops${remark('patience')}`,
  }),
});

const SEEDS = {
  seeds: whole({ least: 1, most: 1000, fallback: PROBE_DEFAULTS.seeds, help: 'runs, each of its own seed' }),
};

/** Of the probe: what nobody gives is the protocol's. */
export const CLASSIFIER = {
  protocol: PROTOCOL,
  ...stepOptions(
    () => undefined as number | undefined,
    (name) =>
      ` (${converged[name] === paper[name] ? paper[name] : `${converged[name]}; paper: ${paper[name]}`})`,
  ),
  ...SEEDS,
};

/** Of fine-tuning, as the paper does it. */
export const TUNER = {
  ...stepOptions(
    (name) => paper[name] as number,
    () => '',
  ),
  ...SEEDS,
};

export const MEASURING = {
  positive: text({
    value: 'CLASS',
    fallback: undefined,
    help: 'of two classes the one that AUPRC and ROC curves are of; by default the rarer',
  }),
  classWeights: choice({
    of: ['none', 'balanced'],
    fallback: PROBE_DEFAULTS.classWeights,
    help: 'balanced: each class weighs the same in training, whatever its number of windows; in every row of the table',
  }),
  seed: whole({
    least: 0,
    most: 2 ** 32 - 1,
    fallback: PROBE_DEFAULTS.seed,
    help: 'everything random comes from it',
  }),
  resamples: whole({
    least: 100,
    most: 1e6,
    fallback: PROBE_DEFAULTS.resamples,
    help: 'of subjects and seeds, for the intervals',
  }),
};

export const RESULT = {
  out: text({
    value: 'DIR',
    fallback: undefined,
    help: 'folder for result.json and report.html; by default a new one in runs/',
  }),
  overwrite: flag('replace what is in the folder of --out'),
  config: text({
    value: 'FILE',
    fallback: undefined,
    help: 'a result.json (or its folder): everything as in that run, but for options that are given here',
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
export const INPUTS = `Labelled windows come from a manifest with labels and splits (spotr data scan, label, split), from a CSV of labels (file, start_sample, n_samples, label, subject or group, split), from a CSV of one window a row (--rate), or are generated: ${SYNTHETIC_NAMES}. What no table divides is divided by subject.`;
