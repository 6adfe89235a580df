/** Arrays of MAT files of version 5, structures and cells taken apart into arrays with paths as names. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { decodeText } from '../../source/text.ts';
import { decodeElements } from '../array/elements.ts';
import { planeOf, storedNumbers } from '../array/stored.ts';
import type { Variable } from '../array/variable.ts';
import { cutShort, type Element, NUMBER_KINDS, readElement, TYPES } from './tags.ts';

const CELL = 1;
const STRUCT = 2;
const OBJECT = 3;
const CHAR = 4;
const SPARSE = 5;
const DOUBLE = 6;
const UINT64 = 15;
const OTHER_CLASSES: Readonly<Record<number, string>> = {
  [OBJECT]: 'objects',
  [SPARSE]: 'sparse numbers',
  16: 'functions',
  17: 'objects',
};
const COMPLEX = 0x800;
const LOGICAL = 0x200;
/** Structures and cells in one another are looked into this deep. */
const DEEPEST = 8;
/** Cells and structures of more elements than this are tables of something, not a recording's header. */
const MOST_CELLS = 4096;
const LONGEST_TEXT = 1 << 20;

interface MatrixHead {
  class: number;
  flags: number;
  shape: number[];
  name: string;
  /** First element after the name. */
  next: number;
}

export class MatrixReader {
  private readonly source: ByteSource;
  private readonly bigEndian: boolean;

  constructor(source: ByteSource, bigEndian: boolean) {
    this.source = source;
    this.bigEndian = bigEndian;
  }

  /** The variables of the matrix in an element; `path` is the name of what it lies in, for those that have none. */
  async variables(element: Element, path?: string, depth = 0): Promise<Variable[]> {
    const end = element.at + element.bytes;
    // An empty matrix is a tag alone.
    if (element.bytes === 0) return [];
    const head = await this.head(element, end);
    const name = path ?? head.name;
    const { shape } = head;
    if (head.class === STRUCT && depth < DEEPEST) return this.fields(head, end, name, depth);
    if (head.class === CELL && depth < DEEPEST) return this.cells(head, end, name, depth);
    if (head.class === CHAR) return [await this.text(head, end, name)];
    const other =
      OTHER_CLASSES[head.class] ??
      (head.class < DOUBLE || head.class > UINT64
        ? head.class === CELL || head.class === STRUCT
          ? 'deeper structures'
          : `class ${head.class}`
        : head.flags & COMPLEX
          ? 'complex numbers'
          : head.flags & LOGICAL
            ? 'logical values'
            : undefined);
    return [other ? { name, shape, kind: other } : await this.numbers(head, end, name)];
  }

  private async head(element: Element, end: number): Promise<MatrixHead> {
    const { source, bigEndian } = this;
    const flags = await readElement(source, element.at, end, bigEndian);
    const dims = await readElement(source, flags.next, end, bigEndian);
    const name = await readElement(source, dims.next, end, bigEndian);
    const word = (await this.ints(flags))[0] ?? 0;
    const shape = await this.ints(dims);
    if (flags.type !== 6 || dims.type !== 5 || shape.length < 2 || shape.some((length) => length < 0)) {
      throw new FormatError(
        source.name,
        'has an array without flags and lengths.',
        'Copy it again: it may be damaged.',
        {
          byte: element.at,
          field: 'array flags',
          found: flags.type,
          expected: '6 (uint32)',
        },
      );
    }
    const text = decodeText(await source.read(name.at, Math.min(name.bytes, LONGEST_TEXT)));
    return { class: word & 255, flags: word & 0xff00, shape, name: text, next: name.next };
  }

  private async ints({ type, at, bytes }: Element): Promise<number[]> {
    const kind = NUMBER_KINDS.get(type);
    if (!kind || bytes > 1024) return [];
    return Array.from(decodeElements(await this.source.read(at, bytes), { kind, bigEndian: this.bigEndian }));
  }

  private async numbers(head: MatrixHead, end: number, name: string): Promise<Variable> {
    const { source, bigEndian } = this;
    const { shape } = head;
    const data = await readElement(source, head.next, end, bigEndian);
    const kind = NUMBER_KINDS.get(data.type);
    const plane = planeOf(shape);
    const count = shape.reduce((product, length) => product * length, 1);
    const stored = kind ? decodedCount(data.bytes, kind) : -1;
    if (!kind || stored !== count) {
      throw new FormatError(
        source.name,
        `has an array "${name}" of ${shape.join(' x ')} with ${Math.max(0, stored)} numbers.`,
        'Copy it again: it may be damaged.',
        { byte: data.at, field: name, found: stored, expected: String(count) },
      );
    }
    if (!plane) return { name, shape, kind };
    const layout = { kind, bigEndian, plane, fortran: plane[0] !== 1, offset: data.at };
    return { name, shape, kind, numbers: storedNumbers(source, layout) };
  }

  /** Rows of letters, stored column by column. */
  private async text(head: MatrixHead, end: number, name: string): Promise<Variable> {
    const { source, bigEndian } = this;
    const { shape } = head;
    const letters = shape.reduce((product, length) => product * length, 1);
    const data = letters > 0 ? await readElement(source, head.next, end, bigEndian) : undefined;
    return {
      name,
      shape,
      kind: 'text',
      texts: async () => {
        if (!data) return [''];
        const bytes = await source.read(data.at, Math.min(data.bytes, LONGEST_TEXT));
        const text = lettersOf(bytes, data.type, bigEndian);
        const rows = shape[0] as number;
        if (rows <= 1) return [text];
        return Array.from({ length: Math.min(rows, text.length) }, (_, row) =>
          Array.from({ length: Math.floor(text.length / rows) }, (_, i) => text[row + i * rows]).join(''),
        );
      },
    };
  }

  private async fields(head: MatrixHead, end: number, name: string, depth: number): Promise<Variable[]> {
    const { source, bigEndian } = this;
    const width = await readElement(source, head.next, end, bigEndian);
    const names = await readElement(source, width.next, end, bigEndian);
    const fieldBytes = (await this.ints(width))[0] ?? 0;
    const count = fieldBytes > 0 ? Math.floor(names.bytes / fieldBytes) : 0;
    const letters = await source.read(names.at, Math.min(names.bytes, LONGEST_TEXT));
    const paths = Array.from({ length: Math.min(count, MOST_CELLS) }, (_, i) => {
      const field = decodeText(letters.subarray(i * fieldBytes, (i + 1) * fieldBytes)).replace(/\0.*$/s, '');
      return name ? `${name}.${field}` : field;
    });
    const elements = head.shape.reduce((product, length) => product * length, 1);
    return this.children(elements * paths.length, names.next, end, depth, (i) => ({
      path: paths[i % paths.length] as string,
      isOnly: elements === 1,
    }));
  }

  private async cells(head: MatrixHead, end: number, name: string, depth: number): Promise<Variable[]> {
    const count = head.shape.reduce((product, length) => product * length, 1);
    return this.children(count, head.next, end, depth, () => ({ path: name, isOnly: count === 1 }));
  }

  /** Matrices in a row. Texts of one path are joined to one variable, as the labels of channels are stored. */
  private async children(
    count: number,
    start: number,
    end: number,
    depth: number,
    place: (index: number) => { path: string; isOnly: boolean },
  ): Promise<Variable[]> {
    const found: Variable[] = [];
    const texts = new Map<string, Variable[]>();
    for (let i = 0, at = start; i < Math.min(count, MOST_CELLS) && at < end; i++) {
      const element = await readElement(this.source, at, end, this.bigEndian);
      if (element.type !== TYPES.matrix) throw cutShort(this.source, at, 'a cell or field');
      const { path, isOnly } = place(i);
      for (const variable of await this.variables(element, path, depth + 1)) {
        if (isOnly) found.push(variable);
        else if (variable.texts) texts.set(variable.name, [...(texts.get(variable.name) ?? []), variable]);
        else found.push({ ...variable, name: `${variable.name}(${i + 1})` });
      }
      at = element.next;
    }
    for (const [name, parts] of texts) {
      found.push({
        name,
        shape: [parts.length],
        kind: 'text',
        texts: async () => {
          const all: string[] = [];
          for (const { texts: read } of parts) all.push(((await read?.()) ?? []).join(' '));
          return all;
        },
      });
    }
    return found;
  }
}

function decodedCount(bytes: number, kind: Parameters<typeof decodeElements>[1]['kind']): number {
  return bytes / (decodeWidth.get(kind) as number);
}

const decodeWidth = new Map(
  [...NUMBER_KINDS.values()].map((kind) => [kind, Number(/\d+$/.exec(kind)?.[0]) / 8]),
);

function lettersOf(bytes: Uint8Array, type: number, bigEndian: boolean): string {
  if (type === TYPES.utf8 || type === 1 || type === 2) return decodeText(bytes);
  if (type === TYPES.utf32)
    return Array.from(decodeElements(bytes, { kind: 'uint32', bigEndian }), (code) =>
      code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code),
    ).join('');
  return Array.from(decodeElements(bytes, { kind: 'uint16', bigEndian }), (code) =>
    String.fromCharCode(code),
  ).join('');
}
