/** From values to pixels, and to the round numbers that an axis shows. */

export type Scale = (value: number) => number;

export function linearScale(from: readonly [number, number], to: readonly [number, number]): Scale {
  const span = from[1] - from[0];
  return (value) => to[0] + (span === 0 ? 0.5 : (value - from[0]) / span) * (to[1] - to[0]);
}

export interface Ticks {
  readonly values: readonly number[];
  readonly show: (value: number) => string;
}

/** Multiples of 1, 2 or 5 times a power of ten within low ... high, about `count` of them. */
export function niceTicks(low: number, high: number, count: number): Ticks {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return { values: [low], show: String };
  const power = Math.floor(Math.log10(rough));
  const mantissa = rough / 10 ** power;
  const factor = mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10;
  const step = factor * 10 ** power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    values: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
    show: (value) =>
      value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  };
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
