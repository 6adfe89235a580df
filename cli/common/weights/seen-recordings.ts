/** Which recordings the run that made some weights was given: known where the weights lie in the folder of that run. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { firstNames } from '../../../base/first-names.ts';
import { type ManifestEntry, SignalError } from '../../../data/index.ts';
import { readText, recordOf } from '../files.ts';
import { isManifest, loadManifest } from '../recordings.ts';
import { RUN_FILES } from '../run/run-folder.ts';
import { nearPaths, plural, type Row } from '../text.ts';

const MAX_NAMED = 5;
/** Bytes of a config of a run: enough for the names of half a million files. */
const MAX_BYTES = 2 ** 26;

/** Whether any of the recordings (by name) was; nothing where none was, and where it is not known. */
export function seenRows(weightsPath: string, names: Iterable<string>): Row[] {
  const config = join(dirname(weightsPath), RUN_FILES.config);
  const wasGiven = givenIn(config);
  const all = [...new Set(names)];
  const seen = wasGiven ? all.filter(wasGiven) : [];
  if (seen.length === 0) return [];
  const few = firstNames(seen.map(nearPaths), MAX_NAMED);
  const were = seen.length === 1 ? 'was' : 'were';
  return [
    [
      '  seen',
      `${seen.length} of ${plural(all.length, 'recording')} ${were} given to the run that made these weights, to train on or to hold out (${nearPaths(config)}): ${few}; results on ${seen.length === 1 ? 'it' : 'them'} say little about new recordings`,
    ],
  ];
}

/** Undefined where the file is not there, is none of a run, or is of a run on generated signals. */
function givenIn(config: string): ((name: string) => boolean) | undefined {
  const there = statSync(config, { throwIfNoEntry: false });
  // A pipe would be waited for, and what is so long is none of a run.
  const stated = there?.isFile() && there.size <= MAX_BYTES ? parsed(readText(config)) : undefined;
  const { settings, passedOver } = recordOf(stated);
  const { paths } = recordOf(settings);
  if (!Array.isArray(paths) || paths.length === 0) return undefined;
  const given = paths.flatMap((path: unknown) => (typeof path === 'string' ? pathsIn(path) : []));
  const unread = new Set(
    (Array.isArray(passedOver) ? passedOver : []).map((one: unknown) => recordOf(one).path),
  );
  return (name) => {
    const own = slashed(name);
    return !unread.has(name) && given.some((path) => own === path || own.startsWith(`${path}/`));
  };
}

/** What a path of a command line stands for: itself, or the recordings of a manifest that are not for testing. */
function pathsIn(path: string): string[] {
  if (!isManifest(path)) return [slashed(path)];
  return entriesNow(path).flatMap(({ path: own, split }) =>
    split === 'test' ? [] : [slashed(resolve(dirname(path), own))],
  );
}

/** What a manifest named when the run was made cannot be known where it is gone or is none any more. */
function entriesNow(manifest: string): readonly ManifestEntry[] {
  if (!existsSync(manifest)) return [];
  try {
    return loadManifest(manifest).entries;
  } catch (error) {
    if (error instanceof SignalError) return [];
    throw error;
  }
}

const slashed = (path: string): string => path.replaceAll('\\', '/').replace(/\/+$/, '');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
