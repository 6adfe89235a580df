/** ARFF, the tables of Weka (https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable). */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import type { Format } from '../format.ts';
import { Column, type ColumnKind } from './column.ts';
import { recordingOfColumns } from './column-recording.ts';
import { parseDateTime } from './date-time.ts';
import { declaredRates } from './declared-rate.ts';
import { parseField } from './delimited.ts';
import { lineBlocks } from './lines.ts';

export const arff: Format = {
  name: 'ARFF',
  endings: ['arff'],
  open: async (entry, _, options) => {
    const source = await entry.open();
    const reader = new ArffReader(source);
    for await (const { lines, first } of lineBlocks(source))
      for (let i = 0; i < lines.length; i++) reader.readLine(lines[i] as string, first + i);
    const { columns, comments, notes } = reader.finish();
    return recordingOfColumns(source.name, 'ARFF', columns, {
      declared: declaredRates(comments),
      rate: options.rate,
      notes,
    });
  },
};

/** Numbers are channels, nominal values are labels, dates are times; texts are left out. */
type AttributeKind = ColumnKind;

const MOST_ATTRIBUTES = 1024;
/** Bytes that a row has at least, to guess how many there are. */
const SHORTEST_FIELD = 4;

class ArffReader {
  private readonly source: ByteSource;
  private readonly kinds: AttributeKind[] = [];
  private readonly columns: (Column | undefined)[] = [];
  private readonly declared: { name: string; kind: AttributeKind; values: ReadonlySet<string> }[] = [];
  private readonly comments: string[] = [];
  private readonly days: (number | undefined)[] = [];
  private isData = false;

  constructor(source: ByteSource) {
    this.source = source;
  }

  readLine(line: string, number: number): void {
    const bare = line.trim();
    if (bare === '') return;
    if (bare.startsWith('%')) this.comments.push(bare.slice(1).trim());
    else if (this.isData) this.readRow(bare, number);
    else if (/^@data\b/i.test(bare)) this.begin(number);
    else if (/^@attribute\b/i.test(bare)) this.declare(bare, number);
    else if (!/^@relation\b/i.test(bare))
      throw this.error(
        number,
        `holds "${bare.slice(0, 40)}" before its data.`,
        'Only @relation, @attribute, @data and comments stand there.',
      );
  }

  finish(): { columns: Column[]; comments: string[]; notes: string[] } {
    if (!this.isData) throw this.error(undefined, 'has no @data section.', 'Is it the right file?');
    const columns = this.columns.flatMap((column) => column ?? []);
    if ((columns[0]?.values.length ?? 0) === 0)
      throw this.error(undefined, 'holds no rows of data.', 'Is it the right file?');
    const texts = this.declared.filter(({ kind }) => kind === 'text');
    const notes = texts.map(({ name }) => `the attribute "${name}" holds texts; it is left out`);
    return { columns, comments: this.comments, notes };
  }

  private declare(line: string, number: number): void {
    const match = /^@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.*)$/i.exec(line);
    const [name, type] = [unquote(match?.[1] ?? ''), (match?.[2] ?? '').trim()];
    const kind = kindOf(type);
    if (!match || !kind) {
      throw this.error(
        number,
        `declares the attribute "${name}" as "${type.slice(0, 40)}".`,
        'numeric, real, integer, date, string and {nominal} are known.',
      );
    }
    if (this.declared.length >= MOST_ATTRIBUTES) {
      throw this.error(
        number,
        `has more than ${MOST_ATTRIBUTES} attributes: it looks like a table of one window a row, not like a recording.`,
        'A recording has one row a sample and one column a channel.',
      );
    }
    const values = kind === 'label' ? fieldsOf(type.replace(/^\{|\}\s*$/g, '')) : [];
    this.declared.push({ name, kind, values: new Set(values.map(({ text }) => text)) });
  }

  private begin(number: number): void {
    this.isData = true;
    if (this.declared.length === 0)
      throw this.error(number, 'declares no attributes.', 'Is it the right file?');
    const capacity = Math.ceil(this.source.size / (SHORTEST_FIELD * this.declared.length)) + 16;
    for (const { name, kind } of this.declared) {
      this.kinds.push(kind);
      this.columns.push(kind === 'text' ? undefined : new Column(name, true, kind, capacity));
    }
  }

  private readRow(line: string, number: number): void {
    if (line.startsWith('{')) {
      throw this.error(
        number,
        'holds sparse data, where only some values of a row are written.',
        'Save it as plain ARFF (weka.filters.unsupervised.instance.SparseToNonSparse).',
      );
    }
    const fields = fieldsOf(line);
    if (fields.length !== this.columns.length) {
      throw this.error(
        number,
        `has ${fields.length} values where ${this.columns.length} are declared.`,
        'Mend the line.',
      );
    }
    for (let c = 0; c < fields.length; c++) {
      const column = this.columns[c];
      const { text, isQuoted } = fields[c] as Field;
      if (!column) continue;
      const isMissing = !isQuoted && text === '?';
      column.push(isMissing ? Number.NaN : this.valueOf(column, c, text, number));
    }
  }

  private valueOf(column: Column, c: number, text: string, number: number): number {
    const value =
      column.kind === 'label'
        ? this.labelOf(column, c, text)
        : column.kind === 'date'
          ? this.dateOf(c, text)
          : parseField(text, false);
    if (value !== undefined) return value;
    const expected = {
      number: 'a number',
      date: 'a date as 2024-03-01T10:44:18',
      label: 'a declared value',
      text: 'a text',
    };
    throw new FormatError(
      this.source.name,
      `holds "${text.slice(0, 40)}" as ${column.name}, where ${expected[column.kind]} is needed.`,
      'Mend the field, or its declaration.',
      { line: number, field: column.name, found: text.slice(0, 40), expected: expected[column.kind] },
    );
  }

  private labelOf(column: Column, c: number, text: string): number | undefined {
    return this.declared[c]?.values.has(text) ? column.placeOf(text) : undefined;
  }

  private dateOf(c: number, text: string): number | undefined {
    const time = parseDateTime(text);
    if (!time) return undefined;
    this.days[c] ??= time.day;
    return 86_400 * (time.day - (this.days[c] as number)) + time.seconds;
  }

  private error(line: number | undefined, problem: string, fix: string): FormatError {
    return new FormatError(this.source.name, problem, fix, line === undefined ? {} : { line });
  }
}

function kindOf(type: string): AttributeKind | undefined {
  if (/^\{.*\}$/.test(type)) return 'label';
  if (/^(numeric|real|integer)\b/i.test(type)) return 'number';
  if (/^date\b/i.test(type)) return 'date';
  return /^string\b/i.test(type) ? 'text' : undefined;
}

interface Field {
  text: string;
  isQuoted: boolean;
}

/** Values between commas or tabs, in single or double quotes where they hold such. */
function fieldsOf(line: string): Field[] {
  if (!/['"]/.test(line))
    return line.split(/[,\t]/).map((field) => ({ text: field.trim(), isQuoted: false }));
  const fields: Field[] = [];
  let [start, quote] = [0, ''];
  for (let i = 0; i <= line.length; i++) {
    const letter = line[i];
    if (quote !== '' && letter === '\\') i++;
    else if (quote !== '' && letter !== undefined) quote = letter === quote ? '' : quote;
    else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === undefined || letter === ',' || letter === '\t') {
      const text = line.slice(start, i).trim();
      fields.push({ text: unquote(text), isQuoted: /^['"]/.test(text) });
      start = i + 1;
    }
  }
  return fields;
}

function unquote(text: string): string {
  const quote = /^(['"])(.*)\1$/s.exec(text);
  return quote ? (quote[2] as string).replace(/\\(.)/g, '$1') : text;
}
