import { EMBED_OPTIONS } from '../common/embed/options.ts';
import { choice, flag, number, text, type Values, type VerbHelp, whole } from '../common/options.ts';
import { PRETRAIN_OPTIONS } from '../common/training/options.ts';
import { type cutAsTrained, READING_FOR_WEIGHTS, WINDOW_FOR_WEIGHTS } from '../common/weights/trained-on.ts';

// Windows are cut and encoded here as for embedding, so the words for it are the same.
const { stride, precision, adapter } = PRETRAIN_OPTIONS;
const { offline, heads, batchSize } = EMBED_OPTIONS;

const DATA = { ...READING_FOR_WEIGHTS, window: WINDOW_FOR_WEIGHTS, stride };

const MODEL = {
  weights: text({
    value: 'WEIGHTS',
    fallback: undefined,
    help: 'the folder of a run of spotr pretrain, hf:OWNER/REPO[@REVISION][/FILE] of a model hub, a file with the encoder (and the decoder, unless --decoder names it), or bundled:tiny (the default) and bundled:small, which ship with spotr',
  }),
  decoder: text({
    value: 'FILE',
    fallback: undefined,
    help: 'the decoder, where it is in a file of its own',
  }),
  offline,
  conditioning: choice({
    of: ['cls', 'tokens'],
    fallback: undefined,
    help: 'what the renderer was trained to see: the one token or all; by default what the weights tell',
  }),
  heads,
  batchSize,
  precision,
};

const RESULT = {
  windows: whole({
    least: 1,
    most: 100,
    fallback: 3,
    help: 'to draw: that of median error, the best, the worst, then others between these',
  }),
  at: number({
    value: 'SECONDS',
    least: 0,
    most: 1e9,
    fallback: undefined,
    help: 'draw the window at this place instead',
  }),
  out: text({
    value: 'DIR',
    fallback: undefined,
    help: 'folder for the page, the pictures and the numbers; by default runs/reconstruct-1, -2, ...',
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
    'Sends every window of recordings through the one token and back, and shows how much of it comes back: pictures of every channel, and the error by channel and by band of frequency, beside what one waveform repeated in each patch and principal components of the same windows lose. Takes what spotr embed takes: recordings, manifests, tables, generated signals (synthetic:eyes).',
  sections: { Data: DATA, Model: MODEL, Result: RESULT },
  examples: [
    [
      'spotr reconstruct --weights runs/mine night.edf',
      'three windows: of median error, the best, the worst',
    ],
    ['spotr reconstruct --weights runs/mine --at 90 night.edf', 'the window at 1:30'],
    ['spotr reconstruct --weights e.pt --decoder d.pt lead.hea', "the authors' weights"],
  ],
  epilogue: 'Research use, not a medical device.',
};
