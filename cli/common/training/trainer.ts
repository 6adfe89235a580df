import type { Engine } from '../../../engine/index.ts';
import { Pretrainer, SIZES } from '../../../model/index.ts';
import { headsFor } from '../../../workflows/pretraining/auxiliary.ts';
import type { PretrainSettings } from './options.ts';

/** The trainer of these settings, with new weights. `data`: what the source of batches says of itself. */
export function createTrainer(
  engine: Engine,
  settings: PretrainSettings,
  data: Readonly<Record<string, unknown>>,
): Pretrainer {
  const auxiliary = headsFor(settings.auxiliary, data);
  return Pretrainer.create(engine, {
    config: SIZES[settings.size],
    compaction: settings.compaction,
    conditioning: settings.conditioning,
    precision: settings.precision,
    seed: settings.seed,
    steps: settings.steps,
    learningRate: settings.learningRate,
    schedule: settings.schedule,
    weightDecay: settings.weightDecay,
    clip: settings.clip,
    accumulation: settings.accumulation,
    checkpointing: settings.checkpointing,
    positionInit: settings.positionInit,
    weightInit: settings.weightInit,
    ...(auxiliary && { auxiliary }),
  });
}
