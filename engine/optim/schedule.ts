import { checkOptions } from '../errors.ts';

/** Learning rate of update `t`, which counts from 0. */
export type Schedule = (t: number) => number;

/** The same learning rate for ever. */
export function constant(learningRate: number): Schedule {
  if (!(Number.isFinite(learningRate) && learningRate >= 0))
    throw new RangeError(`constant: learning rate ${learningRate}; it must be 0 or more.`);
  return () => learningRate;
}

export interface WarmupCosineOptions {
  /** The largest, reached at the end of the warm-up. */
  readonly learningRate: number;
  /** Updates of the whole run. */
  readonly steps: number;
  /** Updates of linear warm-up; a tenth of `steps`, rounded, by default. */
  readonly warmup?: number;
  /** Learning rate that the cosine falls to after `steps` updates; 0 by default. */
  readonly floor?: number;
}

/**
 * Linear warm-up, then half a cosine down to `floor`: with W updates of warm-up in S, `learningRate (t + 1) / W` for t < W, then
 * `floor + (learningRate - floor) (1 + cos(pi (t - W) / (S - W))) / 2`, and `floor` from t = S on.
 */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  checkOptions('warmupCosine', options, ['learningRate', 'steps', 'warmup', 'floor']);
  const { learningRate, steps, warmup, floor = 0 } = options;
  if (!(Number.isFinite(learningRate) && learningRate > 0))
    throw new RangeError(`warmupCosine: learningRate is ${learningRate}; it must be above 0.`);
  if (!(Number.isInteger(steps) && steps >= 1)) {
    throw new RangeError(`warmupCosine: steps is ${steps}; it must be an integer of at least 1.`);
  }
  const rise = warmup ?? Math.round(steps / 10);
  if (!(Number.isInteger(rise) && rise >= 0 && rise <= steps)) {
    throw new RangeError(`warmupCosine: warmup is ${rise}; it must be an integer from 0 to steps, ${steps}.`);
  }
  if (!(floor >= 0 && floor <= learningRate)) {
    throw new RangeError(
      `warmupCosine: floor is ${floor}; it must be from 0 to learningRate, ${learningRate}.`,
    );
  }
  return (t) => {
    if (t < rise) return (learningRate * (t + 1)) / rise;
    if (t >= steps) return floor;
    return floor + ((learningRate - floor) * (1 + Math.cos((Math.PI * (t - rise)) / (steps - rise)))) / 2;
  };
}
