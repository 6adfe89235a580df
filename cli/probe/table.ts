/** The probe's table for people, and what it comes to. */
import type { Metrics } from '../../model/index.ts';
import { columns, table, wrap } from '../text.ts';
import type { TableRow } from './rows.ts';

const COLUMNS: readonly (readonly [heading: string, key: keyof Metrics])[] = [
  ['AUROC', 'auroc'],
  ['AUPRC', 'auprc'],
  ['bal. acc.', 'balancedAccuracy'],
  ['F1', 'f1'],
  ['kappa', 'kappa'],
];

export function probeTable(rows: readonly TableRow[]): string[] {
  const [first, ...others] = COLUMNS;
  return table(
    ['test windows', first?.[0] ?? '', '95 % by subject', ...others.map(([heading]) => heading)],
    rows.map(({ name, seeds, interval }) => {
      const [auroc, ...rest] = COLUMNS.map(([, key]) => seeds.map((metrics) => metrics[key]));
      const range = `${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}`;
      return [name, withDeviation(auroc ?? []), range, ...rest.map((values) => show(meanOf(values)))];
    }),
  );
}

/** Mean over seeds, and their deviation where there are several. */
function withDeviation(values: readonly number[]): string {
  const mean = meanOf(values);
  if (values.length < 2 || Number.isNaN(mean)) return show(mean);
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1),
  );
  return `${show(mean)} ± ${deviation.toFixed(3)}`;
}

const show = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(3));

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whether the encoder is worth its while on this task, in words. */
export function verdict(rows: readonly TableRow[]): string[] {
  const [own, ...others] = rows;
  if (!own) return [];
  const auroc = ({ seeds }: TableRow) => meanOf(seeds.map((metrics) => metrics.auroc));
  const better = others.filter((row) => auroc(row) >= auroc(own));
  const text =
    better.length === 0
      ? 'The trained encoder tells more than everything beside it here.'
      : `It does not beat: ${better.map(({ name }) => name).join('; ')}.`;
  return wrap(
    `${text} Model and penalty were chosen on the validation part, never on the test part.`,
    columns() - 2,
  );
}
