/** The table for people, and what it comes to. */
import { aurocOf, type Metrics, meanOf, showInterval, showMetric, withDeviation } from '../../model/index.ts';
import { columns, plural, table, wrap } from '../text.ts';
import type { TableRow } from './outcome.ts';
import { groupCount, groupNoun, type Task } from './task.ts';

export const METRIC_COLUMNS: readonly (readonly [heading: string, key: keyof Metrics])[] = [
  ['AUROC', 'auroc'],
  ['AUPRC', 'auprc'],
  ['bal. acc.', 'balancedAccuracy'],
  ['F1', 'f1'],
  ['kappa', 'kappa'],
];

export function resultTable(rows: readonly TableRow[]): string[] {
  const [, ...others] = METRIC_COLUMNS;
  return table(
    ['test windows', 'AUROC', '95 % by subject', ...others.map(([heading]) => heading)],
    rows.map((row) => [
      row.name,
      withDeviation(row.seeds.map(({ auroc }) => auroc)),
      showInterval(row.intervals.auroc),
      ...others.map(([, key]) => showMetric(meanOf(row.seeds.map((metrics) => metrics[key])))),
    ]),
  );
}

interface Judged {
  readonly rows: readonly TableRow[];
  readonly notes?: readonly string[] | undefined;
}

/** What the first row is worth on this task, in sentences. */
export function verdict({ rows, notes = [] }: Judged): string[] {
  const [own, ...rest] = rows;
  if (!own) return [];
  // Another way to learn from the same token is no rival.
  const others = rest.filter(({ name }) => !name.startsWith('SPOTR'));
  const names = (some: readonly TableRow[]) => some.map(({ name }) => name).join('; ');
  const ahead = others.filter((row) => aurocOf(row) >= aurocOf(own));
  // Where there are no intervals, that is said below.
  const close = others.filter((row) => !ahead.includes(row) && (row.behind?.low ?? Number.NaN) <= 0);
  return [
    ahead.length > 0
      ? `"${own.name}" does not beat: ${names(ahead)}.`
      : `"${own.name}" is ahead of everything beside it.`,
    ...(close.length > 0
      ? [`It is ahead of these by less than what other subjects might change: ${names(close)}.`]
      : []),
    ...(Number.isNaN(own.intervals.auroc.low)
      ? ['There are too few test subjects of each class for intervals.']
      : []),
    ...(rows.some(({ histories }) => histories)
      ? ['Whatever was chosen was chosen on the validation part, never on the test part.']
      : []),
    ...notes,
  ];
}

/** Test subjects under which resamples of them tell too little. */
const FEWEST_SUBJECTS = 5;

/** A sentence where there are intervals that come from very few subjects; none otherwise. */
export function fewSubjects(
  task: Pick<Task, 'splits' | 'groups' | 'recordings'>,
  tables: readonly Pick<Judged, 'rows'>[],
): string | undefined {
  const count = groupCount(task, 'test');
  const shown = tables.some(({ rows }) => rows.some(({ intervals }) => !Number.isNaN(intervals.auroc.low)));
  if (count >= FEWEST_SUBJECTS || !shown) return undefined;
  return `Careful: the intervals come from ${plural(count, `test ${groupNoun(task)}`)} only. With fewer than ${FEWEST_SUBJECTS} they are too narrow, and say little of what others would bring.`;
}

export function verdictLines(judged: Judged): string[] {
  return wrap(verdict(judged).join(' '), columns() - 2);
}
