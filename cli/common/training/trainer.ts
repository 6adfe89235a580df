import type { Engine } from '../../../engine/index.ts';
import { type Pretrainer, SIZES } from '../../../model/index.ts';
import { createTrainer as createFrom } from '../../../workflows/pretraining/trainer.ts';
import type { PretrainSettings } from './options.ts';

/** The trainer of the options of a command line. `data`: what the source of batches says of itself. */
export function createTrainer(
  engine: Engine,
  { size, learningRate, ...settings }: PretrainSettings,
  data: Readonly<Record<string, unknown>>,
): Pretrainer {
  const { compaction, conditioning, precision, seed, steps, schedule, weightDecay, clip } = settings;
  const { accumulation, checkpointing, positionInit, weightInit, auxiliary } = settings;
  return createFrom(
    engine,
    {
      ...{ config: SIZES[size], compaction, conditioning, precision, seed, steps, learningRate },
      ...{ schedule, weightDecay, clip, accumulation, checkpointing, positionInit, weightInit, auxiliary },
    },
    data,
  );
}
