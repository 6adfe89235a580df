import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { Annotation, ChannelInfo, Recording } from '../../recording.ts';
import type { ByteSource } from '../../source/bytes.ts';
import type { Format, OpenOptions } from '../format.ts';
import type { Column } from './column.ts';
import { isNumberedLabels, stateAnnotations } from './states.ts';
import { readTable } from './table.ts';
import { countsRows, evenRows, looksLikeTime, namesCount, namesTime, timeUnit } from './time-axis.ts';

export type CsvOptions = Pick<OpenOptions, 'rate' | 'delimiter' | 'decimalComma'>;

export const text: Format = {
  name: 'text',
  endings: ['csv', 'tsv', 'txt'],
  open: async (entry, _, options) => openCsv(await entry.open(), options),
};

const MAXIMUM_BYTES = 1 << 29;
/** A column of so many whole numbers that only rise is no signal. */
const LONGEST_RISE = 32;

/**
 * Opens a table of numbers in text: one row a sample, one column a channel. The rate comes from a column of times
 * (seconds, milliseconds or ISO 8601 date-times), from a comment such as "# Sampling Rate (Hz):= 1000", or from the
 * options. Empty fields and words such as NaN are missing samples; a first column that counts the rows is left out, and
 * columns of labels become annotations. Pauses in the times become gaps. One long row is taken as one channel. Only the
 * numbers stay in memory. Throws a FormatError that names the line or what is missing.
 */
export async function openCsv(source: ByteSource, options: CsvOptions = {}): Promise<Recording> {
  if (source.size > MAXIMUM_BYTES) {
    throw new FormatError(
      source.name,
      `is ${Math.round(source.size / 1e6)} MB of text, more than the ${MAXIMUM_BYTES / (1 << 20)} MB that are read.`,
      'Split it, or convert it to EDF or NPY, which are read by seeking.',
      { found: source.size, expected: `at most ${MAXIMUM_BYTES} bytes` },
    );
  }
  const table = await readTable(source, options);
  const notes: string[] = [];
  const { labels, others } = apart(withoutCount(table.columns, notes), notes);
  const { time, signals } = takeTime(others, notes);
  return recordingOfColumns(source.name, 'text', { time, signals, labels, notes }, [
    rateInComments(table.comments),
    options.rate,
  ]);
}

export interface TakenColumns {
  /** Seconds of each row. */
  time: Float64Array | undefined;
  signals: readonly Column[];
  labels: readonly Column[];
  notes: string[];
}

/** A recording of columns of numbers that are in memory; the first of `rates` that is there holds where no times do. */
export function recordingOfColumns(
  file: string,
  format: string,
  { time, signals, labels, notes }: TakenColumns,
  rates: readonly (number | undefined)[],
): Recording {
  if (signals.length === 0) throw new FormatError(file, 'has no column beside the times.', 'Add the signal.');
  refusePositions(file, signals, time);
  const values = signals.map((column) => column.values);
  const even = time && evenRows(file, time, values);
  const columns = even?.columns ?? values;
  const rate = even?.rate ?? rates.find((told) => told !== undefined);
  if (rate === undefined) {
    throw new FormatError(
      file,
      'has no column of times, and nothing else says its sampling rate.',
      'Give it (--rate HZ), or name its time column "time".',
      { field: 'rate' },
    );
  }
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new FormatError(file, `cannot have a rate of ${rate} Hz.`, 'Give a positive number.');
  const channels = signals.map(
    ({ name }, i): ChannelInfo => ({ ...labelAndUnit(name), rate, length: columns[i]?.length ?? 0 }),
  );
  const modality = modalityOfAll(channels.map(({ label }) => label));
  const rows = values[0]?.length ?? 0;
  const secondsAt = (row: number) =>
    time
      ? (row < rows ? (time[row] as number) : (time[rows - 1] as number) + 1 / rate) - (time[0] as number)
      : row / rate;
  return {
    name: file,
    format,
    ...(modality ? { modality } : {}),
    channels,
    gaps: even?.gaps ?? [],
    notes: [...notes, ...(even?.notes ?? [])],
    read: async (asked, start, count) => {
      requireRange(file, channels, asked, start, count);
      return asked.map((index) => (columns[index] as Float64Array).slice(start, start + count));
    },
    ...(labels.length > 0 ? { annotations: async () => annotationsOf(labels, secondsAt) } : {}),
  };
}

function annotationsOf(labels: readonly Column[], secondsAt: (row: number) => number): Annotation[] {
  const found = labels.flatMap(({ values, kind, name, labels: texts }) =>
    stateAnnotations(
      values,
      (value) => (kind === 'label' ? (texts[value] as string) : `${name}=${value}`),
      secondsAt,
    ),
  );
  return found.sort((a, b) => a.onset - b.onset);
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

/** One column of sample numbers, of beats for example, is a list of positions. */
function refusePositions(file: string, signals: readonly Column[], time: Float64Array | undefined): void {
  const [only] = signals;
  if (time || signals.length !== 1 || !only || only.values.length < LONGEST_RISE) return;
  const { values } = only;
  if (!values.every((value, i) => Number.isInteger(value) && (i === 0 || value > (values[i - 1] as number))))
    return;
  throw new FormatError(
    file,
    'holds one column of whole numbers that only rise, as positions of beats or events do, and no signal does.',
    'Give the file with the signal.',
    { found: `${values[0]}, ${values[1]}, ${values[2]}, ...` },
  );
}

function rateInComments(comments: readonly string[]): number | undefined {
  for (const comment of comments) {
    const match = /(?:sampl\w*[\s_-]*(?:rate|freq\w*)|\bfs\b)[^\d]*(\d+(?:\.\d+)?)/i.exec(comment);
    if (match) return Number(match[1]);
  }
  return undefined;
}

/** "Fp1 (uV)" and "ECG [mV]" name their unit. */
function labelAndUnit(name: string): { label: string; unit: string } {
  const match = /^(.*\S)\s*[([]\s*([^()[\]]{1,8}?)\s*[)\]]$/.exec(name);
  return match ? { label: match[1] as string, unit: match[2] as string } : { label: name, unit: '' };
}
