/** Tables of numbers in text: which character separates the fields, which row is a header, what each field says. */
import { parseDateTime } from './date-time.ts';

export type Delimiter = ',' | ';' | '\t' | ' ';

export interface TextTable {
  delimiter: Delimiter;
  decimalComma: boolean;
  /** Column names, if the first row has any. */
  header: string[] | undefined;
  /** Comment lines, without their #. */
  comments: string[];
  /** Lines of data, not taken apart yet: a long file would otherwise fill the memory with small strings. */
  rows: string[];
  /** Line number, from 1, of the first row. */
  firstLine: number;
}

const MISSING = /^(|na|n\/a|nan|null|none|nil|-|--|\?|\.|missing|inf|-inf|infinity|-infinity)$/i;
const SNIFFED_ROWS = 50;

/** Splits text into comments, header and rows, and finds out how its fields are separated. */
export function parseTable(
  text: string,
  wished: { delimiter?: Delimiter; decimalComma?: boolean } = {},
): TextTable {
  const comments: string[] = [];
  const rows: string[] = [];
  let firstLine = 0;
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .forEach((line, index) => {
      const bare = line.trim();
      if (/^[#%]/.test(bare)) comments.push(bare.slice(1).trim());
      // A line of spaces or tabs alone is empty; a line of `,,` is a row of missing values.
      else if (bare !== '') {
        if (rows.length === 0) firstLine = index + 1;
        rows.push(line);
      }
    });
  const sample = rows.slice(0, SNIFFED_ROWS);
  const delimiter = wished.delimiter ?? sniff(sample);
  const decimalComma =
    wished.decimalComma ??
    (delimiter !== ',' &&
      sample.some((row) => splitRow(row, delimiter).some((field) => /^[+-]?\d+,\d+$/.test(field))));
  const table: TextTable = { delimiter, decimalComma, header: undefined, comments, rows, firstLine };
  const first = rows[0] === undefined ? [] : splitRow(rows[0], delimiter);
  if (first.some((field) => isText(field, decimalComma))) {
    // A row of text is a header only if numbers follow in the columns that it names.
    table.header = first;
    table.rows = rows.slice(1);
    table.firstLine++;
  }
  return table;
}

/**
 * The delimiter that splits the sample into the same number of fields everywhere, all of them numbers below the first
 * row if any delimiter can do that ("1,5 2,5" has commas at even places too); a comma beats a space.
 */
function sniff(sample: readonly string[]): Delimiter {
  const candidates = (['\t', ';', ',', ' '] as const).filter((delimiter) => {
    const counts = sample.map((row) => splitRow(row, delimiter).length);
    return counts.length > 0 && (counts[0] as number) > 1 && counts.every((count) => count === counts[0]);
  });
  const numeric = candidates.find((delimiter) =>
    (sample.length > 1 ? sample.slice(1) : sample).every((row) =>
      splitRow(row, delimiter).every((field) => !isText(field, delimiter !== ',')),
    ),
  );
  return numeric ?? candidates.find((delimiter) => delimiter !== ' ') ?? ',';
}

/** The fields of a row, trimmed, without the quotes around them. */
export function splitRow(row: string, delimiter: Delimiter): string[] {
  if (delimiter === ' ') return row.trim().split(/\s+/).map(unquote);
  if (!row.includes('"')) return row.split(delimiter).map((field) => field.trim());
  const fields: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i <= row.length; i++) {
    if (row[i] === '"') quoted = !quoted;
    if (i === row.length || (row[i] === delimiter && !quoted)) {
      fields.push(unquote(row.slice(start, i)));
      start = i + 1;
    }
  }
  return fields;
}

function unquote(field: string): string {
  const bare = field.trim();
  if (bare.length < 2 || !bare.startsWith('"') || !bare.endsWith('"')) return bare;
  return bare.slice(1, -1).replaceAll('""', '"').trim();
}

/** The number that a field holds, NaN where it says that there is none, undefined where it is text. */
export function parseField(field: string, decimalComma: boolean): number | undefined {
  const value = Number(decimalComma ? field.replace(',', '.') : field);
  if (field !== '' && Number.isFinite(value)) return value;
  return MISSING.test(field) ? Number.NaN : undefined;
}

function isText(field: string, decimalComma: boolean): boolean {
  return parseField(field, decimalComma) === undefined && parseDateTime(field) === undefined;
}
