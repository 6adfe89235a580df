/** MATLAB's MAT files: versions 4 and 5 here (5 is what "-v6" and "-v7" save), 7.3 as the HDF5 that it is. */

import type { ByteSource } from '../../../base/bytes.ts';
import { inflatedSource, inflatedStart } from '../../../base/inflate.ts';
import { FormatError, formatRefuser } from '../../errors.ts';
import type { Variable } from '../array/variable.ts';
import { recordingOf } from '../array/variables.ts';
import type { Format } from '../format.ts';
import { atGivenRate } from '../given-rate.ts';
import { hdf5File, isHdf5 } from '../hdf5/hdf5.ts';
import { isLabChart, labChartRecording } from './labchart.ts';
import { MatrixReader } from './matrix.ts';
import { cutShort, readElement, TYPES } from './tags.ts';
import { isVersion4, version4Variables } from './version4.ts';

const HEADER_BYTES = 128;
/** Bytes that may stand behind a compressed array, to end at a multiple of 8. */
const PADDING = 7;

export const mat: Format = {
  name: 'MAT',
  endings: ['mat'],
  open: async (entry, _, options) => {
    const source = await entry.open();
    if (await isHdf5(source)) return recordingOf(await hdf5File(source, 'MAT 7.3'), options);
    const { format, variables } = await matVariables(source);
    if (options.variable === undefined && isLabChart(variables))
      return atGivenRate(await labChartRecording(source.name, format, variables), options.rate);
    return recordingOf({ name: source.name, format, variables }, options);
  },
};

/** The arrays of a file of version 4 or 5. Throws a FormatError where it is neither, or damaged. */
async function matVariables(source: ByteSource): Promise<{ format: string; variables: Variable[] }> {
  const header = await source.read(0, HEADER_BYTES);
  const endian = String.fromCharCode(header[126] ?? 0, header[127] ?? 0);
  if (header.length === HEADER_BYTES && (endian === 'IM' || endian === 'MI')) {
    return { format: 'MAT 5', variables: await version5Variables(source, endian === 'MI') };
  }
  if (isVersion4(header.subarray(0, 20)))
    return { format: 'MAT 4', variables: await version4Variables(source) };
  throw new FormatError(
    source.name,
    'starts as no MAT file does.',
    "Save it again with MATLAB's save or scipy.io.savemat.",
    { byte: 0, field: 'header', expected: '"MATLAB 5.0 MAT-file", HDF5, or a matrix of version 4' },
  );
}

async function version5Variables(source: ByteSource, bigEndian: boolean): Promise<Variable[]> {
  const variables: Variable[] = [];
  for (let at = HEADER_BYTES; at + 8 <= source.size; ) {
    const element = await readElement(source, at, source.size, bigEndian);
    if (element.type === TYPES.matrix)
      variables.push(...(await new MatrixReader(source, bigEndian).variables(element)));
    else if (element.type === TYPES.compressed)
      variables.push(...(await compressedVariables(source, element, bigEndian)));
    at = element.next;
  }
  // What MATLAB keeps for objects and functions has no name.
  return variables.filter(({ name }) => name !== '');
}

async function compressedVariables(
  source: ByteSource,
  { at, bytes }: { at: number; bytes: number },
  bigEndian: boolean,
): Promise<Variable[]> {
  const place = { source, offset: at, length: bytes, format: 'deflate' as const };
  const refuse = formatRefuser(source.name);
  // The tag inside says how much comes out.
  const tag = await inflatedStart(place, 8, refuse);
  if (tag.length < 8) throw cutShort(source, at, 'a compressed array');
  const view = new DataView(tag.buffer, tag.byteOffset, tag.length);
  const [type, size] = [view.getUint32(0, !bigEndian), view.getUint32(4, !bigEndian)];
  if (type !== TYPES.matrix) return [];
  const inside = await inflatedSource({ ...place, size: 8 + size, padding: PADDING }, refuse);
  return new MatrixReader(inside, bigEndian).variables(await readElement(inside, 0, inside.size, bigEndian));
}
