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
  help: 'how often each data set of a manifest is drawn from: by its size, all alike, or by its size to the power of 1/N',
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
    help: 'mains frequency to notch out of recordings, in Hz; auto looks for the hum in each',
  }),
  bandPass: BAND,
  detrend: choice({ of: ['constant', 'linear'], fallback: undefined, help: 'what to take from each window' }),
  units: choice({
    of: ['correct', 'refuse', 'trust'],
    fallback: 'correct',
    help: 'what to do where amplitudes say that a declared unit is wrong by thousands',
  }),
  rate: number({
    value: 'HZ',
    above: 0,
    most: 1e6,
    fallback: undefined,
    help: 'sampling rate of the files, whatever they say; those with channels of several rates keep theirs',
  }),
  modality: choice({
    of: MODALITIES,
    fallback: undefined,
    help: 'what the files hold, where they do not say it, and which of several kinds to use; without files: the only synthetic one',
  }),
  variable: text({
    value: 'NAME',
    fallback: undefined,
    help: 'the array of a .npz, .mat or HDF5 file that holds the signal, where there are several',
  }),
  channels: list({
    alias: 'pick',
    help: "labels of the channels to use, in this order, or kinds of channels (ppg); by default those of each recording's modality. --pick is the same",
  }),
};

/** Where weights are used or gone on with. */
export const OTHER_KINDS = flag(
  'use recordings of kinds of signal that the weights were not trained on (PPG with weights of EEG)',
);

const DATA = {
  ...READING_OPTIONS,
  window: windowLength({ fallback: 1, help: 'length of a window' }),
  windows: WINDOWS,
  stride: number({
    value: 'SECONDS',
    above: 0,
    most: 64,
    fallback: undefined,
    help: 'from the start of a window to that of the next; by default its length, or less where recipe quick has few recordings',
  }),
  heldOut: number({
    value: 'PART',
    above: 0,
    most: 0.5,
    fallback: 0.1,
    help: 'part of the recordings that is not trained on, but measured at the end, where no manifest says it',
  }),
  draw: DRAW,
  turns: TURNS,
  memory: number({
    value: 'GB',
    least: 0,
    most: 1e6,
    fallback: undefined,
    help: "that windows may take; those beyond it are read from their files as they are needed; by default half of the machine's",
  }),
};

const MODEL = {
  size: choice({ of: SIZE_NAMES, fallback: 'tiny', help: 'of the model' }),
  conditioning: choice({
    of: CONDITIONINGS,
    fallback: 'cls',
    help: 'what the renderer sees: the one token as in the paper, or all tokens of the encoder',
  }),
  compaction: choice({
    of: COMPACTIONS,
    fallback: 'spotr',
    help: "for ablations: none gives the encoder all patches, flattened, instead of the compactor's tokens",
  }),
  precision: choice({
    of: PRECISIONS,
    fallback: 'f32',
    help: 'how activations are stored: f16 takes half the memory, where the adapter has it',
  }),
  positionInit: choice({
    of: POSITION_INITS,
    fallback: 'zeros',
    help: 'position tables at the start: normal has a deviation of 0.3 in the encoder and 1 in the renderer',
  }),
  weightInit: choice({
    of: WEIGHT_INITS,
    fallback: 'paper',
    help: "all other weights at the start: wide has linear and convolution weights sqrt(3) times the paper's, a class token of deviation 1 and a mask token of 0.02",
  }),
  from: text({
    value: 'WEIGHTS',
    fallback: undefined,
    help: 'start from weights of the same size: a file, the folder of a run, hf:OWNER/REPO, bundled:tiny or bundled:small; channels are put into their order, the optimiser starts anew',
  }),
  otherKinds: OTHER_KINDS,
};

const TRAINING = {
  recipe: choice({
    of: RECIPE_NAMES,
    fallback: undefined,
    help: `what options are that are not given: paper is the authors' training, whose values this help states; quick is ours: ${recipeInWords('quick')}. By default quick for tiny and small, paper for medium and base`,
  }),
  auxiliary: AUXILIARY,
  steps: whole({ least: 1, most: 1e9, fallback: 1000, help: 'updates of the weights' }),
  batchSize: whole({ least: 1, most: 65_536, fallback: 8, help: 'windows in a batch' }),
  accumulation: whole({
    least: 1,
    most: 65_536,
    fallback: 1,
    help: 'batches whose gradients make an update',
  }),
  checkpointing: flag('save memory: compute blocks again in the backward pass, with the same numbers'),
  seed: whole({ least: 0, most: SEEDS, fallback: 1, help: 'everything random comes from it' }),
  lr: number({
    value: 'RATE',
    above: 0,
    most: 1,
    fallback: undefined,
    help: 'peak learning rate; by default 2e-3 for tiny and 2e-4, as in the paper, for the others, or that of the recipe',
  }),
  schedule: choice({
    of: ['warmup-cosine', 'constant'],
    fallback: OPTIMIZER_DEFAULTS.schedule,
    help: 'of the learning rate; the warm-up takes a tenth of the steps',
  }),
  weightDecay: number({ least: 0, most: 10, fallback: OPTIMIZER_DEFAULTS.weightDecay, help: 'of AdamW' }),
  clip: number({
    value: 'NORM',
    above: 0,
    most: 1e9,
    fallback: OPTIMIZER_DEFAULTS.clip,
    help: 'longest gradient',
  }),
};

const RUN = {
  out: text({
    value: 'DIR',
    fallback: undefined,
    help: 'folder for what the run leaves; by default runs/pretrain-1, -2, ...',
  }),
  resume: flag('continue the run in --out (or the last of runs/) from its last checkpoint'),
  overwrite: flag('replace the run in --out'),
  checkpointEvery: whole({
    value: 'STEPS',
    least: 1,
    most: 1e9,
    fallback: 200,
    help: 'steps between checkpoints',
  }),
  checkpointMinutes: number({
    value: 'MINUTES',
    above: 0,
    most: 1e6,
    fallback: 10,
    help: 'longest time between checkpoints',
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
    'Trains SPOTR to squeeze windows of signal into one token and to give them back. Reads EDF, BDF, WFDB (the .hea file), BrainVision, text, NPY, MAT and HDF5 recordings, BIDS folders, manifests, and tables of one window a row; without any, it generates signals of all four modalities. Ctrl-C saves first.',
  sections: { Data: DATA, Model: MODEL, Training: TRAINING, 'The run': RUN },
  examples: [
    ['spotr pretrain', 'the default: synthetic signals, a tiny model, a few minutes'],
    ['spotr pretrain --mains 60 --window 4 recordings/', 'every recording below a folder'],
    ['spotr pretrain --rate 360 --modality ecg lead.csv', 'a table of numbers'],
    ['spotr pretrain --resume --out runs/pretrain-1', 'go on after Ctrl-C'],
  ],
  epilogue:
    "On several GPUs: pretrain with the authors' code under torchrun and bring the weights back (docs/pytorch.md). Research use, not a medical device.",
};

/** What decides a run's numbers; this is what `config.json` keeps and `--resume` takes up again. */
export type PretrainSettings = Omit<
  PretrainValues,
  'out' | 'resume' | 'overwrite' | 'adapter' | 'offline' | 'quiet' | 'lr' | 'recipe'
> & {
  readonly lr: number;
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
    lr: values.lr ?? learningRate,
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
