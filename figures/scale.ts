/** From values to pixels, and to the round numbers that an axis shows. */
import { scaleLinear } from 'd3-scale';

export type Scale = (value: number) => number;

export const linearScale = (from: readonly [number, number], to: readonly [number, number]): Scale =>
  scaleLinear(from, to);

export interface Ticks {
  readonly values: readonly number[];
  readonly show: (value: number) => string;
}

/** Multiples of 1, 2 or 5 times a power of ten within low ... high: about `count` of them, and no more than an axis for as many has room for. */
export function niceTicks(low: number, high: number, count: number): Ticks {
  if (!(high > low)) return { values: [low], show: String };
  const scale = scaleLinear([low, high], [0, 1]);
  // d3 takes the round step that is nearest, which may be shorter than the range over the count by the root of 2.
  const about = count / Math.SQRT2;
  const format = scale.tickFormat(about);
  // A hyphen, as in every other number that is printed here.
  return { values: scale.ticks(about), show: (value) => format(value).replace('\u2212', '-') };
}

/** The value below which `part` of the values lie. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** Moves labels apart that would lie over one another, as little as keeps them in order and within low ... high. */
export function spreadOut(places: readonly number[], gap: number, low: number, high: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const spread = [...places];
  let above = low - gap;
  for (const i of order) {
    above = Math.max(spread[i] ?? 0, above + gap);
    spread[i] = above;
  }
  let below = high + gap;
  for (const i of order.reverse()) {
    below = Math.min(spread[i] ?? 0, below - gap);
    spread[i] = below;
  }
  return spread;
}
