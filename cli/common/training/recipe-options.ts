/** Options that a recipe sets, and what a recipe is in words. */

import { MODALITIES, type Modality } from '../../../data/index.ts';
import {
  AUXILIARY_NAMES,
  type Auxiliary,
  type AuxiliaryName,
} from '../../../workflows/pretraining/auxiliary.ts';
import { type RecipeName, recipeOf } from '../../../workflows/pretraining/recipes.ts';
import { number, type Option } from '../options.ts';
import { LENGTH_EXPECTED, readLength } from './window-length.ts';

/** Of the steps that are trained on windows of this length. */
export interface WindowStage {
  readonly seconds: number;
  /** Relative to the others'. */
  readonly share: number;
}

/** Weights and shares: further from 1 one part of the loss, or of the steps, would be lost beside the others. */
const FACTOR = number({ min: 1e-6, max: 1e6, fallback: undefined, help: '' });

/** Items between commas, each a name and perhaps a number behind a colon, which is 1 where none is given. */
function weighted<T>(
  text: string,
  read: (name: string) => T | undefined,
): { value: T; factor: number }[] | undefined {
  const items = text.split(',').map((item) => {
    const [name = '', factor = '1', ...rest] = item.split(':').map((part) => part.trim());
    const [value, own] = [read(name), FACTOR.read(factor)];
    return value === undefined || own === undefined || rest.length > 0 ? undefined : { value, factor: own };
  });
  return items.every((item) => item !== undefined) ? items : undefined;
}

const shown = (name: string, factor: number) => (factor === 1 ? name : `${name}:${factor}`);

export const WINDOWS: Option<readonly WindowStage[] | undefined> = {
  help: 'curriculum of window lengths, instead of --window, as 1,3,10: each is trained for an equal number of steps, or for its share, as in 1:2,3:1,10:2; the last is evaluated',
  advanced: true,
  value: 'A[:SHARE],B',
  expected: `lengths in seconds (${LENGTH_EXPECTED}) between commas, each optionally with : and its share (from 1e-6 to 1e6), e.g. 1,3,10`,
  fallback: undefined,
  read: (given) =>
    weighted(given, readLength)?.map(({ value, factor }) => ({ seconds: value, share: factor })),
  show: (stages) => (stages ?? []).map(({ seconds, share }) => shown(String(seconds), share)).join(','),
};

export const TURNS: Option<readonly Modality[] | undefined> = {
  help: 'modalities of generated batches in a repeating order, as ecg,eeg,ecg,ieeg,ppg; by default each in turn, or as the recipe sets it',
  advanced: true,
  value: 'A,B',
  expected: `kinds of signals (${MODALITIES.join(', ')}) between commas`,
  fallback: undefined,
  read: (given) => {
    const turns = given.split(',').map((name) => MODALITIES.find((known) => known === name.trim()));
    return turns.every((turn) => turn !== undefined) ? turns : undefined;
  },
  show: (turns) => (turns ?? []).join(','),
};

export const AUXILIARY: Option<readonly Auxiliary[]> = {
  help: 'auxiliary heads, which predict features of the window from its one token in training and are not saved: spectrum (log powers of 24 bands of each channel), autocorrelation, linear (the waveform); each with an optional loss weight, as in linear:0.5. An extension of ours; the paper has none',
  advanced: true,
  value: 'NAMES|none',
  expected: `none, or names between commas (${AUXILIARY_NAMES.join(', ')}), each once and optionally with : and a weight from 1e-6 to 1e6`,
  fallback: [],
  read: (given) => {
    if (given === 'none') return [];
    const heads = weighted(given, (name) => AUXILIARY_NAMES.find((known) => known === name));
    const isTwice = new Set(heads?.map(({ value }) => value)).size < (heads?.length ?? 0);
    return isTwice ? undefined : heads?.map(({ value, factor }) => ({ name: value, weight: factor }));
  },
  show: auxiliaryInWords,
};

export function auxiliaryInWords(heads: readonly { name: AuxiliaryName; weight: number }[]): string {
  return heads.length === 0 ? 'none' : heads.map(({ name, weight }) => shown(name, weight)).join(',');
}

/** The options that a recipe stands for, of the tiny size. */
export function recipeInWords(name: Exclude<RecipeName, 'paper'>): string {
  const recipe = recipeOf(name, 'tiny', 'recordings');
  const generated = recipeOf(name, 'tiny', 'generated');
  return [
    `--position-init ${recipe.positionInit}`,
    `--weight-init ${recipe.weightInit}`,
    `--auxiliary ${auxiliaryInWords(recipe.auxiliary)} (of generated signals ${auxiliaryInWords(generated.auxiliary)}, with --turns ${TURNS.show?.(generated.turns)})`,
    `--learning-rate ${recipe.learningRate} (${recipeOf(name, 'small', 'recordings').learningRate} for small)`,
    'windows of few recordings overlap',
  ].join(', ');
}
