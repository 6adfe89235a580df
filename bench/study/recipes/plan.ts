/** Does a token read, by recipe, size and seed: one model for all kinds of signals. */
import type { RecipesOptions } from '../options.ts';
import type { Plan, Variant } from '../plan.ts';
import type { StudyTask } from '../tasks.ts';
import { recipesMarkdown } from './report.ts';

export function recipesPlan(options: RecipesOptions, tasks: readonly StudyTask[]): Plan {
  const { sizes, recipes, seeds, steps, batchSize } = options;
  const variantOf = (size: (typeof sizes)[number], recipe: string, seed: number): Variant => ({
    name: `${size}-${recipe}-${seed}`,
    title: `${size}, ${recipe}`,
    seed,
    pretrain: {
      ...{ size, recipe, draw: '2', steps: String(steps[size]) },
      ...{ 'batch-size': String(batchSize), seed: String(seed) },
    },
  });
  return {
    results: 'RESULTS.md',
    words: [
      ...[`--sizes ${sizes}`, `--recipes ${recipes}`, `--seeds ${seeds}`],
      ...[`--steps ${sizes.map((size) => `${size}:${steps[size]}`)}`, `--batch-size ${batchSize}`],
    ],
    // Seed after seed: what is stopped half-way has all models of the seeds before.
    variants: seeds.flatMap((seed) =>
      sizes.flatMap((size) => recipes.map((recipe) => variantOf(size, recipe, seed))),
    ),
    tasks,
    // The seed of pretraining is that of the probe: what differs is the encoder, the random one and the head.
    probeSeeds: 1,
    write: recipesMarkdown,
  };
}
