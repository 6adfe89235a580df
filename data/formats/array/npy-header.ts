/** The header of an NPY array (NumPy Enhancement Proposal 1; numpy/lib/format.py), versions 1 to 3. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { decodeText } from '../../source/text.ts';
import type { ElementKind } from './elements.ts';

export interface NpyHeader {
  /** As the file spells it: "<f4". */
  descr: string;
  bigEndian: boolean;
  element: ElementKind | 'bytes' | 'unicode' | 'other';
  /** Of its elements, in words. */
  kind: string;
  elementBytes: number;
  fortran: boolean;
  shape: number[];
  dataOffset: number;
  dataBytes: number;
}

const MAGIC = '\u0093NUMPY';
const PREFIX_BYTES = 12;
/** NumPy itself refuses longer ones. */
const LONGEST_HEADER = 1 << 16;

const KINDS: Readonly<Record<string, { element: NpyHeader['element']; kind: string }>> = {
  i1: { element: 'int8', kind: 'int8' },
  u1: { element: 'uint8', kind: 'uint8' },
  i2: { element: 'int16', kind: 'int16' },
  u2: { element: 'uint16', kind: 'uint16' },
  i4: { element: 'int32', kind: 'int32' },
  u4: { element: 'uint32', kind: 'uint32' },
  i8: { element: 'int64', kind: 'int64' },
  u8: { element: 'uint64', kind: 'uint64' },
  f2: { element: 'float16', kind: 'float16' },
  f4: { element: 'float32', kind: 'float32' },
  f8: { element: 'float64', kind: 'float64' },
};

const OTHERS: Readonly<Record<string, string>> = {
  b: 'logical values',
  c: 'complex numbers',
  f: 'extended floats',
  O: 'Python objects',
  M: 'dates',
  m: 'durations',
  V: 'records',
};

/** Reads and checks it. Throws a FormatError where it makes no sense, or where the file is too short for its array. */
export async function readNpyHeader(source: ByteSource, field = 'array'): Promise<NpyHeader> {
  const fail = (problem: string, fix: string, byte: number, found?: string): never => {
    throw new FormatError(source.name, problem, fix, { byte, field, ...(found ? { found } : {}) });
  };
  const prefix = await source.read(0, PREFIX_BYTES);
  if (latin1(prefix.subarray(0, 6)) !== MAGIC || prefix.length < PREFIX_BYTES)
    fail(
      'does not start as an NPY array does.',
      'Save it with numpy.save.',
      0,
      latin1(prefix.subarray(0, 6)),
    );
  const version = prefix[6] as number;
  if (version < 1 || version > 3)
    fail(`is of NPY version ${version}; 1 to 3 are known.`, 'Save it again with numpy.save.', 6);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const [start, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > LONGEST_HEADER || start + length > source.size)
    fail(`declares a header of ${length} bytes.`, 'Copy it again.', 8);
  const bytes = await source.read(start, length);
  const text = version === 3 ? decodeText(bytes) : latin1(bytes);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)\b/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (/'descr'\s*:\s*\[/.test(text))
    fail('holds records of several fields.', 'Save one plain array of numbers.', start);
  if (descr === undefined || order === undefined || shape === undefined)
    return fail('has a header without type, order or shape.', 'Copy it again.', start, text.slice(0, 80));
  const lengths = shape.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number.parseInt(part, 10)]));
  const type = typeOf(descr) ?? fail(`has elements of type "${descr}".`, 'Save real numbers.', start, descr);
  const dataOffset = start + length;
  const dataBytes = lengths.reduce((product, part) => product * part, type.elementBytes);
  if (!Number.isSafeInteger(dataBytes) || dataBytes > source.size - dataOffset) {
    const found = `${lengths.join(' x ')} elements of ${type.elementBytes} bytes`;
    fail(
      `declares ${found}, but ${source.size - dataOffset} bytes follow the header.`,
      'Copy it again.',
      start,
      found,
    );
  }
  return { descr, ...type, fortran: order === 'True', shape: lengths, dataOffset, dataBytes };
}

function typeOf(
  descr: string,
): Pick<NpyHeader, 'bigEndian' | 'element' | 'kind' | 'elementBytes'> | undefined {
  const match = /^([<>|=]?)([a-zA-Z])(\d*)(\[.*\])?$/.exec(descr);
  if (!match) return undefined;
  const [, order, letter, digits] = match as unknown as [string, string, string, string];
  const bigEndian = order === '>';
  const size = Number(digits || 1);
  const known = KINDS[`${letter}${size}`];
  if (known) return { bigEndian, ...known, elementBytes: size };
  if (letter === 'S') return { bigEndian, element: 'bytes', kind: 'text', elementBytes: size };
  if (letter === 'U') return { bigEndian, element: 'unicode', kind: 'text', elementBytes: 4 * size };
  const other = OTHERS[letter];
  // Pickled objects take as many bytes as they like.
  return other === undefined
    ? undefined
    : { bigEndian, element: 'other', kind: other, elementBytes: letter === 'O' ? 0 : size };
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
