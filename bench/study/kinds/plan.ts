/** Does a token read better where its model saw nothing but its kind of signals: a model for each, beside one for all. */
import { type ManifestEntry, MODALITIES, type Modality } from '../../../data/index.ts';
import type { KindsOptions, Size } from '../options.ts';
import type { Plan, Variant } from '../plan.ts';
import { readingMarkdown } from '../reading/report.ts';
import { recipeVariant } from '../recipes/plan.ts';
import { type StudyTask, TASKS } from '../tasks.ts';

/** Generated signals are of the kind that they are probed for. */
const kindOf = ({ path, modality }: ManifestEntry): Modality | undefined =>
  modality ?? TASKS.find(({ recordings }) => recordings === path)?.kind;

export function kindsPlan(options: KindsOptions, tasks: readonly StudyTask[]): Plan {
  const { sizes, seeds, steps, batchSize } = options;
  // The training of the plan of recipes, which is not done again.
  const ofAll = (size: Size, seed: number): Variant => ({
    ...recipeVariant(options, { size, recipe: 'quick', seed }),
    title: `${size}, one model for all kinds`,
  });
  const ofOne = (size: Size, kind: Modality, seed: number): Variant => ({
    ...recipeVariant(options, { size, recipe: 'quick', seed }),
    name: `${size}-${kind}-${seed}`,
    title: `${size}, a model for each kind`,
    training: `${size}, ${kind} alone`,
    part: { name: kind, lineOf: (entry) => (kindOf(entry) === kind ? entry : undefined) },
    kind,
  });
  return {
    results: 'KINDS.md',
    words: [
      ...['--plan kinds', `--sizes ${sizes}`, `--seeds ${seeds}`],
      ...[`--steps ${sizes.map((size) => `${size}:${steps[size]}`)}`, `--batch-size ${batchSize}`],
    ],
    variants: seeds.flatMap((seed) =>
      sizes.flatMap((size) => [ofAll(size, seed), ...MODALITIES.map((kind) => ofOne(size, kind, seed))]),
    ),
    tasks,
    probeSeeds: 1,
    write: (study) =>
      readingMarkdown(
        study,
        'Does a token read better with a model of its own kind of signals?',
        (models, from) =>
          `Models of \`--recipe quick\`, pretrained from ${from}: ${models}. A model for each kind was trained on the recordings and generated signals of that kind alone, for as many steps as one model for all kinds was on all of them, and stands where its kind of signals is read.`,
      ),
  };
}
