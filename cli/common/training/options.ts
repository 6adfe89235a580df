import {
  type Band,
  type Drawing,
  MODALITIES,
  type WindowOptions,
  type WindowSeconds,
} from '../../../data/index.ts';
import {
  type Compaction,
  type Conditioning,
  type Precision,
  SIZES,
  type SpotrSize,
} from '../../../model/config.ts';
import { POSITION_INITS, WEIGHT_INITS } from '../../../model/weights.ts';
import {
  defaultRecipe,
  OPTIMIZER_DEFAULTS,
  RECIPE_NAMES,
  type RecipeName,
  recipeOf,
} from '../../../workflows/pretraining/recipes.ts';
import { UsageError } from '../errors.ts';
import {
  advanced,
  choice,
  flag,
  list,
  number,
  type Option,
  text,
  type Values,
  type VerbHelp,
  whole,
} from '../options.ts';
import { OFFLINE } from '../weights/settings.ts';
import { AUXILIARY, recipeInWords, TURNS, WINDOWS } from './recipe-options.ts';
import { windowLength } from './window-length.ts';

const SIZE_NAMES = Object.keys(SIZES) as SpotrSize[];
const CONDITIONINGS: readonly Conditioning[] = ['cls', 'tokens'];
const COMPACTIONS: readonly Compaction[] = ['spotr', 'none'];
const PRECISIONS: readonly Precision[] = ['f32', 'f16'];
const SEEDS = 2 ** 32 - 1;

const DRAW: Option<Drawing> = {
  help: 'how often each data set of a manifest is sampled: in proportion to its size, equally, or in proportion to its size to the power of 1/N',
  advanced: true,
  value: 'proportional|equal|N',
  expected: 'proportional, equal, or a temperature of at least 1',
  fallback: 'proportional',
  read: (given) => {
    if (given === 'proportional' || given === 'equal') return given;
    const temperature = Number(given);
    return temperature >= 1 ? { temperature } : undefined;
  },
  show: (drawing) => (typeof drawing === 'string' ? drawing : String(drawing.temperature)),
};

const BAND: Option<Band | undefined> = {
  help: 'frequencies to keep, in Hz, by a zero-phase Butterworth filter of order 4: 0.5-45, 1- or -40; by default all',
  value: 'LOW-HIGH',
  expected: 'two frequencies in Hz with - between them, of which one may be left out, e.g. 0.5-45',
  fallback: undefined,
  read: (given) => {
    const [, low, high] = /^(\d*\.?\d+)?-(\d*\.?\d+)?$/.exec(given) ?? [];
    if (low === undefined && high === undefined) return undefined;
    return { ...(low && { low: Number(low) }), ...(high && { high: Number(high) }) };
  },
  show: (band) => `${band?.low ?? ''}-${band?.high ?? ''}`,
};

/** How recordings are read and filtered, whatever is then done with their windows. */
export const READING_OPTIONS = {
  mains: choice({
    of: ['50', '60', 'auto', 'none'],
    fallback: 'auto',
    help: 'mains frequency to remove with a notch filter, in Hz; auto detects it in each recording',
  }),
  bandPass: BAND,
  detrend: choice({
    advanced: true,
    of: ['constant', 'linear'],
    fallback: undefined,
    help: 'trend to subtract from each window',
  }),
  units: choice({
    advanced: true,
    of: ['correct', 'refuse', 'trust'],
    fallback: 'correct',
    help: 'what to do where amplitudes show that a declared unit is wrong by a factor of thousands: correct it, refuse the recording, or trust the file',
  }),
  rate: number({
    value: 'HZ',
    above: 0,
    max: 1e6,
    fallback: undefined,
    help: 'sampling rate of the files, overriding their own; files with several rates keep theirs',
  }),
  modality: choice({
    of: MODALITIES,
    fallback: undefined,
    help: 'modality of files that do not declare it, and the one to use where files have several; without files: the modality to generate',
  }),
  variable: text({
    advanced: true,
    value: 'NAME',
    fallback: undefined,
    help: 'array of a .npz, .mat or HDF5 file that contains the signal, where there are several',
  }),
  channels: list({
    alias: 'pick',
    help: "labels of the channels to use, in this order, or channel kinds (ppg); by default those of each recording's modality",
  }),
};

/** Where trained weights are used or trained further. */
export const OTHER_KINDS = advanced(
  flag('use recordings of kinds of signal that the weights were not trained on (PPG with weights of EEG)'),
);

const DATA = {
  ...READING_OPTIONS,
  window: windowLength({ fallback: 1, help: 'length of a window' }),
  windows: WINDOWS,
  stride: number({
    advanced: true,
    value: 'SECONDS',
    above: 0,
    max: 64,
    fallback: undefined,
    help: 'time from the start of one window to that of the next; by default the window length, or less where recipe quick has few recordings',
  }),
  heldOut: number({
    value: 'PART',
    above: 0,
    max: 0.5,
    fallback: 0.1,
    help: 'fraction of the recordings to hold out of training and evaluate at the end, unless a manifest sets the split',
  }),
  draw: DRAW,
  turns: TURNS,
  memory: number({
    advanced: true,
    value: 'GB',
    min: 0,
    max: 1e6,
    fallback: undefined,
    help: "memory budget for windows; the rest is read from the files when needed; by default half of the machine's memory",
  }),
};

const MODEL = {
  size: choice({ of: SIZE_NAMES, fallback: 'tiny', help: 'size of the model' }),
  conditioning: choice({
    advanced: true,
    of: CONDITIONINGS,
    fallback: 'cls',
    help: 'what conditions the renderer: the one token as in the paper, or all tokens of the encoder',
  }),
  compaction: choice({
    advanced: true,
    of: COMPACTIONS,
    fallback: 'spotr',
    help: "for ablations: none feeds the encoder all patches, flattened, instead of the compactor's tokens",
  }),
  precision: choice({
    of: PRECISIONS,
    fallback: 'f32',
    help: 'storage of activations: f16 halves their memory, where the adapter supports it',
  }),
  positionInit: choice({
    advanced: true,
    of: POSITION_INITS,
    fallback: 'zeros',
    help: 'initialisation of the position tables: normal has a standard deviation of 0.3 in the encoder and 1 in the renderer',
  }),
  weightInit: choice({
    advanced: true,
    of: WEIGHT_INITS,
    fallback: 'paper',
    help: "initialisation of all other weights: wide scales the paper's linear and convolution weights by sqrt(3), and draws the class token with standard deviation 1 and the mask token with 0.02",
  }),
  from: text({
    value: 'WEIGHTS',
    fallback: undefined,
    help: 'start from weights of the same size: a file, the folder of a run, hf:OWNER/REPO, bundled:tiny or bundled:small; channels are put into the trained order, the optimiser starts anew',
  }),
  otherKinds: OTHER_KINDS,
};

const TRAINING = {
  recipe: choice({
    of: RECIPE_NAMES,
    fallback: undefined,
    help: `defaults of the options that are not given: paper is the authors' training, whose values this help states; quick is ours: ${recipeInWords('quick')}. By default quick for tiny and small, paper for medium and base`,
  }),
  auxiliary: AUXILIARY,
  steps: whole({ min: 1, max: 1e9, fallback: 1000, help: 'number of weight updates' }),
  batchSize: whole({ min: 1, max: 65_536, fallback: 8, help: 'windows in a batch' }),
  accumulation: whole({
    advanced: true,
    min: 1,
    max: 65_536,
    fallback: 1,
    help: 'batches whose gradients are accumulated for one update',
  }),
  checkpointing: advanced(
    flag('gradient checkpointing: saves memory by recomputing blocks in the backward pass, bit-identically'),
  ),
  seed: whole({ min: 0, max: SEEDS, fallback: 1, help: 'seed of all random numbers' }),
  learningRate: number({
    alias: 'lr',
    field: 'lr',
    value: 'RATE',
    above: 0,
    max: 1,
    fallback: undefined,
    help: 'peak learning rate; by default 2e-3 for tiny and 2e-4, as in the paper, for the others, or that of the recipe',
  }),
  schedule: choice({
    advanced: true,
    of: ['warmup-cosine', 'constant'],
    fallback: OPTIMIZER_DEFAULTS.schedule,
    help: 'learning rate schedule; the warm-up takes a tenth of the steps',
  }),
  weightDecay: number({
    advanced: true,
    min: 0,
    max: 10,
    fallback: OPTIMIZER_DEFAULTS.weightDecay,
    help: 'weight decay of AdamW',
  }),
  clip: number({
    advanced: true,
    value: 'NORM',
    above: 0,
    max: 1e9,
    fallback: OPTIMIZER_DEFAULTS.clip,
    help: 'clip gradients to this norm',
  }),
};

const RUN = {
  out: text({
    value: 'DIR',
    fallback: undefined,
    help: 'output folder; by default runs/pretrain-1, -2, ...',
  }),
  resume: flag('continue the run in --out (or the last of runs/) from its last checkpoint'),
  overwrite: flag('replace the run in --out'),
  checkpointEvery: whole({
    advanced: true,
    value: 'STEPS',
    min: 1,
    max: 1e9,
    fallback: 200,
    help: 'steps between checkpoints',
  }),
  checkpointMinutes: number({
    advanced: true,
    value: 'MINUTES',
    above: 0,
    max: 1e6,
    fallback: 10,
    help: 'maximum time between checkpoints',
  }),
  adapter: text({
    value: 'NAME',
    fallback: 'auto',
    help: "auto, hardware, software, or a part of an adapter's name",
  }),
  offline: OFFLINE,
  quiet: flag('print the result only'),
};

export const PRETRAIN_OPTIONS = { ...DATA, ...MODEL, ...TRAINING, ...RUN };

export type PretrainValues = Values<typeof PRETRAIN_OPTIONS>;

export const PRETRAIN_HELP: VerbHelp = {
  verb: 'pretrain',
  positionals: '[FILE|FOLDER|MANIFEST|TABLE...]',
  summary:
    'Pretrains SPOTR to compress a window of signal into one token and to reconstruct the window from it. Reads EDF, BDF, WFDB (the .hea file), BrainVision, text, NPY, MAT and HDF5 recordings, BIDS folders, manifests, and tables of one window a row; without any, it generates signals of all four modalities. Ctrl-C saves a checkpoint before it stops.',
  sections: { Data: DATA, Model: MODEL, Training: TRAINING, 'The run': RUN },
  examples: [
    ['spotr pretrain', 'the default: synthetic signals, a tiny model, a few minutes'],
    ['spotr pretrain --mains 60 --window 4 recordings/', 'every recording below a folder'],
    ['spotr pretrain --rate 360 --modality ecg lead.csv', 'a table of numbers'],
    ['spotr pretrain --resume --out runs/pretrain-1', 'resume after Ctrl-C'],
  ],
  epilogue:
    "On several GPUs: pretrain with the authors' code under torchrun and convert the weights (docs/pytorch.md). Research use, not a medical device.",
};

/** What decides a run's numbers; `config.json` keeps it, and `--resume` restores it. */
export type PretrainSettings = Omit<
  PretrainValues,
  'out' | 'resume' | 'overwrite' | 'adapter' | 'offline' | 'quiet' | 'learningRate' | 'recipe'
> & {
  readonly learningRate: number;
  readonly recipe: RecipeName;
  /** Whether windows of few recordings overlap, where no stride is given. */
  readonly dense: boolean;
  /** Files and folders, absolute. Empty for synthetic signals. */
  readonly paths: readonly string[];
};

/** Options that may differ from one part of a resumed run to the next. */
export const FREE_ON_RESUME: ReadonlySet<string> = new Set([
  ...['out', 'resume', 'overwrite', 'adapter', 'offline', 'quiet', 'checkpointEvery', 'checkpointMinutes'],
  ...['checkpointing', 'memory'],
]);

/**
 * What a run is started with: what was given, and the recipe's values for the rest.
 * @throws UsageError where options exclude each other.
 */
export function settingsOf(
  values: PretrainValues,
  given: ReadonlySet<string>,
  paths: readonly string[],
): PretrainSettings {
  const {
    out: _,
    resume: __,
    overwrite: ___,
    adapter: ____,
    offline: _____,
    quiet: ______,
    ...kept
  } = values;
  if (given.has('window') && given.has('windows'))
    throw new UsageError('--window and --windows exclude each other; give one of them.');
  const isMixed = paths.length === 0 && values.modality === undefined;
  if (given.has('turns') && !isMixed)
    throw new UsageError(
      '--turns is for generated signals of all kinds; leave it out, or the files and --modality.',
    );
  const recipe = values.recipe ?? defaultRecipe(values.size);
  const { learningRate, dense, turns, ...own } = recipeOf(
    recipe,
    values.size,
    paths.length === 0 ? 'generated' : 'recordings',
  );
  const defaults = Object.fromEntries(Object.entries(own).filter(([name]) => !given.has(name)));
  return {
    ...kept,
    ...(defaults as typeof own),
    learningRate: values.learningRate ?? learningRate,
    recipe,
    turns: isMixed ? (values.turns ?? turns) : undefined,
    dense: dense && values.stride === undefined,
    // That which is measured, whatever came before.
    window: values.windows?.at(-1)?.seconds ?? values.window,
    paths,
  };
}

/** Of runs from before there was a choice. */
export const FORMER_SETTINGS = {
  precision: 'f32',
  compaction: 'spotr',
  recipe: 'paper',
  positionInit: 'zeros',
  weightInit: 'paper',
  auxiliary: [],
  otherKinds: false,
  dense: false,
} as const satisfies Partial<PretrainSettings>;

/** How recordings are to be cut: by the settings of a run, or as weights were trained. */
export type CutValues = Pick<PretrainValues, 'stride' | 'mains' | 'bandPass' | 'detrend' | 'units'> & {
  readonly window: WindowSeconds;
};

/** How the settings say that recordings are cut. */
export function windowOptionsOf({
  window,
  stride,
  mains,
  bandPass,
  detrend,
  units,
}: CutValues): WindowOptions {
  return {
    seconds: window,
    mains: mains === '50' ? 50 : mains === '60' ? 60 : mains,
    units,
    ...(stride !== undefined && { stride }),
    ...(bandPass && { bandPass }),
    ...(detrend && { detrend }),
  };
}
