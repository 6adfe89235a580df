import { sizeOf } from '../support/ndarray.ts';
import type { CaseReport } from './compare.ts';
import type { Truth } from './golden-file.ts';

/** How the weights of a full-size model are made from their numbers, and some of them to check. */
export interface GeneratedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly offset: number;
  readonly bound: number;
  readonly first4: readonly number[];
  readonly last: number;
  readonly sum: number;
}

function hash(n: number): number {
  let h = n ^ (n >>> 16);
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 24 bits for value `i` of stream `seed`. */
export function hash24(seed: number, i: number): number {
  return hash((hash(i + 1) + Math.imul(seed, 0x9e3779b9)) >>> 0) >>> 8;
}

/** In [-1, 1). */
export const uniform = (seed: number, i: number): number => hash24(seed, i) * 2 ** -23 - 1;

/** The weights, checked against the numbers that come with them. */
export function generateWeights(list: readonly GeneratedWeight[], report: CaseReport): Map<string, Truth> {
  return new Map(
    list.map(({ name, shape, seed, offset, bound, first4, last, sum }) => {
      const data = new Float64Array(sizeOf(shape));
      let total = 0;
      for (let i = 0; i < data.length; i++) {
        const value = Math.fround(offset + bound * uniform(seed, i));
        data[i] = value;
        total += value;
      }
      const fits = first4.every((value, i) => value === data[i]) && last === data.at(-1);
      report.holds('outputs', `weights ${name}`, fits && Math.abs(total - sum) < 1e-6 * data.length);
      return [name, { shape, data }];
    }),
  );
}
