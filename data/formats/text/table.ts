/** Reads a table of text into columns of numbers, in one pass over the file. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { Column } from './column.ts';
import { parseDateTime } from './date-time.ts';
import {
  commentOf,
  type Delimiter,
  type Dialect,
  dialectOf,
  parseField,
  SNIFFED_ROWS,
  splitRow,
  unquote,
} from './delimited.ts';
import { type LineBlock, lineBlocks } from './lines.ts';
import { ThousandsWatch } from './numbers.ts';
import { preambleFacts } from './preamble.ts';
import { columnKindOf, looksLikeWindows, namesLabels, namesRecordings } from './table-kinds.ts';

export interface TextTable {
  columns: Column[];
  /** With the lines before the table. */
  comments: string[];
  /** Sentences about what was left out. */
  notes: string[];
}

const MAXIMUM_COLUMNS = 512;
/** Characters; a row of more than one is not of so few columns. */
const LONGEST_ROW = 1 << 16;
/** `names` are those of the columns, of a table without a header. Throws a FormatError that names the line or what is missing. */
export async function readTable(
  source: ByteSource,
  wished: { delimiter?: Delimiter; decimalComma?: boolean; names?: readonly string[] },
): Promise<TextTable> {
  const blocks = lineBlocks(source);
  const head: LineBlock[] = [];
  const rows: string[] = [];
  let hasMore = true;
  // As many lines as there must be to know how the file is written.
  while (rows.length < SNIFFED_ROWS && hasMore) {
    const { value, done } = await blocks.next();
    hasMore = !done;
    if (!value) break;
    head.push(value);
    for (const line of value.lines) if (isRow(line)) rows.push(line);
    if (rows.length > 1 && (rows[0] as string).length > LONGEST_ROW)
      throw windowsError(source.name, `over ${MAXIMUM_COLUMNS}`);
  }
  if (rows.length === 0)
    throw new FormatError(source.name, 'holds no rows of numbers.', 'Is it the right file?');
  const sniffed = dialectOf(rows.slice(0, SNIFFED_ROWS).map(beginningOf), wished);
  const dialect = wished.names ? { ...sniffed, header: [...wished.names], headerRows: 0 } : sniffed;
  rejectDoubt(source.name, dialect);
  const reader = new TableReader(source.name, dialect);
  if (rows.length === 1 && !hasMore && !dialect.header) return reader.readOneRow(head, rows[0] as string);
  const sample = rows.slice(dialect.headerRows, SNIFFED_ROWS);
  if (sample.length === 0)
    throw new FormatError(source.name, 'holds a row of names and no numbers.', 'Is it the right file?', {
      found: (rows[0] as string).slice(0, 80),
    });
  reader.layOut(sample, head, source.size);
  for (const block of head) reader.read(block);
  for await (const block of blocks) reader.read(block);
  return reader.finish();
}

function isRow(line: string): boolean {
  // A line of spaces or tabs alone is empty; a line of `,,` is a row of missing values.
  return line.trim() !== '' && commentOf(line) === undefined;
}

/** A whole signal in one row is too long to be taken apart four times. */
function beginningOf(row: string): string {
  if (row.length <= LONGEST_ROW) return row;
  const part = row.slice(0, LONGEST_ROW);
  // The last field may be cut.
  return part.replace(/[,;\t ][^,;\t ]*$/, '');
}

/** Fields whose commas and points cannot be read in one way. */
function rejectDoubt(file: string, { doubt, pair }: Dialect): void {
  if (pair !== undefined) {
    throw new FormatError(
      file,
      `holds "${pair}", which may be one number with a decimal comma or two whole ones, and nothing shows which.`,
      'Write a row of names above the numbers, or points for the decimal commas.',
      { found: pair, expected: 'a row of names' },
    );
  }
  if (!doubt) return;
  const { comma, point, either } = doubt;
  if (comma !== undefined && point !== undefined) {
    throw new FormatError(
      file,
      `holds "${comma}", where the comma is the decimal mark, and "${point}", where the point is.`,
      'Write all numbers in one way.',
      { found: `${comma}, ${point}`, expected: 'one decimal mark' },
    );
  }
  if (either !== undefined) throw thousandsError(file, undefined, either);
}

function thousandsError(
  file: string,
  column: string | undefined,
  field: string,
  beside?: string,
): FormatError {
  const [whole, decimals] = [field.replace(/[.,]/g, ''), field.replace(',', '.')];
  const where = column === undefined ? '' : ` in column ${column}`;
  const what = beside === undefined ? '' : ` beside "${beside}"`;
  return new FormatError(
    file,
    `holds "${field}"${what}${where}, which may be ${whole} or ${Number(decimals)}, and nothing shows which.`,
    'Write its numbers without marks between thousands.',
    { found: field, expected: 'one decimal mark, and none between thousands' },
  );
}

function windowsError(file: string, width: string): FormatError {
  return new FormatError(
    file,
    `has ${width} columns: it looks like a table of one window a row, not like a recording.`,
    'A recording has one row a sample and one column a channel; turn the table round if its rows are channels. For windows name the file itself, with --rate, to pretrain, embed or probe.',
    { found: width, expected: `at most ${MAXIMUM_COLUMNS} columns` },
  );
}

class TableReader {
  private readonly file: string;
  private readonly dialect: Dialect;
  private columns: Column[] = [];
  /** Day of the first date of each column. */
  private readonly days: (number | undefined)[] = [];
  private readonly comments: string[] = [];
  private readonly watches: ThousandsWatch[] = [];
  /** Columns that begin empty. */
  private readonly undecided = new Set<number>();
  /** Rows of names and units that are still to come. */
  private headerRows: number;
  /** Remarks behind the last column. */
  private remarks = 0;
  /** What is wrong with a line that is too short, which only the last one may be. */
  private cut: FormatError | undefined;

  constructor(file: string, dialect: Dialect) {
    this.file = file;
    this.dialect = dialect;
    this.headerRows = dialect.headerRows;
    this.comments.push(...dialect.preamble);
  }

  /** Decides what each column holds, from the first rows. */
  layOut(sample: readonly string[], head: readonly LineBlock[], size: number): void {
    const { delimiter, decimalComma, header, preamble } = this.dialect;
    const fields = sample.map((row) => splitRow(row, delimiter));
    const first = fields[0] as string[];
    const isOpen = (row: readonly string[]) => row.length > 1 && row.at(-1) === '';
    const endsOpen =
      fields.every((row) => isOpen(row)) && (!header || isOpen(header) || header.length < first.length);
    const width = endsOpen ? first.length - 1 : (header ?? first).length;
    this.rejectOtherTables(width);
    if (!header && looksLikeWindows(fields, decimalComma)) throw windowsError(this.file, String(width));
    const labels = labelsInComments(
      head.flatMap(({ lines }) => lines.flatMap((line) => commentOf(line) ?? [])),
    );
    const facts = preambleFacts(preamble, delimiter, width, header);
    const rowBytes = sample.reduce((sum, row) => sum + row.length + 1, 0) / sample.length;
    const capacity = Math.ceil((1.05 * size) / rowBytes) + 16;
    this.columns = Array.from({ length: width }, (_, c) => {
      const heading = facts.names?.[c] || header?.[c] || labels[c];
      const own = fields.map((row) => row[c] ?? '');
      const kind = columnKindOf(own, heading);
      if (own.every((field) => Number.isNaN(parseField(field, decimalComma)))) this.undecided.add(c);
      return new Column(heading || String(c + 1), Boolean(heading), kind, capacity);
    });
    for (let c = 0; c < width; c++) this.watches.push(new ThousandsWatch(decimalComma));
  }

  read({ lines, first }: LineBlock): void {
    const { delimiter } = this.dialect;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as string;
      const bare = line.trim();
      if (bare === '') continue;
      if (bare.startsWith('#') || bare.startsWith('%')) {
        this.comments.push(bare.slice(1).trim());
      } else if (this.headerRows > 0) {
        this.headerRows--;
      } else if (this.columns.length === 1 && !line.includes(delimiter) && !line.includes('"')) {
        this.push(0, bare, first + i);
      } else {
        this.readRow(splitRow(line, delimiter), first + i);
      }
    }
  }

  private readRow(fields: readonly string[], line: number): void {
    if (this.cut) throw this.cut;
    const width = this.columns.length;
    // LabChart writes remarks behind the last column.
    if (fields.length === width + 1 && fields[width]?.startsWith('#')) {
      this.remarks++;
      fields = fields.slice(0, width);
    }
    const isLonger = fields.length > width && !fields.slice(width).every((field) => field === '');
    // A short row lacks its last value, unless it is so short that the file is broken.
    if (isLonger || fields.length < width - 1) {
      const problem = `has ${fields.length} fields where ${width} are expected.`;
      const details = { line, found: fields.length, expected: String(width) };
      const error = new FormatError(this.file, problem, 'Mend the line.', details);
      if (isLonger) throw error;
      // A recorder that was switched off left its last line unfinished.
      this.cut = error;
      return;
    }
    for (let c = 0; c < width; c++) this.push(c, fields[c] ?? '', line);
  }

  private push(c: number, field: string, line: number): void {
    const column = this.columns[c] as Column;
    if (column.kind === 'number') {
      const value = parseField(field, this.dialect.decimalComma);
      if (value !== undefined) {
        this.watches[c]?.see(field);
        column.push(value);
        return;
      }
      // A column of marks may begin empty, or with a 0 in each row.
      const kind = namesLabels(column.name)
        ? 'label'
        : this.undecided.has(c) && !column.hasNumbers
          ? 'text'
          : undefined;
      if (kind && column.becomeWords(kind)) this.push(c, field, line);
      else column.push(this.numberAt(column, field, line));
      return;
    }
    column.push(this.special(column, c, field) ?? this.numberAt(column, field, line));
  }

  /** A date's seconds, a label's place, nothing of a text; undefined where the field is none of these. */
  private special(column: Column, c: number, field: string): number | undefined {
    if (column.kind === 'text') return Number.NaN;
    if (column.kind === 'label') return field === '' ? Number.NaN : column.placeOf(field);
    const time = parseDateTime(field);
    if (!time) return undefined;
    this.days[c] ??= time.day;
    if (time.isEitherWay && time.day !== this.days[c]) return undefined;
    return 86_400 * (time.day - (this.days[c] as number)) + time.seconds;
  }

  private numberAt({ name }: Column, field: string, line: number): number {
    const value = parseField(field, this.dialect.decimalComma);
    if (value !== undefined) return value;
    throw new FormatError(
      this.file,
      `holds the text "${field.slice(0, 40)}" in column ${name}, where a number is needed.`,
      'Remove the column or mend the field.',
      { line, field: name, found: field.slice(0, 40), expected: 'a number' },
    );
  }

  /** The whole signal in one row. */
  readOneRow(head: readonly LineBlock[], row: string): TextTable {
    const { delimiter } = this.dialect;
    const column = new Column('1', false, 'number', Math.ceil(row.length / 2));
    let line = 1;
    for (const { lines, first } of head)
      lines.forEach((text, i) => {
        const comment = commentOf(text);
        if (comment !== undefined) this.comments.push(comment);
        else if (text.trim() !== '') line = first + i;
      });
    // By pieces: the fields of a long row would fill the memory as strings.
    for (let at = 0; at < row.length; ) {
      let end = row.indexOf(delimiter, at + PIECE);
      if (end < 0) end = row.length;
      const piece = row.slice(at, end);
      const fields = piece.trim() === '' && at > 0 ? [] : splitRow(piece, delimiter);
      // The delimiter that closes the row opens no field.
      if (end === row.length && fields.length > 1 && fields.at(-1) === '') fields.pop();
      for (const field of fields) column.push(this.numberAt(column, field, line));
      at = end + 1;
    }
    return { columns: [column], comments: this.comments, notes: [] };
  }

  finish(): TextTable {
    for (const [c, watch] of this.watches.entries()) {
      const doubt = watch.doubt();
      if (doubt) throw thousandsError(this.file, this.columns[c]?.name, doubt.field, doubt.beside);
    }
    const notes = this.remarks > 0 ? [`${this.remarks} remarks behind its rows are left out`] : [];
    if (this.cut) notes.push(`its last line (${this.cut.details.line}) is cut short; it is left out`);
    return { columns: this.columns, comments: this.comments, notes };
  }

  private rejectOtherTables(width: number): void {
    if (width > MAXIMUM_COLUMNS) throw windowsError(this.file, String(width));
    const { header } = this.dialect;
    const about = header?.filter((name) => namesRecordings(name)) ?? [];
    if (about.length === 0) return;
    throw new FormatError(
      this.file,
      `has the columns ${header?.slice(0, 8).join(', ')}: it looks like a list of recordings or windows, not like a recording.`,
      `Remove "${about.join('", "')}" if it is one.`,
      { field: about.join(', ') },
    );
  }
}

const PIECE = 1 << 16;
function labelsInComments(comments: readonly string[]): string[] {
  for (const comment of comments) {
    const match = /^(?:labels?|channels?|columns?)\s*[:=]+\s*(.+)$/i.exec(comment);
    if (match) return (match[1] as string).split(/[,;\t]/).map((label) => label.trim());
    // OpenSignals writes its header as JSON.
    const columns = listIn(comment, 'column');
    if (columns.length > 0) return withSensors(columns, listIn(comment, 'label'), listIn(comment, 'sensor'));
  }
  return [];
}

function listIn(json: string, key: string): string[] {
  const list = new RegExp(`"${key}"\\s*:\\s*\\[([^\\]]*)\\]`).exec(json)?.[1];
  return list?.trim() ? list.split(',').map(unquote) : [];
}

/** BITalino's inputs and outputs of single bits, whose names are sites of electrodes elsewhere. */
const DIGITAL = /^[IO]\d$/;

/** "A1" with the sensor of "ECG" is "A1 ECG"; "RAW" and the like say nothing. */
function withSensors(
  columns: readonly string[],
  labels: readonly string[],
  sensors: readonly string[],
): string[] {
  return columns.map((column) => {
    if (DIGITAL.test(column) && columns.includes('nSeq')) return `digital ${column}`;
    const sensor = sensors[labels.indexOf(column)];
    return sensor && !/^(raw|custom.*|unknown|)$/i.test(sensor) ? `${column} ${sensor}` : column;
  });
}
