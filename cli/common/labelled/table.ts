/** The table for people. */
import { type Metrics, meanOf, showInterval, showMetric, withDeviation } from '../../../evaluate/index.ts';
import type { TableRow } from '../../../workflows/labelled/outcome.ts';
import type { GroupNoun } from '../../../workflows/labelled/task.ts';
import { table } from '../text.ts';

export const METRIC_COLUMNS: readonly (readonly [heading: string, key: keyof Metrics])[] = [
  ['AUROC', 'auroc'],
  ['AUPRC', 'auprc'],
  ['bal. acc.', 'balancedAccuracy'],
  ['F1 (macro)', 'f1'],
  ['kappa', 'kappa'],
];

/** `noun`: what intervals resample. */
export function resultTable(title: string, rows: readonly TableRow[], noun: GroupNoun): string[] {
  const [, ...others] = METRIC_COLUMNS;
  return table(
    [title, 'AUROC', `95 % by ${noun}`, ...others.map(([heading]) => heading)],
    rows.map((row) => [
      row.name,
      withDeviation(row.seeds.map(({ auroc }) => auroc)),
      showInterval(row.intervals.auroc),
      ...others.map(([, key]) => showMetric(meanOf(row.seeds.map((metrics) => metrics[key])))),
    ]),
  );
}
