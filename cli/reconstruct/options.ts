import { EMBED_OPTIONS } from '../common/embed/options.ts';
import { choice, flag, number, text, type Values, type VerbHelp, whole } from '../common/options.ts';
import { PRETRAIN_OPTIONS } from '../common/training/options.ts';
import { type cutAsTrained, READING_FOR_WEIGHTS, WINDOW_FOR_WEIGHTS } from '../common/weights/trained-on.ts';

// Windows are cut and encoded here as for embedding, so the words for it are the same.
const { stride, adapter } = PRETRAIN_OPTIONS;
const { offline, heads, batchSize, precision } = EMBED_OPTIONS;

const DATA = { ...READING_FOR_WEIGHTS, window: WINDOW_FOR_WEIGHTS, stride };

const MODEL = {
  weights: text({
    value: 'WEIGHTS',
    fallback: undefined,
    help: 'the model: the folder of a run of spotr pretrain, hf:OWNER/REPO[@REVISION][/FILE] of a model hub, a file with the encoder (and the decoder, unless --decoder names it), or bundled:tiny (the default) or bundled:small, which ship with spotr',
  }),
  decoder: text({
    value: 'FILE',
    fallback: undefined,
    help: 'file of the decoder, where it is not in the same file',
  }),
  offline,
  conditioning: choice({
    advanced: true,
    of: ['cls', 'tokens'],
    fallback: undefined,
    help: 'what conditioned the renderer in training: the one token or all; by default as the weights state',
  }),
  heads,
  batchSize,
  precision,
};

const RESULT = {
  windows: whole({
    min: 1,
    max: 100,
    fallback: 3,
    help: 'number of windows to draw: median, min and max error, then others between these',
  }),
  at: number({
    value: 'SECONDS',
    min: 0,
    max: 1e9,
    fallback: undefined,
    help: 'draw the window at this time instead',
  }),
  out: text({
    value: 'DIR',
    fallback: undefined,
    help: 'output folder for the page, figures and numbers; by default runs/reconstruct-1, -2, ...',
  }),
  overwrite: flag('replace an earlier reconstruction in --out'),
  adapter,
  quiet: flag('print the result only'),
};

export const RECONSTRUCT_OPTIONS = { ...DATA, ...MODEL, ...RESULT };

/** With what the weights were trained on where the command line says nothing. */
export type ReconstructValues = ReturnType<typeof cutAsTrained<Values<typeof RECONSTRUCT_OPTIONS>>>;

export const RECONSTRUCT_HELP: VerbHelp = {
  verb: 'reconstruct',
  positionals: 'FILE|FOLDER|MANIFEST|TABLE...',
  summary:
    'Reconstructs every window of recordings from its one token, and measures the error: figures of every channel, and the error by channel and by frequency band, beside two baselines: one waveform repeated in each patch, and principal components of the same windows. Reads the same inputs as spotr embed: recordings, manifests, tables, generated signals (synthetic:eyes).',
  sections: { Data: DATA, Model: MODEL, Result: RESULT },
  examples: [
    ['spotr reconstruct --weights runs/mine night.edf', 'three windows: median, min and max error'],
    ['spotr reconstruct --weights runs/mine --at 90 night.edf', 'the window at 1:30'],
    ['spotr reconstruct --weights e.pt --decoder d.pt lead.hea', "the authors' weights"],
  ],
  epilogue: 'Research use, not a medical device.',
};
