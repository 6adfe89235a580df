/** Which columns of a table are signals, which one is the times, and which hold labels. */
import { modalityOf } from '../../channels.ts';
import { COUNTS_ROWS, FLAGS, isCounter, isFlag, isVoltage, notASignal } from '../../counters.ts';
import { FormatError } from '../../errors.ts';
import type { Column } from './column.ts';
import { labelAndUnit } from './column-names.ts';
import { isNumberedLabels } from './states.ts';
import { countsRows, looksLikeTime, namesCount, namesTime, speaksOfTime, typicalStep } from './time-axis.ts';
import { epochUnit, unitOfTimes } from './time-unit.ts';

export interface SignalColumn {
  readonly column: Column;
  /** Why it is not used unless it is asked for, where its values are none of a signal. */
  readonly bad?: string;
}

export interface ColumnRoles {
  /** Seconds of each row. */
  readonly time: Float64Array | undefined;
  /** Why the times that there are cannot be used. */
  readonly timeProblem: { readonly problem: string; readonly fix: string } | undefined;
  readonly signals: readonly SignalColumn[];
  /** Names of columns that count rows or packets, by their names or by their values. */
  readonly counters: readonly string[];
  /** They become annotations. */
  readonly labels: readonly Column[];
  /** Sentences about what was left out or taken for something. */
  readonly notes: string[];
}

export function rolesOf(file: string, columns: readonly Column[]): ColumnRoles {
  const notes: string[] = [];
  const numbers = columns.filter(({ kind }) => kind !== 'text');
  const texts = columns.filter(({ kind }) => kind === 'text');
  if (numbers.length === 0)
    throw new FormatError(file, 'holds texts and no numbers.', 'Is it the right file?');
  for (const { name } of texts) notes.push(`the column "${name}" holds texts; it is left out`);
  const counted = withoutCounts(numbers, notes);
  const { labels, others } = apart(counted, notes);
  const { time, timeProblem, rest } = takeTime(others, notes);
  const signals = rest.map((column): SignalColumn => {
    const bad = rest.length > 1 || time ? judged(column) : undefined;
    return { column, ...(bad === undefined ? {} : { bad }) };
  });
  const counters = [
    ...numbers.filter((column) => !counted.includes(column)),
    ...signals.flatMap(({ column, bad }) => (COUNTS_ROWS.some((why) => why === bad) ? [column] : [])),
  ].map(({ name }) => name);
  return { time, timeProblem, signals, counters, labels, notes };
}

/** What is called after a kind of signal is one, whatever its values look like: a test signal may be a ramp. */
function judged({ name, values }: Column): string | undefined {
  const { label, unit } = labelAndUnit(name);
  if (modalityOf(label) === undefined && !isVoltage(unit)) return notASignal(values);
  // "ECG_R_Peaks" is called after a signal as well.
  return isFlag(values) ? FLAGS : undefined;
}

const NAMES_COUNTER =
  /(^|[^a-z])(counter|count|packet|sequence|seq|nseq|frame|sample ?(index|number|num|no|id|count(er)?)|index|idx)([^a-z]|$)|^unnamed/i;

/** Data frames are saved with their row numbers as a first column, mostly without a name; devices count their packets. */
function withoutCounts(columns: readonly Column[], notes: string[]): readonly Column[] {
  const [first] = columns;
  return columns.filter((column) => {
    const { name, kind, isNamed, values } = column;
    if (columns.length < 2 || kind !== 'number') return true;
    if (column === first && (!isNamed || namesCount(name)) && countsRows(values)) {
      notes.push('the first column counts the rows; it is left out');
      return false;
    }
    const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
    const names = isNamed && (namesCount(name) || NAMES_COUNTER.test(words));
    if (
      !names ||
      !isCounter(
        values.filter((value) => !Number.isNaN(value)),
        true,
      )
    )
      return true;
    notes.push(`the column "${name}" counts rows or packets; it is left out`);
    return false;
  });
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

interface Taken {
  time: Float64Array | undefined;
  timeProblem: ColumnRoles['timeProblem'];
  /** Columns that hold no times. */
  rest: readonly Column[];
}

/** The columns of times, by name or by look, and of them the one whose rows come most evenly; in seconds. */
function takeTime(columns: readonly Column[], notes: string[]): Taken {
  const candidates = columns.filter((column, i) => isTime(column, i, columns));
  const rest = columns.filter((column) => !candidates.includes(column));
  const judged = candidates.flatMap((column) => (column.values.length < 2 ? [] : [secondsOf(column)]));
  const best = judged.sort((a, b) => a.rank - b.rank)[0];
  if (!best) return { time: undefined, timeProblem: undefined, rest };
  for (const { name } of candidates)
    if (name !== best.column.name)
      notes.push(`the column "${name}" holds times; "${best.column.name}" is used, "${name}" is left out`);
  if ('problem' in best) return { time: undefined, timeProblem: best, rest };
  if (best.note) notes.push(best.note);
  return { time: best.time, timeProblem: undefined, rest };
}

function isTime(column: Column, index: number, columns: readonly Column[]): boolean {
  const { isNamed, name, kind, values } = column;
  if (kind === 'date') return true;
  if (isNamed && namesTime(name)) return true;
  if (columns.length < 2) return false;
  if (isNamed && speaksOfTime(name)) return isRising(values);
  if (isNamed && modalityOf(labelAndUnit(name).label) !== undefined) return false;
  // Points in time are recognised by their size, whatever the column is called.
  if (isRising(values) && epochUnit(values[0] as number, typicalStep(values).step) !== undefined) return true;
  return index === 0 && !isNamed && looksLikeTime(values);
}

/** Never falls, and moves. */
function isRising(values: Float64Array): boolean {
  const [first, last] = [values[0] as number, values.at(-1) as number];
  return last > first && values.every((value, i) => i === 0 || value >= (values[i - 1] as number));
}

type Judged = { column: Column; rank: number } & (
  | { time: Float64Array; note?: string }
  | { problem: string; fix: string }
);

/** Even times come first, then others that rise, bursts, those without a clear unit, and what does not rise. */
function secondsOf(column: Column): Judged {
  if (column.kind === 'date') {
    const time = overMidnight(column.values);
    return { column, time, rank: rankOf(time) };
  }
  const { values, isNamed, name } = column;
  const { step } = typicalStep(values);
  if (!(step > 0)) return { column, time: values.slice(), rank: rankOf(values) };
  const verdict = unitOfTimes(isNamed ? name : undefined, values[0] as number, step);
  if ('problem' in verdict) return { column, rank: 3, ...verdict };
  const { unit, isDeclared, note } = verdict;
  const first = values[0] as number;
  // From the first one, so that points in time keep their digits.
  const time = values.map((value) => (value - first) * unit.seconds);
  const looks = isNamed ? note : `the first column, which has no name, is taken for times in ${unit.name}`;
  return {
    column,
    time,
    rank: rankOf(time) + (isDeclared || isNamed ? 0 : 0.5),
    ...(looks && { note: looks }),
  };
}

function rankOf(time: Float64Array): number {
  if (!isRising(time)) return 4;
  if (typicalStep(time).isBursty) return 2;
  const [first, last] = [time[0] as number, time.at(-1) as number];
  const step = (last - first) / (time.length - 1);
  return time.every((value, i) => Math.abs(value - first - i * step) <= 0.5 * step) ? 0 : 1;
}

/** Times of day begin again at midnight. */
function overMidnight(seconds: Float64Array): Float64Array {
  let day = 0;
  return seconds.map((time, i) => {
    if (i > 0 && (seconds[i - 1] as number) - time > 43_200) day += 86_400;
    return time + day;
  });
}
