/** Lengths of windows, as options take them. */
import { MODEL_RATE, windowSamples } from '../../../data/index.ts';
import { number, type Option } from '../options.ts';

const SECONDS = number({ above: 0, max: 64, fallback: undefined, help: '' });

/** Completes "must be ...", of one length or of several. */
export const LENGTH_EXPECTED = `over 0, at most 64, and a whole number of samples at ${MODEL_RATE} Hz`;

/** Seconds that a window can have. Told apart here, so that nothing is read before a length that cannot be is met. */
export function readLength(given: string): number | undefined {
  const seconds = SECONDS.read(given);
  return seconds === undefined || windowSamples(seconds) === undefined ? undefined : seconds;
}

/** An option that takes one. */
export function windowLength<F extends number | undefined>({
  fallback,
  help,
}: {
  fallback: F;
  help: string;
}): Option<number | F> {
  const expected = `seconds, ${LENGTH_EXPECTED}`;
  return { help, value: 'SECONDS', expected, fallback, read: readLength };
}
