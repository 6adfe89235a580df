import type { Engine } from '../../engine/index.ts';
import { Pretrainer, type PretrainOptions } from '../../model/index.ts';
import { type Auxiliary, headsFor } from './auxiliary.ts';

export interface TrainerSettings extends Omit<PretrainOptions, 'auxiliary'> {
  /** Heads of the recipe. */
  readonly auxiliary: readonly Auxiliary[];
}

/** The trainer of these settings, with new weights. `data`: what the source of batches says of itself. */
export function createTrainer(
  engine: Engine,
  { auxiliary, ...options }: TrainerSettings,
  data: Readonly<Record<string, unknown>>,
): Pretrainer {
  const heads = headsFor(auxiliary, data);
  return Pretrainer.create(engine, { ...options, ...(heads && { auxiliary: heads }) });
}
