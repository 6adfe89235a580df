import { sizeOf } from '../support/ndarray.ts';
import type { CaseReport } from './compare.ts';
import type { GivenWeight } from './model-runs.ts';

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

/** The weights in float32, as they were made. */
export function generateWeights(list: readonly GeneratedWeight[]): Map<string, GivenWeight> {
  return new Map(
    list.map(({ name, shape, seed, offset, bound }) => {
      const data = new Float32Array(sizeOf(shape));
      for (let i = 0; i < data.length; i++) data[i] = offset + bound * uniform(seed, i);
      return [name, { shape, data }];
    }),
  );
}

/** Checks generated weights against the numbers that come with them. */
export function checkGenerated(
  list: readonly GeneratedWeight[],
  weights: ReadonlyMap<string, GivenWeight>,
  counts: Readonly<Record<string, number>>,
  report: CaseReport,
): void {
  for (const { name, first4, last, sum } of list) {
    const data = weights.get(name)?.data ?? [];
    let total = 0;
    for (let i = 0; i < data.length; i++) total += data[i] as number;
    const fits = first4.every((value, i) => value === data[i]) && last === data[data.length - 1];
    report.holds('outputs', `weights ${name}`, fits && Math.abs(total - sum) < 1e-9 * data.length);
  }
  for (const [module, count] of Object.entries(counts)) {
    const own = [...weights].filter(([name]) => name.startsWith(`${module}.`));
    const total = own.reduce((size, [, { data }]) => size + data.length, 0);
    report.holds('outputs', `number of ${module} parameters`, total === count);
  }
}
