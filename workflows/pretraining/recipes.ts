/** Named sets of defaults for pretraining, which the command and the page share. Each is overridden by an option of its own. */
import type { Modality } from '../../data/index.ts';
import type { PositionInit, SpotrSize, WeightInit } from '../../model/index.ts';
import type { Auxiliary } from './auxiliary.ts';

/** AdamW and its schedule where nobody chose: the paper's. */
export const OPTIMIZER_DEFAULTS = { schedule: 'warmup-cosine', weightDecay: 0.1, clip: 1 } as const;

export const RECIPE_NAMES = ['paper', 'quick'] as const;
/** `paper` is the authors' training; `quick` is ours, for small models and short runs. */
export type RecipeName = (typeof RECIPE_NAMES)[number];

/** What is trained on: of generated signals the reconstruction is looked at, of recordings the token is used. */
export type SignalOrigin = 'generated' | 'recordings';

export interface Recipe {
  readonly positionInit: PositionInit;
  readonly weightInit: WeightInit;
  readonly auxiliary: readonly Auxiliary[];
  /** At its peak. */
  readonly learningRate: number;
  /** Kinds of generated signals, in the order of their batches; one after the other where it is undefined. */
  readonly turns: readonly Modality[] | undefined;
  /** Whether windows of few recordings overlap, so that a run does not see the same ones again and again. */
  readonly dense: boolean;
}

/** Peak learning rates by size; `tiny` is no size of the paper's. */
const RATES: Readonly<Record<RecipeName, Readonly<Record<SpotrSize, number>>>> = {
  paper: { tiny: 2e-3, small: 2e-4, medium: 2e-4, base: 2e-4 },
  quick: { tiny: 4e-3, small: 1e-3, medium: 2e-4, base: 2e-4 },
};

type Values = Omit<Recipe, 'learningRate'>;

const PAPER: Values = {
  positionInit: 'zeros',
  weightInit: 'paper',
  auxiliary: [],
  turns: undefined,
  dense: false,
};

const QUICK: Readonly<Record<SignalOrigin, Values>> = {
  generated: {
    positionInit: 'normal',
    weightInit: 'wide',
    // Without it a short run gives every patch the same waveform.
    auxiliary: [{ name: 'linear', weight: 1 }],
    // Three leads of ECG take longest to learn; one channel of PPG is learned at once.
    turns: ['ecg', 'eeg', 'ecg', 'ieeg', 'ecg', 'eeg', 'ieeg', 'ecg', 'eeg', 'ecg', 'ieeg', 'ppg'],
    dense: false,
  },
  recordings: {
    positionInit: 'normal',
    weightInit: 'wide',
    // Spectrum and rhythm make the token worth reading, and cost some of the reconstruction.
    auxiliary: [
      { name: 'spectrum', weight: 1 },
      { name: 'autocorrelation', weight: 0.5 },
      { name: 'linear', weight: 0.3 },
    ],
    turns: undefined,
    dense: true,
  },
};

export function recipeOf(name: RecipeName, size: SpotrSize, origin: SignalOrigin): Recipe {
  return { ...(name === 'paper' ? PAPER : QUICK[origin]), learningRate: RATES[name][size] };
}

/** What a size is trained by where nothing is said: for large models and long runs the paper's. */
export const defaultRecipe = (size: SpotrSize): RecipeName =>
  size === 'tiny' || size === 'small' ? 'quick' : 'paper';
