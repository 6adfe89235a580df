import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { ChannelInfo, Recording } from '../../recording.ts';
import { type ByteSource, decodeText } from '../../source/bytes.ts';
import type { Format, OpenOptions } from '../format.ts';
import { parseDateTime } from './date-time.ts';
import { parseField, parseTable, splitRow, type TextTable } from './delimited.ts';
import { countsRows, evenRows, looksLikeTime, namesCount, namesTime, timeUnit } from './time-axis.ts';

export type CsvOptions = Pick<OpenOptions, 'rate' | 'delimiter' | 'decimalComma'>;

export const text: Format = {
  name: 'text',
  endings: ['csv', 'tsv', 'txt'],
  open: async (entry, _, options) => openCsv(await entry.open(), options),
};

const MAXIMUM_BYTES = 1 << 29;
const MAXIMUM_COLUMNS = 512;

/** What one column holds. */
interface Column {
  /** From the header or a comment, else its number. */
  name: string;
  isNamed: boolean;
  values: Float64Array;
  /** The fields were date-times; the values are seconds since the first one's day. */
  isDate: boolean;
}

/**
 * Opens a table of numbers in text: one row a sample, one column a channel. The rate comes from a column of times
 * (seconds, milliseconds or ISO 8601 date-times), from a comment such as "# Sampling Rate (Hz):= 1000", or from the
 * options. Empty fields and words such as NaN are missing samples; a first column that counts the rows is left out.
 * One long row is taken as one channel. Throws a FormatError that names the line or what is missing.
 */
export async function openCsv(source: ByteSource, options: CsvOptions = {}): Promise<Recording> {
  const file = source.name;
  if (source.size > MAXIMUM_BYTES) {
    throw new FormatError(
      file,
      `is ${Math.round(source.size / 1e6)} MB of text, more than the ${MAXIMUM_BYTES / (1 << 20)} MB that are read at once.`,
      'Split it, or convert it to EDF.',
    );
  }
  const table = parseTable(decodeText(await source.read(0, source.size)), options);
  const notes: string[] = [];
  const { time, signals } = takeTime(withoutCount(readColumns(table, file), notes), notes);
  const even =
    time &&
    evenRows(
      file,
      time,
      signals.map(({ values }) => values),
    );
  notes.push(...(even?.notes ?? []));
  const columns = even?.columns ?? signals.map(({ values }) => values);
  const rate = even?.rate ?? rateInComments(table.comments) ?? options.rate;
  if (rate === undefined) {
    throw new FormatError(
      file,
      'has no column of times, and nothing else says its sampling rate.',
      'Give it (--rate HZ), or name its time column "time".',
    );
  }
  if (!(rate > 0))
    throw new FormatError(file, `cannot have a rate of ${rate} Hz.`, 'Give a positive number.');
  if (columns.length === 0) throw new FormatError(file, 'has no column beside the times.', 'Add the signal.');

  const channels = signals.map(
    ({ name }, i): ChannelInfo => ({ ...labelAndUnit(name), rate, length: columns[i]?.length ?? 0 }),
  );
  const modality = modalityOfAll(channels.map(({ label }) => label));
  return {
    name: file,
    format: 'text',
    ...(modality ? { modality } : {}),
    channels,
    gaps: [],
    notes,
    read: async (asked, start, count) => {
      requireRange(file, channels, asked, start, count);
      return asked.map((index) => (columns[index] as Float64Array).slice(start, start + count));
    },
  };
}

/** All columns as numbers. */
function readColumns(table: TextTable, file: string): Column[] {
  const { rows, delimiter, decimalComma, header, firstLine } = table;
  if (rows.length === 0) throw new FormatError(file, 'holds no rows of numbers.', 'Is it the right file?');
  const fields = splitRow(rows[0] as string, delimiter);
  const numberAt = (field: string, row: number, column: number): number => {
    const value = parseField(field, decimalComma);
    if (value !== undefined) return value;
    throw new FormatError(
      file,
      `holds the text "${field.slice(0, 40)}" in column ${header?.[column] ?? column + 1}, where a number is needed.`,
      'Remove the column or mend the field.',
      { line: firstLine + row },
    );
  };
  if (rows.length === 1 && fields.length > 1 && !header) {
    // The whole signal in one row.
    const values = Float64Array.from(fields, (field, i) => numberAt(field, 0, i));
    return [{ name: '1', isNamed: false, values, isDate: false }];
  }
  const width =
    trailing(fields) && fields.length > 1 && !header ? fields.length - 1 : (header ?? fields).length;
  if (width > MAXIMUM_COLUMNS) {
    throw new FormatError(
      file,
      `has ${width} columns: it looks like a table of one window a row, not like a recording.`,
      'A recording has one row a sample and one column a channel.',
    );
  }
  const labels = labelsInComments(table.comments);
  const columns = Array.from({ length: width }, (_, c): Column => {
    const heading = header?.[c] || labels[c];
    return {
      name: heading || String(c + 1),
      isNamed: Boolean(heading),
      values: new Float64Array(rows.length).fill(Number.NaN),
      isDate: parseDateTime(fields[c] ?? '') !== undefined,
    };
  });
  const days = fields.map((field) => parseDateTime(field)?.day ?? 0);
  const timeAt = (field: string, row: number, column: number): number => {
    const time = parseDateTime(field);
    return time ? 86_400 * (time.day - (days[column] ?? 0)) + time.seconds : numberAt(field, row, column);
  };
  rows.forEach((row, r) => {
    const values = splitRow(row, delimiter);
    if (values.length > width && !values.slice(width).every((field) => field === '')) {
      throw new FormatError(
        file,
        `has ${values.length} fields where ${width} are expected.`,
        'Mend the line.',
        { line: firstLine + r },
      );
    }
    // A short row lacks its last values, unless it is so short that the file is broken.
    if (values.length < width && values.length < width - 1) {
      throw new FormatError(
        file,
        `has ${values.length} fields where ${width} are expected.`,
        'Mend the line.',
        { line: firstLine + r },
      );
    }
    for (let c = 0; c < Math.min(width, values.length); c++) {
      const column = columns[c] as Column;
      column.values[r] = (column.isDate ? timeAt : numberAt)(values[c] as string, r, c);
    }
  });
  return columns;
}

/** Data frames are saved with their row numbers as a first column, mostly without a name. It is no signal. */
function withoutCount(columns: readonly Column[], notes: string[]): readonly Column[] {
  const [first, ...rest] = columns;
  if (!first || rest.length === 0 || (first.isNamed && !namesCount(first.name))) return columns;
  if (first.isDate || !countsRows(first.values)) return columns;
  notes.push('the first column counts the rows; it is left out');
  return rest;
}

/** Finds the column of times, if there is one, by its name or by its look; in seconds. */
function takeTime(
  columns: readonly Column[],
  notes: string[],
): { time: Float64Array | undefined; signals: readonly Column[] } {
  const [first] = columns;
  const named = columns.find(({ isNamed, name }) => isNamed && namesTime(name));
  const looks =
    first && !first.isNamed && columns.length > 1 && looksLikeTime(first.values) ? first : undefined;
  const column = named ?? columns.find(({ isDate }) => isDate) ?? looks;
  const signals = columns.filter((other) => other !== column && !other.isDate);
  if (!column || column.values.length < 2)
    return { time: undefined, signals: columns.filter(({ isDate }) => !isDate) };
  const unit = column.isDate ? 1 : timeUnit(column.isNamed ? column.name : undefined, column.values);
  if (column === looks && !named)
    notes.push(`the first column, which has no name, is taken for times in ${unit === 1 ? 's' : 'ms'}`);
  return { time: column.values.map((time) => time * unit), signals };
}

function rateInComments(comments: readonly string[]): number | undefined {
  for (const comment of comments) {
    const match = /(?:sampl\w*[\s_-]*(?:rate|freq\w*)|\bfs\b)[^\d]*(\d+(?:\.\d+)?)/i.exec(comment);
    if (match) return Number(match[1]);
  }
  return undefined;
}

function labelsInComments(comments: readonly string[]): string[] {
  for (const comment of comments) {
    const match = /^(?:labels?|channels?|columns?)\s*[:=]+\s*(.+)$/i.exec(comment);
    if (match) return (match[1] as string).split(/[,;\t]/).map((label) => label.trim());
  }
  return [];
}

/** "Fp1 (uV)" and "ECG [mV]" name their unit. */
function labelAndUnit(name: string): { label: string; unit: string } {
  const match = /^(.*\S)\s*[([]\s*([^()[\]]{1,8}?)\s*[)\]]$/.exec(name);
  return match ? { label: match[1] as string, unit: match[2] as string } : { label: name, unit: '' };
}

/** Does the row end in a delimiter that closes it rather than opens an empty field? */
function trailing(fields: readonly string[]): boolean {
  return fields.at(-1) === '';
}
