/** MAT files of version 4: matrices one after the other, each with a header of 20 bytes. PhysioNet's are of this kind. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { decodeText } from '../../source/text.ts';
import { ELEMENT_BYTES, type ElementKind } from '../array/elements.ts';
import { planeOf, storedNumbers } from '../array/stored.ts';
import type { Variable } from '../array/variable.ts';

const HEADER_BYTES = 20;
const LONGEST_NAME = 256;
const KINDS: readonly ElementKind[] = ['float64', 'float32', 'int32', 'int16', 'uint16', 'uint8'];
const [NUMBERS, TEXT] = [0, 1];

/** Is this the header of a matrix? The first word is the decimal number MOPT: machine, 0, precision, matrix type. */
export function isVersion4(header: Uint8Array): boolean {
  return header.length === HEADER_BYTES && endianOf(header) !== undefined;
}

/** Lists the matrices. Throws a FormatError where one reaches out of the file. */
export async function version4Variables(source: ByteSource): Promise<Variable[]> {
  const variables: Variable[] = [];
  for (let at = 0; at < source.size; ) {
    const header = await source.read(at, HEADER_BYTES);
    const bigEndian = header.length === HEADER_BYTES ? endianOf(header) : undefined;
    if (bigEndian === undefined) {
      throw new FormatError(source.name, 'holds no matrix where one should begin.', 'Copy it again.', {
        byte: at,
        field: 'matrix header',
      });
    }
    const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
    const [mopt, rows, columns, imaginary, nameBytes] = [0, 4, 8, 12, 16].map((field) =>
      view.getUint32(field, !bigEndian),
    ) as [number, number, number, number, number];
    const kind = KINDS[Math.floor(mopt / 10) % 10] as ElementKind;
    const offset = at + HEADER_BYTES + nameBytes;
    const bytes = rows * columns * ELEMENT_BYTES[kind] * (imaginary ? 2 : 1);
    if (nameBytes > LONGEST_NAME || offset + bytes > source.size) {
      throw new FormatError(
        source.name,
        `declares ${rows} x ${columns} numbers of ${ELEMENT_BYTES[kind]} bytes, but ${Math.max(0, source.size - offset)} bytes follow.`,
        'Copy it again.',
        { byte: at, field: 'rows x columns', found: `${rows} x ${columns}` },
      );
    }
    const name = decodeText(await source.read(at + HEADER_BYTES, nameBytes)).replace(/\0.*$/s, '');
    variables.push(
      variableOf(source, { name, rows, columns, kind, bigEndian, offset }, mopt % 10, imaginary),
    );
    at = offset + bytes;
  }
  return variables;
}

interface Matrix {
  name: string;
  rows: number;
  columns: number;
  kind: ElementKind;
  bigEndian: boolean;
  offset: number;
}

function variableOf(
  source: ByteSource,
  { name, rows, columns, kind, bigEndian, offset }: Matrix,
  type: number,
  imaginary: number,
): Variable {
  const shape = [rows, columns];
  const plane = planeOf(shape) as [number, number];
  const numbers = storedNumbers(source, { kind, bigEndian, plane, fortran: plane[0] !== 1, offset });
  if (type === NUMBERS && !imaginary) return { name, shape, kind, numbers };
  if (type !== TEXT) return { name, shape, kind: imaginary ? 'complex numbers' : 'sparse numbers' };
  return {
    name,
    shape,
    kind: 'text',
    texts: async () => {
      const letters = storedNumbers(source, {
        kind,
        bigEndian,
        plane: [rows, columns],
        fortran: true,
        offset,
      });
      const places = Array.from({ length: Math.min(rows, 4096) }, (_, row) => row);
      const lines = await letters.read(1, places, 0, Math.min(columns, 4096));
      return lines.map((codes) => Array.from(codes, (code) => String.fromCharCode(code)).join(''));
    },
  };
}

/** Undefined where the word makes no sense either way round. */
function endianOf(header: Uint8Array): boolean | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  for (const bigEndian of [false, true]) {
    const mopt = view.getUint32(0, !bigEndian);
    const [machine, zero, precision, type] = [1000, 100, 10, 1].map(
      (unit) => Math.floor(mopt / unit) % 10,
    ) as [number, number, number, number];
    const isMeant = mopt < 2000 && machine === (bigEndian ? 1 : 0) && zero === 0 && precision < 6 && type < 3;
    // Zero is little-endian doubles; both ways round it is the same word.
    if (isMeant && view.getUint32(16, !bigEndian) <= LONGEST_NAME && view.getUint32(12, !bigEndian) < 2)
      return bigEndian;
  }
  return undefined;
}
