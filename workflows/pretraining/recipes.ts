/** Named sets of defaults for pretraining, which the command and the page share. Each is overridden by an option of its own. */
import type { Modality } from '../../data/index.ts';
import type { PositionInit, SpotrSize, WeightInit } from '../../model/index.ts';
import type { Auxiliary } from './auxiliary.ts';

export const RECIPE_NAMES = ['paper', 'quick'] as const;
/** `paper` is the authors' training; `quick` is ours, for small models and short runs. */
export type RecipeName = (typeof RECIPE_NAMES)[number];

export interface Recipe {
  readonly positionInit: PositionInit;
  readonly weightInit: WeightInit;
  readonly auxiliary: readonly Auxiliary[];
  /** At its peak. */
  readonly learningRate: number;
  /** Kinds of generated signals, in the order of their batches; one after the other where it is undefined. */
  readonly turns?: readonly Modality[];
  /** Of few recordings, windows that overlap: as many as it takes for a run not to see the same ones again and again. */
  readonly dense: boolean;
}

const PAPER: Omit<Recipe, 'learningRate'> = {
  positionInit: 'zeros',
  weightInit: 'paper',
  auxiliary: [],
  dense: false,
};

const QUICK: Omit<Recipe, 'learningRate'> = {
  positionInit: 'normal',
  weightInit: 'wide',
  auxiliary: [
    { name: 'spectrum', weight: 1 },
    { name: 'linear', weight: 1 },
  ],
  dense: true,
  // Three leads of ECG take longest to learn, one channel of PPG is learned at once.
  turns: ['ecg', 'eeg', 'ecg', 'ieeg', 'ecg', 'eeg', 'ieeg', 'ecg', 'eeg', 'ecg', 'ieeg', 'ppg'],
};

/** The paper's rate for its sizes; `tiny` is ours. */
const PAPER_RATES: Readonly<Record<SpotrSize, number>> = {
  tiny: 2e-3,
  small: 2e-4,
  medium: 2e-4,
  base: 2e-4,
};
const QUICK_RATES: Readonly<Record<SpotrSize, number>> = {
  tiny: 4e-3,
  small: 1e-3,
  medium: 2e-4,
  base: 2e-4,
};

export function recipeOf(name: RecipeName, size: SpotrSize): Recipe {
  return name === 'paper'
    ? { ...PAPER, learningRate: PAPER_RATES[size] }
    : { ...QUICK, learningRate: QUICK_RATES[size] };
}

/** What a size is trained by where nothing is said: for large models and long runs the paper's. */
export const defaultRecipe = (size: SpotrSize): RecipeName =>
  size === 'tiny' || size === 'small' ? 'quick' : 'paper';
