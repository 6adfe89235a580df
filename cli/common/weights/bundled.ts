/** Weights that ship with the package, `bundled:NAME`: published folders in `weights/`, made by `npm run weights`. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kindsInWords } from '../../../data/index.ts';
import { UsageError } from '../errors.ts';
import { saying } from '../files.ts';
import { plural, type Row, showCount } from '../text.ts';
import { type BlobState, fileSha256 } from './cache.ts';
import { PUBLISHED_CONFIG } from './published-check.ts';
import { type Published, readPublished } from './read-published.ts';
import { bundledName, bundledWord } from './reference.ts';

const ROOM = fileURLToPath(new URL('../../../weights', import.meta.url));

/** What a command takes where no weights are named. */
const DEFAULT_WEIGHTS = bundledWord('tiny');

/** By name. */
export function bundledNames(room = ROOM): string[] {
  if (!existsSync(room)) return [];
  const names = saying(room, 'read', () => readdirSync(room));
  return names.filter((name) => existsSync(join(room, name, PUBLISHED_CONFIG))).sort();
}

/** The folder of `bundled:NAME`. @throws UsageError that lists the names there are. */
export function bundledFolder(word: string, room = ROOM): string {
  const names = bundledNames(room);
  const name = bundledName(word);
  if (names.includes(name)) return join(room, name);
  const there = names.length > 0 ? names.map(bundledWord).join(', ') : 'none in this installation';
  throw new UsageError(`There are no weights "${word}"; there are ${there}.`);
}

export interface FileState {
  readonly name: string;
  readonly sha256: string;
  readonly state: BlobState;
}

/** Compares each file of bundled weights with what `config.json` beside it says: all bytes are read. */
export async function bundledStates(word: string, room = ROOM): Promise<FileState[]> {
  const folder = bundledFolder(word, room);
  const states: FileState[] = [];
  for (const [name, { bytes, sha256 }] of Object.entries(readPublished(folder).files)) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    const isWhole = found?.isFile() && found.size === bytes && (await fileSha256(path)) === sha256;
    states.push({ name, sha256, state: !found ? 'missing' : isWhole ? 'whole' : 'changed' });
  }
  return states;
}

export interface ChosenWeights {
  readonly word: string;
  /** What is to be said of them: nothing where they were named. */
  readonly rows: readonly Row[];
  /** What a command line that goes on lacks to name them: another version may take others. */
  readonly options: readonly string[];
}

/** The weights that a command line names, or those that stand in, which is to be said. */
export function chosenWeights(named: string | undefined, room = ROOM): ChosenWeights {
  if (named !== undefined) return { word: named, rows: [], options: [] };
  const published = readPublished(bundledFolder(DEFAULT_WEIGHTS, room));
  return {
    word: DEFAULT_WEIGHTS,
    rows: [['no --weights', inWords(DEFAULT_WEIGHTS, published)]],
    options: ['--weights', DEFAULT_WEIGHTS],
  };
}

/** What they are, what they are for, and what they are not. */
function inWords(word: string, { parameters, steps, windows, kinds, dataSets, atFloor }: Published): string {
  const isPartlyGenerated = dataSets.some((name) => name.startsWith('synthetic:'));
  return [
    `${word} is used: ${showCount(parameters)} parameters, ${plural(steps, 'step')} on ${showCount(windows)} windows of ${kindsInWords(kinds)}${isPartlyGenerated ? ', recorded and generated' : ''}.`,
    'It is meant for trying out, searching and comparing windows; reliable results need weights trained on more data, and a comparison with baselines (spotr probe).',
    ...(atFloor.length > 0
      ? [
          `On held-out ${kindsInWords(atFloor)} it reconstructs no more than one waveform repeated in each patch.`,
        ]
      : []),
    'Choose other weights with --weights.',
  ].join(' ');
}
