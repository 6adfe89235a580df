import { modalityOfAll, requireRange } from '../channels.ts';
import { FormatError } from '../errors.ts';
import type { ChannelInfo, Recording } from '../recording.ts';
import { type ByteSource, decodeText } from '../source/bytes.ts';
import { type Delimiter, parseField, parseTable, splitRow, type TextTable } from './delimited.ts';
import { evenRows, looksLikeTime, namesTime, timeUnit } from './time-axis.ts';

export interface CsvOptions {
  /** Samples a second, for files that do not say so themselves. A time column in the file wins. */
  rate?: number;
  /** What separates the fields; found out if not given. */
  delimiter?: Delimiter;
  /** 3,14 instead of 3.14; found out if not given. */
  decimalComma?: boolean;
}

const MAXIMUM_BYTES = 1 << 29;
const MAXIMUM_COLUMNS = 512;

/**
 * Opens a table of numbers in text: one row a sample, one column a channel. The rate comes from a column of times
 * (seconds or milliseconds), from a comment such as "# Sampling Rate (Hz):= 1000", or from the options. Empty fields
 * and words such as NaN are missing samples. One long row is taken as one channel. Throws a FormatError that names
 * the line or what is missing.
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
  const { names, columns } = readColumns(table, file);
  const notes: string[] = [];
  const timed = takeTime(table, names, columns, file, notes);
  const rate = timed ?? rateInComments(table.comments) ?? options.rate;
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

  const channels = names.map(
    (name, i): ChannelInfo => ({ ...labelAndUnit(name), rate, length: columns[i]?.length ?? 0 }),
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

/** All columns as numbers, with a name each. */
function readColumns(table: TextTable, file: string): { names: string[]; columns: Float64Array[] } {
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
      `line ${firstLine + row}`,
    );
  };
  if (rows.length === 1 && fields.length > 1 && !header) {
    // The whole signal in one row.
    return { names: ['1'], columns: [Float64Array.from(fields, (field, i) => numberAt(field, 0, i))] };
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
  const columns = Array.from({ length: width }, () => new Float64Array(rows.length).fill(Number.NaN));
  rows.forEach((row, r) => {
    const values = splitRow(row, delimiter);
    if (values.length > width && !values.slice(width).every((field) => field === '')) {
      throw new FormatError(
        file,
        `has ${values.length} fields where ${width} are expected.`,
        'Mend the line.',
        `line ${firstLine + r}`,
      );
    }
    // A short row lacks its last values, unless it is so short that the file is broken.
    if (values.length < width && values.length < width - 1) {
      throw new FormatError(
        file,
        `has ${values.length} fields where ${width} are expected.`,
        'Mend the line.',
        `line ${firstLine + r}`,
      );
    }
    for (let c = 0; c < Math.min(width, values.length); c++) {
      (columns[c] as Float64Array)[r] = numberAt(values[c] as string, r, c);
    }
  });
  const names = Array.from(
    { length: width },
    (_, c) => header?.[c] || labelsInComments(table.comments)[c] || String(c + 1),
  );
  return { names, columns };
}

/** Removes the column of times, if there is one, puts the others on an even grid, and returns the rate. */
function takeTime(
  table: TextTable,
  names: string[],
  columns: Float64Array[],
  file: string,
  notes: string[],
): number | undefined {
  const named = table.header ? names.findIndex(namesTime) : -1;
  const unnamed = !table.header && columns.length > 1 && looksLikeTime(columns[0] as Float64Array) ? 0 : -1;
  const index = named >= 0 ? named : unnamed;
  const times = columns[index];
  if (!times || times.length < 2) return undefined;
  const unit = timeUnit(table.header?.[index], times);
  names.splice(index, 1);
  columns.splice(index, 1);
  const even = evenRows(
    file,
    times.map((time) => time * unit),
    columns,
  );
  columns.splice(0, columns.length, ...even.columns);
  notes.push(...even.notes);
  return even.rate;
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
