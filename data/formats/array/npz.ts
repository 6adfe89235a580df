/** NPZ: named NumPy arrays in a ZIP file. */
import { FormatError } from '../../errors.ts';
import type { Format } from '../format.ts';
import { npyVariable } from './npy.ts';
import type { Variable } from './variable.ts';
import { recordingOf } from './variables.ts';
import { readZipDirectory, zipMemberSource } from './zip.ts';

export const npz: Format = {
  name: 'NPZ',
  endings: ['npz'],
  open: async (entry, _, options) => {
    const source = await entry.open();
    const members = (await readZipDirectory(source)).filter(({ name }) => /\.npy$/i.test(name));
    if (members.length === 0) {
      throw new FormatError(source.name, 'holds no NumPy arrays.', 'Save it with numpy.savez.');
    }
    const variables: Variable[] = [];
    for (const member of members)
      variables.push(await npyVariable(await zipMemberSource(source, member), member.name.slice(0, -4)));
    return recordingOf({ name: source.name, format: 'NPZ', variables }, options);
  },
};
