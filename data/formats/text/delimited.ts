/** Tables of numbers in text: which character separates the fields, which row is a header, what each field says. */
import type { OpenOptions } from '../format.ts';
import { parseDateTime } from './date-time.ts';
import { type MarksSeen, marksSeen, parseField } from './numbers.ts';

export { parseField };

export type Delimiter = NonNullable<OpenOptions['delimiter']>;

export interface Dialect {
  delimiter: Delimiter;
  decimalComma: boolean;
  /** Column names, if there are any, with the units of a row of their own in brackets. */
  header: string[] | undefined;
  /** Rows before the numbers: what was said before the table, names and units. */
  headerRows: number;
  /** The first of them, which are no part of the table. */
  preamble: readonly string[];
  /** What cannot be read in one way: fields that contradict each other, or that could be either. */
  doubt?: MarksSeen;
  /** A row that may be one number with a decimal comma, or two whole ones. */
  pair?: string;
}

/** Rows that are looked at to find out how a file is written. */
export const SNIFFED_ROWS = 50;
/** Rows of names, units and the like that a table has at most. */
const MOST_HEADER_ROWS = 4;

/** Finds out from its first rows how a table is written. */
export function dialectOf(
  sample: readonly string[],
  wished: { delimiter?: Delimiter; decimalComma?: boolean },
): Dialect {
  const declared = delimiterLine(sample[0] ?? '');
  const one = (wished.delimiter ?? declared) ? undefined : decimalColumn(sample);
  const delimiter = wished.delimiter ?? declared ?? (one === true ? ';' : sniff(sample));
  const rows = sample.map((row) => splitRow(row, delimiter));
  const { start, width } = dataStart(rows);
  // Names above columns that are parted by spaces may have a space themselves: "Elapsed time   MLII".
  if (delimiter === ' ')
    for (let row = 0; row < start; row++) {
      const wide = (sample[row] as string).trim().split(/\s{2,}|\t/);
      if (rows[row]?.length !== width && wide.length === width) rows[row] = wide;
    }
  const body = start < rows.length ? rows.slice(start) : rows;
  const marks = marksSeen(body.flat());
  const decimalComma = wished.decimalComma ?? takesComma(marks);
  const doubt = {
    ...(wished.decimalComma === undefined && isDoubtful(marks) && { doubt: marks }),
    ...(wished.decimalComma === undefined && typeof one === 'string' && { pair: one }),
  };
  if (start === 0)
    return { delimiter, decimalComma, header: undefined, headerRows: 0, preamble: [], ...doubt };
  const first = headerStart(rows, start, width);
  const preamble = sample.slice(0, first).filter((row) => delimiterLine(row) === undefined);
  const header = first === start ? undefined : namesOf(rows.slice(first, start));
  return { delimiter, decimalComma, header, headerRows: start, preamble, ...doubt };
}

/** `sep=;` gives Excel the delimiter. */
export function delimiterLine(row: string): Delimiter | undefined {
  const mark = /^"?sep=(;|,|\t|\\t| )"?\s*$/i.exec(row)?.[1];
  return mark === '\\t' ? '\t' : (mark as Delimiter | undefined);
}

function takesComma({ comma, point, either, small }: MarksSeen): boolean {
  if (comma !== undefined || point !== undefined) return comma !== undefined && point === undefined;
  // "1,234" alone is a decimal comma in most tables, but not beside "977".
  return either !== undefined && small === undefined;
}

function isDoubtful({ comma, point, either, small }: MarksSeen): boolean {
  if (comma !== undefined && point !== undefined) return true;
  return comma === undefined && point === undefined && either !== undefined && small === undefined;
}

/** Where the rows of numbers begin, and how many fields they have. */
function dataStart(rows: readonly (readonly string[])[]): { start: number; width: number } {
  const width = modal(rows.map((row) => row.length));
  const isNumber = (field: string) => field !== '' && !isText(field);
  const numeric = Array.from({ length: width }, (_, c) =>
    rows.some((row, r) => r > 0 && row.length === width && isNumber(row[c] as string)),
  );
  const isData = (row: readonly string[]) =>
    Math.abs(row.length - width) <= 1 && !numeric.some((is, c) => is && isText(row[c] ?? ''));
  // A row with a number where numbers are is one of data, or a broken one of them, unless it says what the number is.
  const isBroken = (row: readonly string[]) =>
    row.length === width &&
    !/[:=]$/.test(row[0] ?? '') &&
    numeric.some((is, c) => is && isNumber(row[c] ?? ''));
  const first = rows[0] ?? [];
  // A row of texts alone is a header even where the columns below it hold texts.
  const hasNumbers = first.some(isNumber) && !isCounted(first.filter(isNumber));
  if (!first.some(isText) || (isData(first) && hasNumbers)) return { start: 0, width };
  const from = rows.findIndex(
    (row, r) => r > 0 && ((isData(row) && row.some((field) => !isText(field))) || isBroken(row)),
  );
  if (from < 0) return { start: 1, width };
  return { start: isSampleCounts(rows, from) ? from + 1 : from, width };
}

/** Channels or samples that are called 0, 1, 2, ... */
function isCounted(names: readonly string[]): boolean {
  return names.every((name, i) => Number(name) === Number(names[0]) + i);
}

/** AcqKnowledge writes how many samples each channel has below its names. */
function isSampleCounts(rows: readonly (readonly string[])[], at: number): boolean {
  const counts = (rows[at] ?? []).filter((field) => field !== '');
  const isWhole = counts.length > 0 && counts.every((field) => /^\d+$/.test(field) && field === counts[0]);
  return isWhole && rows.slice(0, at).some(([first = '']) => /^\d+ channels?$/i.test(first));
}

/** The first of the rows of names above row `start`; what comes before them is no part of the table. */
function headerStart(rows: readonly (readonly string[])[], start: number, width: number): number {
  const isPair = (row: readonly string[]) => {
    const fields = row.filter((field) => field !== '');
    // A line of one field may be "Unit,mV" in a table whose commas are decimal marks.
    if (width === 1 && fields.length === 1 && /^[^,]+,[^,]+$/.test(fields[0] as string)) return true;
    return (
      /[:=]$/.test(row[0] ?? '') ||
      2 * fields.filter((field) => /^(?!hh?:mm)[^:=]+[:=]/i.test(field)).length >= fields.length
    );
  };
  const isOpen = rows.slice(start).every((row) => row.length === width && row.at(-1) === '');
  const fits = (row: readonly string[]) => row.length === width || (isOpen && row.length === width - 1);
  let first = start;
  // Below the names AcqKnowledge says how many samples there are.
  if (first > 1 && !rows[first - 1]?.some(isText)) first--;
  const below = first;
  // A name and a unit of each channel, which are no columns.
  const counted = rows.slice(0, start).findIndex(([text = '']) => /^\d+ channels?$/i.test(text));
  const listed = counted < 0 ? 0 : counted + 1 + 2 * Number.parseInt(rows[counted]?.[0] as string, 10);
  while (first > Math.min(listed, below) && below - first < MOST_HEADER_ROWS) {
    const row = rows[first - 1] as readonly string[];
    const isTexts = row.every((field) => field === '' || isText(field)) && row.some((field) => field !== '');
    const isNames = first === below ? row.some((field) => isText(field)) : isTexts;
    const isOnly = start === 1 && row.length > 1 && !(isPair(row) && row.length !== width);
    if (!isNames || !(fits(row) || isOnly) || (isPair(row) && (start > 1 || /[:=]$/.test(row[0] as string))))
      break;
    first--;
  }
  // A table without a row of names that fits has the one that it has, and the rows below say that it does not fit.
  if (first === below && start === 1 && listed === 0 && !isPair(rows[0] as string[])) return 0;
  return first === below ? start : first;
}

const FORMATS = /^(raw|cal|uncal|calibrated|uncalibrated)?$/i;

/** Names from up to four rows: of a device, of the columns, of their calibration, of their units. */
function namesOf(rows: readonly (readonly string[])[]): string[] {
  const isDevice = (row: readonly string[]) => rows.length > 1 && row.length > 1 && new Set(row).size === 1;
  const kept = rows.filter((row) => !row.every((field) => FORMATS.test(field)) && !isDevice(row));
  const [names = rows[0] as readonly string[], units] = kept;
  return names.map((name, i) => {
    const unit = units?.[i]?.replace(/^[([]\s*(.*?)\s*[)\]]$/, '$1');
    return unit ? `${name} (${unit})` : name;
  });
}

function modal(counts: readonly number[]): number {
  const votes = new Map<number, number>();
  for (const count of counts) votes.set(count, (votes.get(count) ?? 0) + 1);
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 1;
}

/** The text of a comment line, without its mark; undefined for other lines. */
export function commentOf(line: string): string | undefined {
  const bare = line.trim();
  return /^[#%]/.test(bare) ? bare.slice(1).trim() : undefined;
}

/**
 * The delimiter that splits the sample into the same number of fields everywhere, all of them numbers below the first
 * row if any delimiter can do that ("1,5 2,5" has commas at even places too); a comma beats a space. What is said before a
 * table splits otherwise: then the last half of the sample counts.
 */
function sniff(sample: readonly string[]): Delimiter {
  return sniffed(sample) ?? sniffed(sample.slice(sample.length >> 1)) ?? ',';
}

function sniffed(sample: readonly string[]): Delimiter | undefined {
  const candidates = (['\t', ';', ',', ' '] as const).filter((delimiter) => {
    // Remarks may stand behind the last column.
    const counts = sample.map((row) => splitRow(row, delimiter).filter((field) => !/^#/.test(field)).length);
    return counts.length > 0 && (counts[0] as number) > 1 && counts.every((count) => count === counts[0]);
  });
  const numeric = candidates.find((delimiter) =>
    (sample.length > 1 ? sample.slice(1) : sample).every((row) =>
      splitRow(row, delimiter).every((field) => !isText(field)),
    ),
  );
  return numeric ?? candidates.find((delimiter) => delimiter !== ' ');
}

/** Rows of one column that are looked at before commas in them may be decimal ones. */
const FEWEST_DECIMALS = 4;

/**
 * Is this one column of numbers with decimal commas ("0,045"), rather than two columns of whole numbers? No whole number
 * begins with a 0 that is not alone, and a header of one name has one column. A row of those that nothing decides.
 */
function decimalColumn(sample: readonly string[]): boolean | string {
  const isOne = (row: string) =>
    /^"?[+\u2212-]?\d+,\d+"?$/.test(row.trim()) ||
    (!/\s/.test(row.trim()) && parseField(row.trim(), false) !== undefined);
  const from = sample.findIndex((row) => isOne(row) && row.includes(','));
  const rows = from < 0 ? [] : sample.slice(from).map((row) => row.trim());
  if (!rows.every(isOne)) return false;
  const decimals = rows.filter((row) => row.includes(','));
  if (decimals.some((row) => row.startsWith('"'))) return true;
  const above = from > 0 ? (sample[from - 1] as string) : undefined;
  if (above !== undefined && !/[,;\t]/.test(above)) return true;
  if (from > 0 && splitRow(above as string, ',').length === 2 && !/[:=]|rate|unit/i.test(above as string))
    return false;
  const isFraction = decimals.some((row) => /,0\d/.test(row) || /^[\u2212-]0,/.test(row));
  if ((isFraction || decimals.every((row) => /^0,/.test(row))) && decimals.length >= FEWEST_DECIMALS)
    return true;
  return looksLikeDecimals(decimals) ? (decimals[0] as string) : false;
}

/** Rows that are looked at, and how far what is behind the comma moves, as parts of one. */
const [FEWEST_UNCLEAR, UNCLEAR_RANGE, UNCLEAR_STEP] = [8, 0.7, 0.15];

/**
 * Does one digit behind each comma jump about all over its range, as decimals do and a second signal hardly ever does? Of two
 * digits some would begin with a 0.
 */
function looksLikeDecimals(rows: readonly string[]): boolean {
  const parts = rows.map((row) => row.slice(row.indexOf(',') + 1));
  if (rows.length < FEWEST_UNCLEAR || parts.some((digits) => digits.length > 1)) return false;
  const values = parts.map((digits) => Number(digits) / 10);
  const steps = values.slice(1).map((value, i) => Math.abs(value - (values[i] as number)));
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  return Math.max(...values) - Math.min(...values) >= UNCLEAR_RANGE && mean >= UNCLEAR_STEP;
}

/** The fields of a row, trimmed, without the quotes around them. */
export function splitRow(row: string, delimiter: Delimiter): string[] {
  if (!row.includes('"')) {
    const fields = delimiter === ' ' ? row.trim().split(/\s+/) : row.split(delimiter);
    return row.includes("'") ? fields.map(unquote) : fields.map((field) => field.trim());
  }
  const isDelimiter = delimiter === ' ' ? (letter: string) => /\s/.test(letter) : undefined;
  const text = isDelimiter ? row.trim() : row;
  const fields: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i <= text.length; i++) {
    const letter = text[i];
    if (letter === '"') quoted = !quoted;
    const isEnd = letter === undefined || (!quoted && (isDelimiter?.(letter) ?? letter === delimiter));
    if (!isEnd) continue;
    // Several spaces are one.
    if (!isDelimiter || i > start) fields.push(unquote(text.slice(start, i)));
    start = i + 1;
  }
  return fields;
}

export function unquote(field: string): string {
  const bare = field.trim();
  const [quote] = bare;
  if (bare.length < 2 || (quote !== '"' && quote !== "'") || !bare.endsWith(quote)) return bare;
  return bare
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .trim();
}

/** Is this no number, in neither notation, and no time? */
export function isText(field: string): boolean {
  return (
    parseField(field, false) === undefined &&
    parseField(field, true) === undefined &&
    parseDateTime(field) === undefined
  );
}
