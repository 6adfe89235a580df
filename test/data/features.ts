/** Plain features of signals, and how well one of them tells two classes apart. */
import { bandPower } from './spectrum.ts';

/** Area under the ROC curve: the share of pairs of the two classes in which the one of label 1 has the larger score. */
export function auc(scores: readonly number[], labels: readonly number[]): number {
  let [wins, pairs] = [0, 0];
  scores.forEach((score, i) => {
    if (labels[i] !== 1) return;
    scores.forEach((other, j) => {
      if (labels[j] !== 0) return;
      pairs++;
      wins += score > other ? 1 : score === other ? 0.5 : 0;
    });
  });
  return wins / pairs;
}

export function middle(values: ArrayLike<number>): number {
  const sorted = Array.from(values).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

export function deviation(values: ArrayLike<number>): number {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value / all.length, 0);
  return Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2 / all.length, 0));
}

/**
 * How irregular the beats are: the median change from one interval to the next, over the median interval, so that an
 * early beat does not count. Beats are where the signal rises (or, if `either`, falls) most within `lag` seconds, at
 * least 0.25 s apart.
 */
export function irregularity(values: ArrayLike<number>, rate: number, lag: number, either = false): number {
  const step = Math.round(lag * rate);
  const slopes = Array.from({ length: values.length - step }, (_, t) => {
    const rise = (values[t + step] as number) - (values[t] as number);
    return either ? Math.abs(rise) : rise;
  });
  const threshold = 0.5 * middle(topOf(slopes));
  const beats: number[] = [];
  for (const [t, slope] of slopes.entries()) {
    const last = beats.at(-1);
    if (slope < threshold) continue;
    if (last === undefined || t - last > 0.25 * rate) beats.push(t);
    else if (slope > (slopes[last] as number)) beats[beats.length - 1] = t;
  }
  const intervals = beats.slice(1).map((beat, i) => beat - (beats[i] as number));
  if (intervals.length < 3) return 0;
  const changes = intervals.slice(1).map((interval, i) => Math.abs(interval - (intervals[i] as number)));
  return middle(changes) / middle(intervals);
}

/** The largest value of each of ten parts, so that a single odd one does not count. */
function topOf(values: readonly number[]): number[] {
  const part = Math.floor(values.length / 10);
  return Array.from({ length: 10 }, (_, i) => Math.max(...values.slice(i * part, (i + 1) * part)));
}

/** Logarithm of the power in one band over that in another. */
export function bandRatio(
  values: ArrayLike<number>,
  rate: number,
  [low, high]: readonly [number, number],
  [otherLow, otherHigh]: readonly [number, number],
): number {
  return Math.log(bandPower(values, low, high, rate) / bandPower(values, otherLow, otherHigh, rate));
}

/** How far means of a quarter of a second stray from the median, in parts of the usual distance. */
export function strayMeans(values: ArrayLike<number>, rate: number): number {
  const all = Array.from(values);
  const length = Math.round(rate / 4);
  const base = middle(all);
  const means: number[] = [];
  for (let start = 0; start + length <= all.length; start += length) {
    const sum = all.slice(start, start + length).reduce((a, b) => a + b, 0);
    means.push(Math.abs(sum / length - base));
  }
  return Math.max(...means) / middle(means);
}
