import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { notTested } from '../support/not-tested.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The folder of real recordings that the readers are checked against, or undefined (and a loud line) where there is
 * none: the tests then check the same reader on files that they write themselves.
 */
export function sharedSignals(test: string): string | undefined {
  const folder = process.env.SPOTR_SIGNALS_DIR ?? `${root}../shared/signals`;
  if (existsSync(folder)) return folder;
  notTested(
    `${test} on real recordings`,
    `there are none at ${folder} (set SPOTR_SIGNALS_DIR), so it reads what it writes itself`,
  );
  return undefined;
}

/** Equal to the seven digits that the tables of expected values have. */
export function agrees(value: number, expected: number | null): boolean {
  if (expected === null || Number.isNaN(expected)) return Number.isNaN(value);
  return Math.abs(value - expected) <= 1e-6 * Math.max(1e-3, Math.abs(expected));
}

export function summary(values: Float64Array) {
  let [sum, count, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { mean: sum / count, min, max, missing: values.length - count };
}
