/** NPY: one NumPy array, read by seeking. */
import type { ByteSource } from '../../../base/bytes.ts';
import { decodeText } from '../../source/text.ts';
import type { Format } from '../format.ts';
import type { ElementKind } from './elements.ts';
import { type NpyHeader, readNpyHeader } from './npy-header.ts';
import { planeOf, storedNumbers } from './stored.ts';
import type { Variable } from './variable.ts';
import { recordingOf } from './variables.ts';

export const npy: Format = {
  name: 'NPY',
  endings: ['npy'],
  open: async (entry, _, options) => {
    const source = await entry.open();
    const variable = await npyVariable(source, '');
    return recordingOf({ name: source.name, format: 'NPY', variables: [variable] }, options);
  },
};

/** The array in a source that is all of an NPY file; `name` is what it is called where there are several. */
export async function npyVariable(source: ByteSource, name: string): Promise<Variable> {
  const header = await readNpyHeader(source, name || 'array');
  const { element, shape, kind } = header;
  const plane = planeOf(shape);
  if (element === 'bytes' || element === 'unicode')
    return { name, shape, kind, texts: () => readTexts(source, header) };
  if (element === 'other' || !plane) return { name, shape, kind };
  const { bigEndian, fortran, dataOffset } = header;
  const numbers = storedNumbers(source, {
    kind: element satisfies ElementKind,
    bigEndian,
    plane,
    fortran: fortran && !plane.includes(1),
    offset: dataOffset,
  });
  return { name, shape, kind, numbers };
}

async function readTexts(source: ByteSource, header: NpyHeader): Promise<string[]> {
  const { dataOffset, dataBytes, elementBytes, element, bigEndian } = header;
  const bytes = await source.read(dataOffset, dataBytes);
  const count = elementBytes === 0 ? 0 : Math.floor(bytes.length / elementBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i) => {
    const at = i * elementBytes;
    if (element === 'bytes') return unpadded(decodeText(bytes.subarray(at, at + elementBytes)));
    const letters = Array.from({ length: elementBytes / 4 }, (_, k) =>
      view.getUint32(at + 4 * k, !bigEndian),
    );
    // Damage can make letters that Unicode does not have.
    return unpadded(
      letters.map((code) => (code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code))).join(''),
    );
  });
}

function unpadded(text: string): string {
  return text.replace(/\0+$/, '');
}
