/** Which columns of a table are signals, which one is the times, and which hold labels. */
import type { Column } from './column.ts';
import { isNumberedLabels } from './states.ts';
import { countsRows, looksLikeTime, namesCount, namesTime, timeUnit } from './time-axis.ts';

export interface ColumnRoles {
  /** Seconds of each row. */
  time: Float64Array | undefined;
  signals: readonly Column[];
  /** They become annotations. */
  labels: readonly Column[];
  /** Sentences about what was left out or taken for something. */
  notes: string[];
}

export function rolesOf(columns: readonly Column[]): ColumnRoles {
  const notes: string[] = [];
  const { labels, others } = apart(withoutCount(columns, notes), notes);
  return { ...takeTime(others, notes), labels, notes };
}

/** Data frames are saved with their row numbers as a first column, mostly without a name. It is no signal. */
function withoutCount(columns: readonly Column[], notes: string[]): readonly Column[] {
  const [first, ...rest] = columns;
  if (!first || rest.length === 0 || (first.isNamed && !namesCount(first.name))) return columns;
  if (first.kind !== 'number' || !countsRows(first.values)) return columns;
  notes.push('the first column counts the rows; it is left out');
  return rest;
}

/** Columns of labels, which become annotations, and the others. */
function apart(columns: readonly Column[], notes: string[]): { labels: Column[]; others: Column[] } {
  const isLabel = ({ kind, name, values }: Column) => kind === 'label' || isNumberedLabels(name, values);
  const labels = columns.filter(isLabel);
  const others = columns.filter((column) => !labels.includes(column));
  // A table of labels alone is taken as it is.
  if (others.length === 0) return { labels: [], others: columns.filter(({ kind }) => kind !== 'label') };
  for (const { name } of labels) notes.push(`the column "${name}" holds labels; they are annotations`);
  return { labels, others };
}

/** Finds the column of times, if there is one, by its name or by its look; in seconds. */
function takeTime(
  columns: readonly Column[],
  notes: string[],
): { time: Float64Array | undefined; signals: readonly Column[] } {
  const [first] = columns;
  const isDate = ({ kind }: Column) => kind === 'date';
  const named = columns.find(({ isNamed, name }) => isNamed && namesTime(name));
  const looks =
    first && !first.isNamed && columns.length > 1 && looksLikeTime(first.values) ? first : undefined;
  const column = named ?? columns.find(isDate) ?? looks;
  const signals = columns.filter((other) => other !== column && !isDate(other));
  if (!column || column.values.length < 2)
    return { time: undefined, signals: columns.filter((other) => !isDate(other)) };
  if (isDate(column)) return { time: overMidnight(column.values), signals };
  const unit = timeUnit(column.isNamed ? column.name : undefined, column.values);
  if (column === looks && !named)
    notes.push(`the first column, which has no name, is taken for times in ${unit === 1 ? 's' : 'ms'}`);
  return { time: column.values.map((time) => time * unit), signals };
}

/** Times of day begin again at midnight. */
function overMidnight(seconds: Float64Array): Float64Array {
  let day = 0;
  return seconds.map((time, i) => {
    if (i > 0 && (seconds[i - 1] as number) - time > 43_200) day += 86_400;
    return time + day;
  });
}
