import { EMBED_OPTIONS } from '../embed/options.ts';
import { number, text, type Values, type VerbHelp, whole } from '../options.ts';
import { PRETRAIN_OPTIONS, READING_OPTIONS } from '../pretrain/options.ts';

const { precision, adapter } = PRETRAIN_OPTIONS;
const { weights, heads, batchSize: embedBatch } = EMBED_OPTIONS;

const DATA = {
  ...READING_OPTIONS,
  window: number({
    value: 'SECONDS',
    above: 0,
    most: 64,
    fallback: undefined,
    help: 'length of a window; by default that of the shortest labelled stretch',
  }),
};

const MODEL = { weights, heads, embedBatch, precision };

const PROBE = {
  lr: number({ value: 'RATE', above: 0, most: 1, fallback: 2e-4, help: 'constant learning rate of AdamW' }),
  batchSize: whole({ least: 1, most: 65_536, fallback: 128, help: 'windows in a batch of the probe' }),
  epochs: whole({ least: 1, most: 1e6, fallback: 200, help: 'at most' }),
  patience: whole({
    least: 1,
    most: 1e6,
    fallback: 20,
    help: 'epochs without a better validation AUROC before it stops',
  }),
  seeds: whole({ least: 1, most: 1000, fallback: 5, help: 'probes, each of its own seed' }),
  seed: whole({ least: 0, most: 2 ** 32 - 1, fallback: 1, help: 'everything random comes from it' }),
  resamples: whole({ least: 100, most: 1e6, fallback: 1000, help: 'of subjects, for the intervals' }),
};

const RESULT = {
  out: text({ value: 'FILE', fallback: undefined, help: 'where to write the table, as JSON' }),
  adapter,
};

export const PROBE_OPTIONS = { ...DATA, ...MODEL, ...PROBE, ...RESULT };

export type ProbeValues = Values<typeof PROBE_OPTIONS>;

export const PROBE_HELP: VerbHelp = {
  verb: 'probe',
  positionals: 'MANIFEST...',
  summary:
    "Measures what a trained encoder knows of labels: one linear layer on the frozen token of each window, beside what it has to beat on the same windows: a logistic regression on handcrafted features and on raw samples, the same probe on an encoder that has learned nothing, and the classes' frequencies.",
  sections: { Data: DATA, Encoder: MODEL, Probe: PROBE, Result: RESULT },
  examples: [
    [
      'spotr probe --weights runs/mine/encoder.safetensors manifest.jsonl',
      'labels and splits are in the manifest',
    ],
  ],
  epilogue: 'Research use, not a medical device.',
};
