/** A trainer of the smallest model, whose updates can be followed by hand. */
import type { Engine } from '../../engine/index.ts';
import { Pretrainer, type PretrainOptions } from '../../model/index.ts';
import { TOY } from './tiny-run.ts';

export function toyTrainer(engine: Engine, options: Partial<PretrainOptions> = {}): Pretrainer {
  return Pretrainer.create(engine, {
    config: TOY,
    conditioning: 'cls',
    seed: 1,
    steps: 8,
    learningRate: 1e-3,
    schedule: 'constant',
    weightDecay: 0.1,
    // Nothing is clipped: the first moment of the first update is then a tenth of the gradient.
    clip: 1e9,
    accumulation: 1,
    ...options,
  });
}

/** Of the largest difference, in parts of the largest value, which is the size. */
export const maxError = (found: ArrayLike<number>, wanted: ArrayLike<number>) => {
  let [error, size] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    error = Math.max(error, Math.abs((found[i] as number) - (wanted[i] as number)));
    size = Math.max(size, Math.abs(wanted[i] as number));
  }
  return { error: error / size, size };
};
