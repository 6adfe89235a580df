import type { Row } from '../contract.ts';
import { median } from '../suite/statistics.ts';

/** Ratios and shares that are aimed at; see the performance section of the README. */
export const TARGETS = { product: 3, kernel: 2, step: 3, productPercent: 70, copyPercent: 80 } as const;

export const isProduct = ({ group, family }: Row): boolean =>
  group === 'kernel' && /product|matmul/i.test(family);

/** How many times as long the fastest peer takes; null without peers. */
export function bestPeer({ peers }: Row): { readonly name: string; readonly ratio: number } | null {
  const [best] = peers.toSorted((a, b) => a.ratio - b.ratio);
  return best ?? null;
}

/** The ratio to the fastest peer that a row should reach. */
export const targetOf = (row: Row): number =>
  row.group === 'step' ? TARGETS.step : isProduct(row) ? TARGETS.product : TARGETS.kernel;

/** Rows of one family and size, forward and gradient, in one line. */
export interface KernelGroup {
  readonly family: string;
  /** Of the model that the shapes are from; `other` for the rest. */
  readonly size: string;
  readonly rows: readonly Row[];
}

export function kernelGroups(rows: readonly Row[]): KernelGroup[] {
  const groups = new Map<string, { family: string; size: string; rows: Row[] }>();
  for (const row of rows) {
    if (row.group !== 'kernel') continue;
    const size = /\b(tiny|small|medium|base)\b/.exec(row.shape)?.[1] ?? 'other';
    const key = `${row.family}\n${size}`;
    const group = groups.get(key) ?? { family: row.family, size, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Median and least of the values that are there; null where none is. */
export function spread(
  values: readonly (number | null | undefined)[],
): { median: number; least: number } | null {
  const there = values.filter(
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
  );
  return there.length === 0 ? null : { median: median(there), least: Math.min(...there) };
}

/** How many rows reach a target, and those that do not, the furthest from it first. */
export interface Verdict {
  readonly target: string;
  readonly reached: number;
  readonly of: number;
  readonly short: readonly { readonly id: string; readonly value: number }[];
}

/** One line a target, for those that any row speaks of. */
export function verdicts(rows: readonly Row[]): Verdict[] {
  const kernels = rows.filter(({ group }) => group === 'kernel');
  const ratio = (row: Row) => bestPeer(row)?.ratio ?? null;
  const share = ({ percentOfPeak }: Row) => percentOfPeak;
  const { product, kernel, step, productPercent, copyPercent } = TARGETS;
  const products = kernels.filter(isProduct);
  const others = kernels.filter((row) => !isProduct(row));
  return [
    verdict(`products at least ${product}x the fastest peer`, products, ratio, product),
    verdict(`other kernels at least ${kernel}x the fastest peer`, others, ratio, kernel),
    verdict(
      `training steps at least ${step}x the fastest peer`,
      rows.filter(({ group }) => group === 'step'),
      ratio,
      step,
    ),
    verdict(`products at least ${productPercent} % of the roofline`, products, share, productPercent),
    verdict(
      `memory-bound kernels at least ${copyPercent} % of copy bandwidth`,
      others.filter(({ bound }) => bound === 'memory'),
      share,
      copyPercent,
    ),
  ].filter(({ of }) => of > 0);
}

function verdict(
  target: string,
  rows: readonly Row[],
  measured: (row: Row) => number | null,
  least: number,
): Verdict {
  const values = rows.flatMap((row) => {
    const value = measured(row);
    return value === null ? [] : [{ id: row.id, value }];
  });
  const short = values.filter(({ value }) => value < least).sort((a, b) => a.value - b.value);
  return { target, reached: values.length - short.length, of: values.length, short };
}
