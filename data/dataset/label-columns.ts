/** What the columns of tables about recordings and windows are called. */
import { cellText } from '../csv.ts';
import { SignalError } from '../errors.ts';
import { dialectOf, isText, SNIFFED_ROWS, splitRow } from '../formats/text/delimited.ts';
import { SPLIT_NAMES, type SplitName } from './manifest.ts';

const NAMES = {
  file: /^(file|filename|file_name|path|recording|record)$/i,
  row: /^(row|row_index|index|window)$/i,
  startSamples: /^(start_sample|first_sample|sample)$/i,
  startSeconds: /^(start|onset|start_s|start_seconds|start_sec)$/i,
  lengthSamples: /^(n_samples|samples|length_samples)$/i,
  lengthSeconds: /^(duration|seconds|length|length_s|duration_s)$/i,
  labelName: /^(label_name|class_name)$/i,
  label: /^(label|class|target|diagnosis|stage)$/i,
  subject: /^(subject|subject_id|patient|patient_id|group|participant_id)$/i,
  split: /^(split|part|set|fold)$/i,
} as const;

export type LabelColumn = keyof typeof NAMES;

/** The place of a column, or -1. */
export function columnOf(header: readonly string[], what: LabelColumn): number {
  return header.findIndex((name) => NAMES[what].test(name.trim()));
}

/**
 * The place of the column with the labels: `named`, or what is called after labels, names before numbers.
 * @throws SignalError where `named` is not there; -1 where nothing was named and there is none.
 */
export function labelColumnOf(header: readonly string[], file: string, named?: string): number {
  if (named !== undefined) {
    const place = header.indexOf(named);
    if (place >= 0) return place;
    throw new SignalError(`${file}: has no column "${named}"; it has ${header.slice(0, 12).join(', ')}.`);
  }
  const name = columnOf(header, 'labelName');
  return name >= 0 ? name : columnOf(header, 'label');
}

/** @throws SignalError that names the line and the parts that there are. */
export function splitNamed(name: string, file: string, line: number): SplitName {
  const known: Readonly<Record<string, SplitName>> = {
    training: 'train',
    val: 'validation',
    valid: 'validation',
    dev: 'validation',
  };
  const found = SPLIT_NAMES.find((split) => split === name.toLowerCase()) ?? known[name.toLowerCase()];
  if (found) return found;
  throw new SignalError(
    `${file}, line ${line}: the split is "${name}", but must be one of ${SPLIT_NAMES.join(', ')}.`,
  );
}

export interface HeadedRows {
  readonly header: readonly string[];
  /** `line` counts from 1. */
  readonly rows: readonly { readonly fields: readonly string[]; readonly line: number }[];
}

/** A CSV or TSV with a header. @throws SignalError where it has none. */
export function headedRows(text: string, file: string): HeadedRows {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((row, index) => ({ row, line: index + 1 }))
    .filter(({ row }) => row.trim() !== '');
  const delimiter = delimiterOf(lines.map(({ row }) => row));
  const [header, ...all] = lines.map(({ row, line }) => ({
    fields: splitRow(row, delimiter).map(cellText),
    line,
  }));
  // Spreadsheets leave rows of delimiters behind the last one.
  const rows = all.filter(({ fields }) => fields.some((field) => field !== ''));
  if (header?.fields.some((name) => isText(name))) {
    if (rows.length > 0) return { header: header.fields, rows };
    throw new SignalError(`${file}: has a header, but no rows below it.`);
  }
  throw new SignalError(`${file}: has no header row; name its columns, at least "file" and "label".`);
}

/** By the names of columns, where they have a delimiter between them: rows of words may be cut short. */
function delimiterOf(lines: readonly string[]) {
  const rows = /[\t;,]/.test(lines[0] ?? '') ? 1 : SNIFFED_ROWS;
  return dialectOf(lines.slice(0, rows), {}).delimiter;
}

/**
 * Whether a text, given its first lines, is a table of labels of recordings: its header has a column of files, and one of labels
 * (`labelColumn`, where it is called otherwise) or names of files below it.
 */
export function isLabelTable(head: readonly string[], labelColumn?: string): boolean {
  const lines = head.filter((line) => line.trim() !== '').map((line) => line.replace(/^\uFEFF/, ''));
  const delimiter = delimiterOf(lines);
  const [header = [], first = []] = lines.slice(0, 2).map((line) => splitRow(line, delimiter));
  const file = columnOf(header, 'file');
  if (file < 0) return false;
  const labelled = columnOf(header, 'label') >= 0 || columnOf(header, 'labelName') >= 0;
  return (
    labelled ||
    (labelColumn !== undefined && header.includes(labelColumn)) ||
    /\.[a-z]\w*$/i.test(first[file] ?? '')
  );
}
