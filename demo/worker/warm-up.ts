/** Compiling takes seconds where a processor stands in for a graphics card. */
import { SyntheticDataset } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import { Model } from './model.ts';

/** One step of the smallest model; what was compiled stays with the engine. */
export async function warmUp(engine: Engine): Promise<void> {
  const settings = {
    size: 'tiny',
    conditioning: 'cls',
    learningRate: 1e-3,
    steps: 1,
    batchSize: 8,
    seed: 1,
  } as const;
  const model = Model.fresh(engine, settings);
  try {
    const { result } = await model.trainer.train([
      new SyntheticDataset({ ...settings, seconds: 1 }).trainBatch(0),
    ]);
    await result;
  } finally {
    model.dispose();
  }
}
