import type { Row } from '../contract.ts';
import { median } from '../suite/statistics.ts';
import { TARGETS } from '../suite/targets.ts';

/** The ratio to the fastest peer that a row should reach; null where none is asked of it. */
export function aimOf(row: Row): number | null {
  return TARGETS.find(({ unit, measure }) => unit === 'x' && measure(row) !== null)?.least ?? null;
}

/** The highest ratio that is asked of any of these rows. */
export function highestAim(rows: readonly Row[]): number | null {
  const aims = rows.map(aimOf).filter((aim) => aim !== null);
  return aims.length === 0 ? null : Math.max(...aims);
}

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
  readonly unit: string;
  readonly reached: number;
  readonly of: number;
  readonly short: readonly { readonly id: string; readonly value: number }[];
}

/** One for each target that any row speaks to. */
export function verdicts(rows: readonly Row[]): Verdict[] {
  return TARGETS.flatMap(({ title, measure, least, unit }) => {
    const values = rows.flatMap((row) => {
      const value = measure(row);
      return value === null ? [] : [{ id: row.id, value }];
    });
    if (values.length === 0) return [];
    const short = values.filter(({ value }) => value < least).sort((a, b) => a.value - b.value);
    const target = `${title}: at least ${least}${unit}`;
    return [{ target, unit, reached: values.length - short.length, of: values.length, short }];
  });
}
