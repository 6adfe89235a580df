/** How often each of several data sets is drawn from. */
import { SignalError } from '../errors.ts';

/**
 * `proportional`: every window once an epoch. `equal`: as many batches from each data set. A temperature lies between:
 * a set of n windows weighs n to the power of 1 / temperature, so 1 is proportional, and equal is what it tends to.
 */
export type Drawing = 'proportional' | 'equal' | { readonly temperature: number };

/** What is drawn from: windows of one shape in one data set. */
interface Drawn {
  readonly dataset: string;
  readonly windows: number;
}

/**
 * Batches of each group in an epoch. An epoch has as many batches under every rule: what goes through all windows once,
 * proportionally. A data set's share is divided among its groups by their windows; every group has one batch at least.
 */
export function batchesOf(groups: readonly Drawn[], batchSize: number, drawing: Drawing): number[] {
  const proportional = groups.map(({ windows }) => Math.ceil(windows / batchSize));
  if (drawing === 'proportional') return proportional;
  const windowsOf = new Map<string, number>();
  for (const { dataset, windows } of groups) windowsOf.set(dataset, (windowsOf.get(dataset) ?? 0) + windows);
  const power = drawing === 'equal' ? 0 : 1 / requireTemperature(drawing.temperature);
  const weights = groups.map(({ dataset, windows }) => {
    const all = windowsOf.get(dataset) as number;
    return all ** power * (windows / all);
  });
  const total = Math.max(
    groups.length,
    proportional.reduce((sum, count) => sum + count, 0),
  );
  return apportion(weights, total);
}

function requireTemperature(temperature: number): number {
  if (temperature >= 1) return temperature;
  throw new SignalError(`A temperature of ${temperature} to draw data sets by; it must be at least 1.`);
}

/** Whole numbers of at least 1 that sum to `total`, as near as can be to the weights (largest remainders). */
function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const spare = total - weights.length;
  const exact = weights.map((weight) => Math.max(0, (weight / sum) * total - 1));
  const scale =
    spare /
    Math.max(
      1e-12,
      exact.reduce((a, b) => a + b, 0),
    );
  const wanted = exact.map((share) => share * scale);
  const counts = wanted.map((share) => 1 + Math.floor(share));
  const byRemainder = wanted
    .map((share, index) => ({ index, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  let left = total - counts.reduce((a, b) => a + b, 0);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    counts[index] = (counts[index] as number) + 1;
    left--;
  }
  return counts;
}
