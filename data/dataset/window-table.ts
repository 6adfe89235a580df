/** Tables of one window a row, with what each window is: how data sets of machine learning are often given away. */
import { SignalError } from '../errors.ts';
import { commentOf, dialectOf, parseField, SNIFFED_ROWS, splitRow } from '../formats/text/delimited.ts';
import { FEWEST_WINDOW_SAMPLES, looksLikeWindows, namesRecordings } from '../formats/text/table-kinds.ts';
import { groupBy } from '../group-by.ts';
import type { Modality, Recording } from '../recording.ts';
import { recordingOfWindows } from '../windows/window-recording.ts';
import { columnOf, headedRows, labelColumnOf, splitNamed } from './label-columns.ts';
import type { LabelledStretch, SplitName } from './manifest.ts';

/** What is known of one window. */
export interface WindowRow {
  readonly label?: string;
  readonly subject?: string;
  readonly split?: SplitName;
}

export interface WindowTable {
  /** In a window. */
  readonly samples: number;
  /** [rows, samples], row-major; NaN where a value is missing. */
  readonly values: Float32Array;
  readonly rows: readonly WindowRow[];
}

/** More columns than any recording has. */
const MOST_CHANNELS = 512;

/**
 * Whether a text, given its first lines, is a table of one window a row: its columns are a numbered series (s0, s1, ...) beside
 * facts about windows, or it has no header and changes much less along its rows than down its columns.
 */
export function isWindowTable(head: readonly string[]): boolean {
  const { rows, header, series, decimalComma } = layoutOf(head);
  // One line of numbers alone is a recording that was written in a line.
  if (series.length < FEWEST_WINDOW_SAMPLES || (!header && rows.length < 2)) return false;
  if (header?.some((name) => namesRecordings(name)) || series.length > MOST_CHANNELS) return true;
  const smooth = looksLikeWindows(
    rows.map((row) => ['', ...series.map((column) => row[column] ?? '')]),
    decimalComma,
  );
  return smooth && (!header || columnOf(header, 'label') >= 0 || columnOf(header, 'labelName') >= 0);
}

interface Layout {
  readonly rows: readonly (readonly string[])[];
  readonly header: readonly string[] | undefined;
  readonly decimalComma: boolean;
  /** Columns of the samples. */
  readonly series: readonly number[];
  /** Number of each row's line, from 1. */
  readonly lines: readonly number[];
}

function layoutOf(lines: readonly string[]): Layout {
  const numbered = lines
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => text.trim() !== '' && commentOf(text) === undefined);
  const { delimiter, decimalComma, header, headerRows } = dialectOf(
    numbered.slice(0, SNIFFED_ROWS).map(({ text }) => text),
    {},
  );
  const body = numbered.slice(headerRows);
  const rows = body.map(({ text }) => splitRow(text, delimiter));
  const width = rows[0]?.length ?? 0;
  // Without names the first column is the class, as in the UCR archive, where it holds whole numbers only.
  const classed = rows.every(([first]) => /^[+-]?\d+(\.0*)?(e[+-]?0+)?$/i.test(first ?? ''));
  const all = Array.from({ length: width }, (_, column) => column);
  const series = header ? numberedSeries(header) : all.slice(classed ? 1 : 0);
  return { rows, header, decimalComma, series, lines: body.map(({ line }) => line) };
}

/** The longest run of columns that are called alike but for a number that counts up by one. */
function numberedSeries(header: readonly string[]): number[] {
  const parts = header.map((name) => /^(.*?)(\d+)$/.exec(name.trim()));
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [column, part] of parts.entries()) {
    const before = column > 0 ? parts[column - 1] : undefined;
    const goesOn = part && before && part[1] === before[1] && Number(part[2]) === Number(before[2]) + 1;
    if (!goesOn) start = column;
    const length = part ? column - start + 1 : 0;
    if (length > best.length) best = { start, length };
  }
  return Array.from({ length: best.length }, (_, i) => best.start + i);
}

/**
 * Reads the whole table. `labelColumn` names the column of the labels, where it is called otherwise.
 * @throws SignalError that names the line and the column of what is no number, and of a row of another length.
 */
export function readWindowTable(text: string, file: string, labelColumn?: string): WindowTable {
  const { rows, header, series, decimalComma, lines } = layoutOf(text.replace(/^\uFEFF/, '').split(/\r?\n/));
  const width = header?.length ?? rows[0]?.length ?? 0;
  const samples = series.length;
  const values = new Float32Array(rows.length * samples);
  for (const [row, fields] of rows.entries()) {
    const line = lines[row] as number;
    if (fields.length !== width)
      throw new SignalError(
        `${file}, line ${line}: has ${fields.length} fields, where ${width} are expected.`,
      );
    for (const [i, column] of series.entries()) {
      const value = parseField(fields[column] as string, decimalComma);
      if (value === undefined)
        throw new SignalError(
          `${file}, line ${line}: column ${header?.[column] ?? column + 1} is "${fields[column]}", but must be a number.`,
        );
      values[row * samples + i] = value;
    }
  }
  const facts = header ? factsOf(header, file, labelColumn) : classOf(series, width);
  return { samples, values, rows: rows.map((fields, row) => facts(fields, lines[row] as number)) };
}

type Facts = (fields: readonly string[], line: number) => WindowRow;

function classOf(series: readonly number[], width: number): Facts {
  if (series.length === width) return () => ({});
  return ([first]) => ({ label: String(Number(first)) });
}

/** What the columns beside the samples say of a row. */
function factsOf(header: readonly string[], file: string, labelColumn: string | undefined): Facts {
  const label = labelColumnOf(header, file, labelColumn);
  const [subject, split] = [columnOf(header, 'subject'), columnOf(header, 'split')];
  return (fields, line) => ({
    ...(fields[label] && { label: fields[label] }),
    ...(fields[subject] && { subject: fields[subject] }),
    ...(fields[split] && { split: splitNamed(fields[split], file, line) }),
  });
}

/** Labels of the rows of another file: `row` counts from 0. */
export function readRowLabels(text: string, file: string, labelColumn?: string): Map<number, WindowRow> {
  const { header, rows } = headedRows(text, file);
  const row = columnOf(header, 'row');
  const label = labelColumnOf(header, file, labelColumn);
  if (row < 0 || label < 0)
    throw new SignalError(
      `${file}: has no column "${row < 0 ? 'row' : 'label'}"; it has ${header.slice(0, 12).join(', ')}.`,
    );
  const facts = factsOf(header, file, labelColumn);
  const found = new Map<number, WindowRow>();
  for (const { fields, line } of rows) {
    const place = Number(fields[row]);
    if (fields[row] === '' || !Number.isInteger(place) || place < 0)
      throw new SignalError(
        `${file}, line ${line}: "${header[row]}" is "${fields[row] ?? ''}", but must be a whole number from 0.`,
      );
    if (found.has(place)) throw new SignalError(`${file}, line ${line}: row ${place} stands there twice.`);
    found.set(place, facts(fields, line));
  }
  return found;
}

export interface WindowTableOptions {
  /** Goes before the recordings' names. */
  readonly path: string;
  /** Samples a second. */
  readonly rate: number;
  readonly modality?: Modality;
  readonly dataset?: string;
  /** Instead of what the table says itself. */
  readonly labels?: ReadonlyMap<number, WindowRow>;
}

/** A recording of a table, and what is known of it. */
export interface TableRecording {
  readonly recording: Recording;
  readonly labels: readonly LabelledStretch[];
  readonly split?: SplitName;
}

/** A recording for each subject in each part, or for each row where subjects are not given. */
export function recordingsOfTable(
  { samples, values, rows }: WindowTable,
  { path, rate, modality, dataset, labels: given }: WindowTableOptions,
): TableRecording[] {
  const known = rows.map((own, row) => ({ row, ...(given ? given.get(row) : own) }));
  const used = given ? known.filter(({ row }) => given.has(row)) : known;
  const grouped = groupBy(used, ({ row, subject, split }) =>
    subject === undefined ? `row ${row}` : `${subject}${split === undefined ? '' : `, ${split}`}`,
  );
  // In one part, a subject's name is name enough.
  const partsOf = new Map<string, Set<SplitName | undefined>>();
  for (const { subject = '', split } of used)
    partsOf.set(subject, (partsOf.get(subject) ?? new Set()).add(split));
  return [...grouped].map(([key, members]) => {
    const { subject, split } = members[0] as WindowRow;
    const single = subject !== undefined && partsOf.get(subject)?.size === 1;
    const seconds = samples / rate;
    return {
      recording: recordingOfWindows({
        name: `${path}#${single ? subject : key}`,
        format: 'table of windows',
        ...(subject !== undefined && { subject }),
        ...(dataset !== undefined && { dataset }),
        ...(modality && { modality }),
        rate,
        labels: [modality?.toUpperCase() ?? 'signal'],
        unit: '',
        windows: members.map(({ row }) => values.subarray(row * samples, (row + 1) * samples)),
      }),
      labels: members.flatMap(({ label }, i) =>
        label === undefined ? [] : [{ start: i * seconds, seconds, label }],
      ),
      ...(split && { split }),
    };
  });
}
