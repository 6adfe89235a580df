/** Areas under curves over every threshold of one score. */
import { ModelError } from '../model/errors.ts';

/** True or 1 for a positive row. */
export type Positives = ArrayLike<boolean | number>;

/** Rows ranked by a score once, for any number of questions about them. */
export class Ranking {
  /** Lowest first. */
  readonly #order: Uint32Array;
  /** Where runs of equal scores end, in places of the order. */
  readonly #ends: Uint32Array;

  /** @throws ModelError where a score is not a number. */
  constructor(scores: ArrayLike<number>) {
    const rows = Array.from({ length: scores.length }, (_, row) => row);
    for (const row of rows)
      if (Number.isNaN(scores[row]))
        throw new ModelError(`The score of row ${row} is not a number; nothing can be ranked by it.`);
    rows.sort((a, b) => (scores[a] as number) - (scores[b] as number));
    this.#order = Uint32Array.from(rows);
    this.#ends = Uint32Array.from(
      rows.flatMap((row, place) => (scores[row] === scores[rows[place + 1] ?? -1] ? [] : [place + 1])),
    );
  }

  /** The chance that a positive outranks a negative, ties half. NaN where there is no pair. */
  auroc(positive: Positives, weights?: ArrayLike<number>): number {
    let [below, area, positives, negatives] = [0, 0, 0, 0];
    this.#runs(positive, weights, (own, others) => {
      area += own * (below + others / 2);
      below += others;
      positives += own;
      negatives += others;
    });
    return positives > 0 && negatives > 0 ? area / (positives * negatives) : Number.NaN;
  }

  /** Precisions at each threshold, weighted by the recall that it adds. No interpolation. NaN without a positive. */
  averagePrecision(positive: Positives, weights?: ArrayLike<number>): number {
    const runs: [own: number, others: number][] = [];
    let total = 0;
    this.#runs(positive, weights, (own, others) => {
      runs.push([own, others]);
      total += own;
    });
    if (total === 0) return Number.NaN;
    let [found, taken, area] = [0, 0, 0];
    for (const [own, others] of runs.reverse()) {
      found += own;
      taken += own + others;
      if (own > 0) area += (own / total) * (found / taken);
    }
    return area;
  }

  /** The ROC curve from (0, 0) to (1, 1), a point a threshold. */
  rocCurve(positive: Positives): { falsePositives: number; truePositives: number }[] {
    const runs: [own: number, others: number][] = [];
    this.#runs(positive, undefined, (own, others) => void runs.push([own, others]));
    const total = runs.reduce(([a, b], [own, others]) => [a + own, b + others], [0, 0]);
    let [found, wrong] = [0, 0];
    return [
      { falsePositives: 0, truePositives: 0 },
      ...runs.reverse().map(([own, others]) => {
        found += own;
        wrong += others;
        return { falsePositives: wrong / total[1], truePositives: found / total[0] };
      }),
    ];
  }

  /** Weights of the positives and of the others in each run of equal scores, lowest first. */
  #runs(
    positive: Positives,
    weights: ArrayLike<number> | undefined,
    visit: (positives: number, negatives: number) => void,
  ): void {
    let place = 0;
    for (const end of this.#ends) {
      let [own, others] = [0, 0];
      for (; place < end; place++) {
        const row = this.#order[place] as number;
        const weight = weights ? (weights[row] as number) : 1;
        if (positive[row]) own += weight;
        else others += weight;
      }
      visit(own, others);
    }
  }
}

/** Area under the ROC curve of one score per row. */
export function auroc(scores: ArrayLike<number>, positive: Positives): number {
  return new Ranking(scores).auroc(positive);
}

/** Average precision of one score per row. */
export function averagePrecision(scores: ArrayLike<number>, positive: Positives): number {
  return new Ranking(scores).averagePrecision(positive);
}
