import { EngineError } from './errors.ts';
import type { Initializer } from './parameters.ts';
import type { Random } from './random.ts';

// Each initializer draws from the stream of the parameter's name, so that one `random` serves a whole model and the
// values of a parameter do not depend on which others there are.

/**
 * U(-b, b) with b = 1 / sqrt(fanIn): what PyTorch gives linear and convolution layers by default (He et al., 2015, with
 * a = sqrt(5)), weights and biases alike. `fanIn` is the number of inputs that one output sums.
 */
export function kaimingUniform(random: Random, fanIn: number): Initializer {
  if (!(Number.isInteger(fanIn) && fanIn >= 1)) {
    throw new EngineError(`kaimingUniform: fan-in ${fanIn}; it must be an integer of at least 1.`);
  }
  const bound = 1 / Math.sqrt(fanIn);
  return (values, name) => random.fork(name).fillUniform(values, -bound, bound);
}

/** N(mean, deviation^2). */
export function normalInit(
  random: Random,
  { mean = 0, deviation = 1 }: { mean?: number; deviation?: number } = {},
): Initializer {
  return (values, name) => random.fork(name).fillNormal(values, mean, deviation);
}

/** Every element the same. */
export function constantInit(value: number): Initializer {
  return (values) => void values.fill(value);
}
