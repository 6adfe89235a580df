import type { Row } from '../contract.ts';

/** What the project asks of its rows. */
export interface Target {
  readonly title: string;
  /** How far a row is, to be at least `least`; null for rows that the target does not speak of. */
  measure(row: Row): number | null;
  readonly least: number;
  readonly unit: string;
}

/** Ratio to the fastest peer; null where none could do the row. */
export function bestPeer({ peers }: Row): number | null {
  return peers.length === 0 ? null : Math.min(...peers.map(({ ratio }) => ratio));
}

const isMatmul = (row: Row) => row.group === 'kernel' && row.family === 'matmul';

export const TARGETS: readonly Target[] = [
  {
    title: 'matmuls against the best peer',
    measure: (row) => (isMatmul(row) ? bestPeer(row) : null),
    least: 3,
    unit: 'x',
  },
  {
    title: 'other kernels against the best peer',
    measure: (row) => (row.group === 'kernel' && !isMatmul(row) ? bestPeer(row) : null),
    least: 2,
    unit: 'x',
  },
  {
    title: 'training steps against the best peer',
    measure: (row) => (row.group === 'step' ? bestPeer(row) : null),
    least: 3,
    unit: 'x',
  },
  {
    title: 'compute-bound matmuls, of the multiply-add peak',
    measure: (row) => (isMatmul(row) && row.bound === 'compute' ? row.percentOfPeak : null),
    least: 70,
    unit: ' %',
  },
  {
    title: 'memory-bound kernels, of the copy bandwidth',
    measure: (row) => (row.group === 'kernel' && row.bound === 'memory' ? row.percentOfPeak : null),
    least: 80,
    unit: ' %',
  },
  {
    title: 'JavaScript under a tenth of the step',
    measure: (row) => {
      const percent = row.more?.scriptPercent;
      return percent === undefined ? null : 100 - percent;
    },
    least: 90,
    unit: ' % left',
  },
];

/** `34 of 40 ...`, one line a target that any row speaks to, with the row that is furthest from it. */
export function targetLines(rows: readonly Row[]): string[] {
  return TARGETS.flatMap(({ title, measure, least, unit }) => {
    const measured = rows.flatMap((row) => {
      const value = measure(row);
      return value === null ? [] : [{ id: row.id, value }];
    });
    const [first, ...rest] = measured;
    if (!first) return [];
    const worst = rest.reduce((low, one) => (one.value < low.value ? one : low), first);
    const met = measured.filter(({ value }) => value >= least).length;
    const furthest =
      worst.value < least ? `; furthest ${worst.id} with ${Number(worst.value.toPrecision(3))}${unit}` : '';
    return [`${met} of ${measured.length} ${title} (at least ${least}${unit})${furthest}`];
  });
}
