import { describeValue } from '../base/describe-value.ts';
import { Random } from '../base/random.ts';
import { checkOptions, EngineError } from './errors.ts';
import type { Initializer } from './parameters.ts';

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
  requireRandom('kaimingUniform', random);
  const bound = 1 / Math.sqrt(fanIn);
  return (values, name) => random.fork(name).fillUniform(values, -bound, bound);
}

/** N(mean, deviation^2). */
export function normalInit(random: Random, options: { mean?: number; deviation?: number } = {}): Initializer {
  checkOptions('normalInit', options, ['mean', 'deviation']);
  const { mean = 0, deviation = 1 } = options;
  requireRandom('normalInit', random);
  requireFinite('normalInit', 'mean', mean);
  requireFinite('normalInit', 'deviation', deviation);
  return (values, name) => random.fork(name).fillNormal(values, mean, deviation);
}

/** Every element the same. */
export function constantInit(value: number): Initializer {
  if (typeof value !== 'number') {
    throw new EngineError(`constantInit: the value is ${describeValue(value)}; it must be a number.`);
  }
  return (values) => void values.fill(value);
}

function requireRandom(what: string, random: unknown): void {
  if (random instanceof Random) return;
  throw new EngineError(`${what}: the source is ${describeValue(random)}; pass a Random, new Random(seed).`);
}

function requireFinite(what: string, name: string, value: unknown): void {
  if (typeof value === 'number' && Number.isFinite(value)) return;
  throw new EngineError(`${what}: ${name} is ${describeValue(value)}; it must be a finite number.`);
}
