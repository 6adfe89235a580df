import { advanced, flag, text, type Values, type VerbHelp, whole } from '../options.ts';
import { PRETRAIN_OPTIONS } from '../training/options.ts';
import { OFFLINE } from '../weights/settings.ts';
import { type cutAsTrained, READING_FOR_WEIGHTS, WINDOW_FOR_WEIGHTS } from '../weights/trained-on.ts';
import { NOTICE } from './facts.ts';
import { SHARD } from './shards.ts';

// Windows are cut here as for training, so the words for it are the same.
const { adapter } = PRETRAIN_OPTIONS;
const stride = {
  ...PRETRAIN_OPTIONS.stride,
  help: 'time from the start of one window to that of the next; by default the window length',
};

const DATA = { ...READING_FOR_WEIGHTS, window: WINDOW_FOR_WEIGHTS, stride };

const MODEL = {
  weights: text({
    value: 'WEIGHTS',
    fallback: undefined,
    help: 'the encoder: the folder of a run, a .safetensors file, a .pt file of PyTorch, hf:OWNER/REPO[@REVISION][/FILE] of a model hub, or bundled:tiny (the default) or bundled:small, which ship with spotr',
  }),
  offline: OFFLINE,
  heads: whole({
    advanced: true,
    min: 1,
    max: 1024,
    fallback: 8,
    help: 'number of attention heads of the encoder, which its weights do not show',
  }),
  batchSize: whole({ advanced: true, min: 1, max: 65_536, fallback: 8, help: 'windows in a batch' }),
  precision: advanced(PRETRAIN_OPTIONS.precision),
};

const RESULT = {
  out: text({
    value: 'FILE',
    fallback: undefined,
    help: 'output file: .parquet, .npy (with the windows in a .windows.csv beside it), or .csv; with --shard a folder',
  }),
  overwrite: flag('replace the files of --out, and an unfinished run with other settings there'),
  shard: advanced(SHARD),
  adapter,
};

export const EMBED_OPTIONS = { ...DATA, ...MODEL, ...RESULT };

/** Of verbs that embed first: how recordings are cut, and by what encoder. */
export const EMBEDDING_OPTIONS = { Recordings: DATA, Encoder: { ...MODEL, adapter } };

/** With what the weights were trained on where the command line says nothing. */
export type EmbedValues = ReturnType<typeof cutAsTrained<Values<typeof EMBED_OPTIONS>>>;

/** The options that change numbers, as they were given or stand by default: of these weights, for some. */
export function settingsOf(values: EmbedValues): Record<string, unknown> {
  const { window, stride, mains, bandPass, detrend, units, rate, modality, variable, channels } = values;
  const { heads, batchSize, precision, otherKinds } = values;
  return {
    ...{
      window,
      stride: stride ?? window,
      mains,
      bandPass,
      detrend,
      units,
      rate,
      modality,
      variable,
      channels,
    },
    ...{ heads, batchSize, precision },
    ...(otherKinds && { otherKinds }),
  };
}

export const EMBED_HELP: VerbHelp = {
  verb: 'embed',
  positionals: 'FILE|FOLDER|MANIFEST|TABLE...',
  summary:
    'Computes embeddings of windows of recordings: for each window the one token that the encoder compresses it into. Reads EDF, BDF, WFDB (the .hea file), BrainVision, text, NPY, MAT and HDF5 recordings, BIDS folders, manifests, tables of labels or of one window a row, and generated signals (synthetic:eyes). A run that was stopped or killed resumes when the same command is given again.',
  sections: { Data: DATA, Model: MODEL, Result: RESULT },
  examples: [
    [
      'spotr embed --out e.parquet night.edf',
      'one embedding per window, by the weights that ship with spotr',
    ],
    ['spotr embed --weights runs/mine --out e.parquet night.edf', 'by the encoder of a run'],
    [
      'spotr embed --weights encoder.pt --window 10 --out e.csv recordings/',
      'every recording below a folder',
    ],
    [
      'spotr embed --weights hf:5gyyyyy/SPOTR --out e.parquet night.edf',
      "the authors' weights, fetched once",
    ],
    ['spotr embed --weights encoder.pt --shard 0/16 --out parts m.jsonl', 'one of sixteen parts'],
  ],
  epilogue: `${NOTICE} Research use, not a medical device.`,
};
