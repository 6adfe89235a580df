/** How far pretraining came, over seeds: tables and sentences. */
import { groupBy } from '../../data/index.ts';
import { meanOf, withDeviation } from '../../evaluate/index.ts';
import { plural, showCount } from '../../workflows/words.ts';
import type { TrainedModality, TrainedRun } from './outcomes.ts';
import type { Study, Variant } from './plan.ts';

interface Model {
  readonly name: string;
  readonly runs: readonly TrainedRun[];
  readonly seeds: readonly number[];
}

function trainedModels(study: Study): Model[] {
  const nameOf = ({ training, title }: Variant) => training ?? title;
  return [...groupBy(study.runs, ({ variant }) => nameOf(variant))].map(([name, own]) => {
    return { name, runs: own.map(({ run }) => run), seeds: own.map(({ variant }) => variant.seed) };
  });
}

const unlike = (texts: readonly string[]): string => [...new Set(texts)].join(' / ');

/** A row a model: what its trainings cost. */
export function costTable(study: Study) {
  return {
    headings: ['model', 'parameters', 'seeds', 'steps', 'time of one', 's a step', 'adapter'],
    texts: 1,
    rows: trainedModels(study).map(({ name, runs, seeds }) => [
      name,
      unlike(runs.map(({ parameters }) => showCount(parameters))),
      seeds.join(', '),
      unlike(runs.map(({ steps }) => showCount(steps))),
      `${(meanOf(runs.map(({ seconds }) => seconds)) / 60).toFixed(1)} min`,
      meanOf(runs.map(({ seconds, steps }) => seconds / steps)).toFixed(2),
      unlike(runs.map(({ adapter }) => adapter)),
    ]),
  };
}

/** Held-out losses of one model on one kind of signals, as parts of predicting zero; one a seed, NaN where not measured. */
interface Ratios {
  readonly kind: string;
  readonly own: readonly number[];
  readonly floor: readonly number[];
  readonly pca: readonly number[];
  readonly components: readonly number[];
}

function ratiosOf({ runs }: Model): Ratios[] {
  const kinds = [...new Set(runs.flatMap(({ modalities }) => Object.keys(modalities)))].sort();
  return kinds.map((kind) => {
    const all = runs.flatMap(({ modalities }) => modalities[kind] ?? []);
    const part = (loss: number | undefined, { predictZeroLoss }: TrainedModality) =>
      (loss ?? Number.NaN) / predictZeroLoss;
    return {
      kind,
      own: all.map(({ ratio }) => ratio ?? Number.NaN),
      floor: all.map((one) => part(one.yardsticks?.positionBlindLoss, one)),
      // The first is of as many numbers as the renderer sees.
      pca: all.map((one) => part(one.yardsticks?.pca[0]?.loss, one)),
      components: [...new Set(all.flatMap(({ yardsticks }) => yardsticks?.pca[0]?.components ?? []))],
    };
  });
}

const countBelow = (own: readonly number[], limits: readonly number[]): number =>
  own.filter((ratio, i) => ratio < (limits[i] as number)).length;

/** A row for each model and kind of signals: how much is lost, beside what costs less. */
export function lossesTable(study: Study) {
  const show = (values: readonly number[]) =>
    Number.isNaN(meanOf(values)) ? '-' : meanOf(values).toFixed(3);
  const below = (own: readonly number[], limits: readonly number[]) =>
    Number.isNaN(meanOf(limits)) ? '-' : `${countBelow(own, limits)} of ${own.length}`;
  return {
    headings: ['model', 'signals', 'ratio', 'floor', 'PCA-d', 'd', 'seeds below floor', 'seeds below PCA-d'],
    texts: 2,
    rows: trainedModels(study).flatMap((model) =>
      ratiosOf(model).map(({ kind, own, floor, pca, components }) => [
        ...[model.name, kind, withDeviation(own), show(floor), show(pca)],
        ...[components.join(' / ') || '-', below(own, floor), below(own, pca)],
      ]),
    ),
  };
}

/** What the numbers of `lossesTable` are. */
export const RATIOS_IN_WORDS =
  'Ratio: held-out loss over that of predicting zero, mean and deviation over seeds. As ratios too, on the same windows: the position-blind floor (the best waveform for each channel of a window, repeated in each patch) and PCA-d, the best linear code of as many numbers as the renderer sees.';

/** A sentence a limit: which models of one kind of signal ended below it with each of their seeds, and which did not. */
export function reachedSentences(study: Study): string[] {
  const all = trainedModels(study).flatMap((model) =>
    ratiosOf(model).map((ratios) => ({ ...model, ...ratios })),
  );
  const sentence = (limit: 'floor' | 'pca', nameOf: (one: (typeof all)[number]) => string) => {
    const compared = all.filter((one) => !Number.isNaN(meanOf(one[limit])));
    const reached = compared.filter((one) => countBelow(one.own, one[limit]) === one.own.length);
    const failed = compared.filter((one) => !reached.includes(one));
    const isOnce = compared.every(({ own }) => own.length === 1);
    const shown = (some: typeof all) =>
      some
        .map((one) => {
          const once = !isOnce && one.own.length === 1 ? ', its one seed' : '';
          return `${one.name} (${meanOf(one.own).toFixed(3)}${once}; ${nameOf(one)} ${meanOf(one[limit]).toFixed(3)})`;
        })
        .join('; ') || 'none';
    return compared.length === 0
      ? []
      : [
          `Below ${limit === 'floor' ? 'the position-blind floor' : 'the linear code of as many numbers'} with ${isOnce ? 'its one seed' : 'every seed'}: ${shown(reached)}.${failed.length > 0 ? ` Not: ${shown(failed)}.` : ''}`,
        ];
  };
  return [
    ...sentence('floor', () => 'floor'),
    ...sentence('pca', (one) => `PCA-${one.components.join(' / ')}`),
  ];
}

/** A sentence a model: on how many kinds it ended below floor and PCA-d, with every seed. */
export function trainingSentences(study: Study): string[] {
  return trainedModels(study).flatMap((model) => {
    const ratios = ratiosOf(model).filter(({ floor }) => !Number.isNaN(meanOf(floor)));
    if (ratios.length === 0) return [];
    const named = (limits: 'floor' | 'pca') => {
      const all = ratios.filter((one) => countBelow(one.own, one[limits]) === one.own.length);
      const names = all.length > 0 ? ` (${all.map(({ kind }) => kind).join(', ')})` : '';
      return `on ${all.length} of ${plural(ratios.length, 'kind')} of signals${names}`;
    };
    const seeds = model.seeds.length === 1 ? 'its one seed' : `all ${model.seeds.length} seeds`;
    const components = [...new Set(ratios.flatMap((one) => one.components))].join(' / ');
    return [
      `${model.name}: with ${seeds} reconstruction ended below the position-blind floor ${named('floor')}, below PCA-${components} ${named('pca')}.`,
    ];
  });
}
