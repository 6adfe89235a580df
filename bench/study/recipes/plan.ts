/** Does a token read, by recipe, size and seed: one model for all kinds of signals. */
import type { RecipesOptions, Size } from '../options.ts';
import type { Plan, Variant } from '../plan.ts';
import { readingMarkdown } from '../reading/report.ts';
import type { StudyTask } from '../tasks.ts';

/** A training on all of the manifest. */
export function recipeVariant(
  { steps, batchSize }: Pick<RecipesOptions, 'steps' | 'batchSize'>,
  { size, recipe, seed }: { readonly size: Size; readonly recipe: string; readonly seed: number },
): Variant {
  return {
    name: `${size}-${recipe}-${seed}`,
    title: `${size}, ${recipe}`,
    seed,
    pretrain: {
      ...{ size, recipe, draw: '2', steps: String(steps[size]) },
      ...{ 'batch-size': String(batchSize), seed: String(seed) },
    },
  };
}

export function recipesPlan(options: RecipesOptions, tasks: readonly StudyTask[]): Plan {
  const { sizes, recipes, seeds, steps, batchSize } = options;
  return {
    results: 'RESULTS.md',
    words: [
      ...[`--sizes ${sizes}`, `--recipes ${recipes}`, `--seeds ${seeds}`],
      ...[`--steps ${sizes.map((size) => `${size}:${steps[size]}`)}`, `--batch-size ${batchSize}`],
    ],
    // Seed after seed: what is stopped half-way has all models of the seeds before.
    variants: seeds.flatMap((seed) =>
      sizes.flatMap((size) => recipes.map((recipe) => recipeVariant(options, { size, recipe, seed }))),
    ),
    tasks,
    // The seed of pretraining is that of the probe: what differs is the encoder, the random one and the head.
    probeSeeds: 1,
    write: (study) =>
      readingMarkdown(
        study,
        'Does a token read?',
        (models, from) =>
          `Each model is one encoder for all kinds of signals, pretrained on the same manifest from ${from}: ${models} (size, recipe).`,
      ),
  };
}
