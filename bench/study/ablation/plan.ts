/** What the compactor and the one token are worth: the same seed, steps and batches. */
import type { AblationOptions } from '../options.ts';
import type { Plan, Variant } from '../plan.ts';
import type { StudyTask } from '../tasks.ts';
import { ablationMarkdown } from './report.ts';

const COMPARED = [
  ['spotr-cls', 'SPOTR, cls', 'spotr', 'cls'],
  ['spotr-tokens', 'SPOTR, tokens', 'spotr', 'tokens'],
  ['flattened-cls', 'flattened, cls', 'none', 'cls'],
] as const;

export function ablationPlan(options: AblationOptions, tasks: readonly StudyTask[]): Plan {
  const { steps, batchSize, lr, seed, seeds } = options;
  return {
    results: 'ABLATION.md',
    words: [
      ...['--plan ablation', `--steps ${steps}`, `--batch-size ${batchSize}`],
      ...[`--lr ${lr}`, `--seed ${seed}`, `--seeds ${seeds}`],
    ],
    variants: COMPARED.map(
      ([name, title, compaction, conditioning]): Variant => ({
        ...{ name, title, seed },
        pretrain: {
          ...{ size: 'small', recipe: 'paper', draw: '2', compaction, conditioning, steps: String(steps) },
          ...{ 'batch-size': String(batchSize), lr: String(lr), seed: String(seed) },
        },
      }),
    ),
    tasks,
    probeSeeds: seeds,
    write: ablationMarkdown,
  };
}
