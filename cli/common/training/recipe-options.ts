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
const FACTOR = number({ least: 1e-6, most: 1e6, fallback: undefined, help: '' });

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
  help: 'in place of --window, lengths to train on one after the other, as 1,3,10: each has as many of the steps, or its share, as in 1:2,3:1,10:2; the last is measured on',
  value: 'A[:SHARE],B',
  expected: `lengths in seconds (${LENGTH_EXPECTED}) between commas, each perhaps with : and its share (from 1e-6 to 1e6), e.g. 1,3,10`,
  fallback: undefined,
  read: (given) =>
    weighted(given, readLength)?.map(({ value, factor }) => ({ seconds: value, share: factor })),
  show: (stages) => (stages ?? []).map(({ seconds, share }) => shown(String(seconds), share)).join(','),
};

export const TURNS: Option<readonly Modality[] | undefined> = {
  help: 'kinds of generated signals in the order of their batches, again and again, as ecg,eeg,ecg,ieeg,ppg; by default one after the other, or as the recipe has them',
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
  help: "heads that predict something of the window from its one token, are trained along and not kept: spectrum (log powers of 24 bands of each channel), autocorrelation, linear (the waveform); each perhaps with the weight of its error, as in linear:0.5. An extension of ours; none in the paper's recipe",
  value: 'NAMES|none',
  expected: `none, or names between commas (${AUXILIARY_NAMES.join(', ')}), each once and perhaps with : and a weight from 1e-6 to 1e6`,
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
    `--lr ${recipe.learningRate} (${recipeOf(name, 'small', 'recordings').learningRate} for small)`,
    'windows of few recordings overlap',
  ].join(', ');
}
