/** Which WFDB records belong together: long ones are stored as many segments, each a record of its own. */
import type { Kin } from '../../recording.ts';
import { decodeText } from '../../source/text.ts';
import type { FileEntry, FileSet } from '../format.ts';
import { segmentNames } from './master.ts';

/** Headers of several segments, by the header of each segment. */
export type Masters = ReadonlyMap<string, readonly string[]>;

const HEADER = /\.hea$/i;
/** No header is longer; a file that is, is something else. */
const MAXIMUM_BYTES = 1 << 22;

const known = new WeakMap<FileSet, Promise<Masters>>();

/** The headers among files that join others to one record; looked for once. They need not be readable themselves. */
export function mastersAmong(files: FileSet): Promise<Masters> {
  const masters = known.get(files) ?? findMasters(files.entries);
  known.set(files, masters);
  return masters;
}

async function findMasters(entries: readonly FileEntry[]): Promise<Masters> {
  const masters = new Map<string, string[]>();
  for (const { path, open } of entries) {
    if (!HEADER.test(path)) continue;
    const text = await open()
      .then(async (source) => decodeText(await source.read(0, Math.min(source.size, MAXIMUM_BYTES))))
      // What cannot be read joins nothing; opening it as a recording says what is wrong with it.
      .catch(() => '');
    for (const segment of segmentNames(text)) {
      const header = `${folderOf(path)}${segment}.hea`;
      masters.set(header, [...(masters.get(header) ?? []), path]);
    }
  }
  return masters;
}

/**
 * What a record shares with others: the records of several segments that name it (of such a record, itself), the record
 * whose segment number (_0001, _0002, ..., as MIMIC has them) its name ends in, and its files of samples.
 */
export function kinOf(
  header: string,
  isMaster: boolean,
  signalFiles: readonly string[],
  masters: Masters,
): Kin {
  const name = header.replace(HEADER, '');
  const joined = (masters.get(header) ?? []).map((master) => master.replace(HEADER, ''));
  const numbered = /_\d{4}$/.test(name) ? [name.slice(0, -5)] : [];
  const own = isMaster ? [name] : [];
  return { records: [...new Set([...own, ...joined, ...numbered])], files: [...new Set(signalFiles)] };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
