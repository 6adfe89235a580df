/** Tables of numbers in text: which character separates the fields, which row is a header, what each field says. */
import type { OpenOptions } from '../format.ts';
import { parseDateTime } from './date-time.ts';

export type Delimiter = NonNullable<OpenOptions['delimiter']>;

export interface Dialect {
  delimiter: Delimiter;
  decimalComma: boolean;
  /** Column names, if the first row has any, with the units of a second row in brackets. */
  header: string[] | undefined;
  /** Rows of names and units. */
  headerRows: number;
}

const MISSING = /^(|na|n\/a|nan|null|none|nil|-|--|\?|\.|missing|inf|-inf|infinity|-infinity)$/i;
/** Rows that are looked at to find out how a file is written. */
export const SNIFFED_ROWS = 50;

/** Finds out from its first rows how a table is written. */
export function dialectOf(
  sample: readonly string[],
  wished: { delimiter?: Delimiter; decimalComma?: boolean },
): Dialect {
  const delimiter = wished.delimiter ?? sniff(sample);
  const decimalComma =
    wished.decimalComma ??
    (delimiter !== ',' &&
      sample.some((row) => splitRow(row, delimiter).some((field) => /^[+-]?\d+,\d+$/.test(field))));
  const first = sample[0] === undefined ? [] : splitRow(sample[0], delimiter);
  if (!first.some((field) => isText(field, decimalComma)))
    return { delimiter, decimalComma, header: undefined, headerRows: 0 };
  const second = sample.length > 2 ? splitRow(sample[1] as string, delimiter) : [];
  const isUnits =
    second.some((field) => isText(field, decimalComma)) &&
    second.every((field) => field === '' || isText(field, decimalComma));
  if (!isUnits) return { delimiter, decimalComma, header: first, headerRows: 1 };
  const units = second.map((field) => field.replace(/^[([]\s*(.*?)\s*[)\]]$/, '$1'));
  const header = first.map((name, i) => (units[i] ? `${name} (${units[i]})` : name));
  return { delimiter, decimalComma, header, headerRows: 2 };
}

/** The text of a comment line, without its mark; undefined for other lines. */
export function commentOf(line: string): string | undefined {
  const bare = line.trim();
  return /^[#%]/.test(bare) ? bare.slice(1).trim() : undefined;
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
  if (!row.includes('"')) {
    if (delimiter === ' ') return row.trim().split(/\s+/);
    return row.split(delimiter).map((field) => field.trim());
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
  if (bare.length < 2 || quote !== '"' || !bare.endsWith(quote)) return bare;
  return bare.slice(1, -1).replaceAll('""', '"').trim();
}

/** The number that a field holds, NaN where it says that there is none, undefined where it is text. */
export function parseField(field: string, decimalComma: boolean): number | undefined {
  const value = Number(decimalComma ? field.replace(',', '.') : field);
  if (field !== '' && Number.isFinite(value)) return value;
  return MISSING.test(field) ? Number.NaN : undefined;
}

export function isText(field: string, decimalComma: boolean): boolean {
  return parseField(field, decimalComma) === undefined && parseDateTime(field) === undefined;
}
