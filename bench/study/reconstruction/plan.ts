/** How much of a signal one token gives back: a model for each kind of signal and length, with the linear head alone. */
import type { ReconstructionOptions } from '../options.ts';
import type { Plan, Variant } from '../plan.ts';
import { reconstructionMarkdown } from './report.ts';
import { SIGNALS, type Signals } from './signals.ts';

export function reconstructionPlan(options: ReconstructionOptions): Plan {
  const { sizes, kinds, seeds, steps, batchSize } = options;
  const given = sizes.flatMap((size) => (steps[size] === undefined ? [] : `${size}:${steps[size]}`));
  const variantOf = (size: (typeof sizes)[number], part: Signals, seed: number): Variant => ({
    name: `${size}-${part.name}-${seed}`,
    title: `${size}, ${part.title}`,
    seed,
    part,
    pretrain: {
      ...{ size, recipe: 'quick', auxiliary: 'linear', window: String(part.window) },
      ...(part.stride === undefined ? {} : { stride: String(part.stride) }),
      ...{
        steps: String(steps[size] ?? part.steps[size]),
        'batch-size': String(batchSize),
        seed: String(seed),
      },
    },
  });
  const chosen = SIGNALS.filter(({ name }) => kinds.includes(name));
  return {
    results: 'RECONSTRUCTION.md',
    words: [
      ...['--plan reconstruction', `--sizes ${sizes}`, `--kinds ${kinds}`, `--seeds ${seeds}`],
      ...[...(given.length > 0 ? [`--steps ${given}`] : []), `--batch-size ${batchSize}`],
    ],
    variants: seeds.flatMap((seed) =>
      sizes.flatMap((size) => chosen.map((part) => variantOf(size, part, seed))),
    ),
    tasks: [],
    probeSeeds: 1,
    write: (study) => reconstructionMarkdown(study, chosen),
  };
}
