/** NPZ: named NumPy arrays in a ZIP file. */
import { readZip, recordSource } from '../../../base/zip.ts';
import { FormatError, formatRefuser } from '../../errors.ts';
import type { Format } from '../format.ts';
import { npyVariable } from './npy.ts';
import type { Variable } from './variable.ts';
import { recordingOf } from './variables.ts';

/** Each is begun, for its type and its shape. */
const MOST_MEMBERS = 4096;

const isArray = (name: string): boolean => /\.npy$/i.test(name);

export const npz: Format = {
  name: 'NPZ',
  endings: ['npz'],
  open: async (entry, _, options) => {
    const source = await entry.open();
    const refuse = formatRefuser(source.name, {
      unsupported: 'Save it with numpy.savez or numpy.savez_compressed.',
    });
    const records = await readZip(source, refuse, { wanted: isArray, legacyNames: true });
    const members = [...records.values()].filter(({ name }) => isArray(name));
    if (members.length === 0) {
      throw new FormatError(source.name, 'holds no NumPy arrays.', 'Save it with numpy.savez.');
    }
    if (members.length > MOST_MEMBERS) {
      throw new FormatError(
        source.name,
        `holds ${members.length} arrays, more than the ${MOST_MEMBERS} that are looked at.`,
        'Save fewer in a file.',
        { found: members.length, expected: `at most ${MOST_MEMBERS}` },
      );
    }
    const variables: Variable[] = [];
    for (const member of members)
      variables.push(await npyVariable(await recordSource(source, member, refuse), member.name.slice(0, -4)));
    return recordingOf({ name: source.name, format: 'NPZ', variables }, options);
  },
};
