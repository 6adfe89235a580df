/** One word of weights (a file, a run, any folder, `hf:...`, `bundled:...`) to the files that hold the parts of a model. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Part } from '../../../checkpoint/index.ts';
import { nodeFileSource } from '../../../data/node.ts';
import { CommandError } from '../errors.ts';
import { saying } from '../files.ts';
import { nearPaths } from '../text.ts';
import { bundledFolder } from './bundled.ts';
import { type Pin, pinWord, WeightsCache } from './cache.ts';
import type { fetchParts, Pins } from './online.ts';
import {
  type Candidate,
  candidateOf,
  fileWith,
  mayBeWeights,
  PartLackingError,
  requireFew,
} from './parts.ts';
import { type HubReference, hubWord, isBundledWord, isHubWord, parseHubWord } from './reference.ts';
import { type HubSettings, hubSettings } from './settings.ts';

export interface WeightsFile {
  readonly path: string;
  /** For people: the path, or the words that fetched it. */
  readonly name: string;
}

export interface ResolveOptions {
  /** Nothing is fetched. */
  readonly offline?: boolean;
  readonly settings?: HubSettings;
}

/** A word as it is kept in results: a path from the root; words that are no paths as they are. */
export const wholeWord = (word: string): string =>
  isHubWord(word) || isBundledWord(word) ? word : resolve(word);

/**
 * The files that hold `parts`. A file is taken for all of them, without a look; in a folder or a repository the tensors
 * tell. The network is touched only for `hf:`, and only for what is not in the cache; what is in it is read whole and
 * compared with the SHA-256 that it was fetched with.
 * @throws CommandError where a part is missing, or two files have it, or fetching fails; UsageError for words that mean nothing.
 */
export async function resolveWeights<P extends Part>(
  word: string,
  parts: readonly P[],
  options: ResolveOptions = {},
): Promise<Readonly<Record<P, WeightsFile>>> {
  if (isHubWord(word)) return fromHub(parseHubWord(word), parts, options);
  if (isBundledWord(word)) {
    const files = await fromFolder(bundledFolder(word), parts);
    return forEach(parts, (part) => ({ path: files[part].path, name: word }));
  }
  const path = resolve(word);
  if (/^(https?|hf):\/\//i.test(word))
    throw new CommandError(`"${word}" is an address; write hf:OWNER/REPO, or name a file.`);
  if (!existsSync(path) || !statSync(path).isDirectory()) return forEach(parts, () => ({ path, name: path }));
  return fromFolder(path, parts);
}

/** The same of one part that may be missing: undefined where a folder or a repository holds none. */
export async function resolveIfThere(
  word: string,
  part: Part,
  options: ResolveOptions = {},
): Promise<WeightsFile | undefined> {
  try {
    return (await resolveWeights(word, [part], options))[part];
  } catch (error) {
    if (error instanceof PartLackingError) return undefined;
    throw error;
  }
}

const forEach = <P extends Part>(parts: readonly P[], file: (part: P) => WeightsFile) =>
  Object.fromEntries(parts.map((part) => [part, file(part)])) as Record<P, WeightsFile>;

async function fromFolder<P extends Part>(
  folder: string,
  parts: readonly P[],
): Promise<Readonly<Record<P, WeightsFile>>> {
  const where = `The folder ${nearPaths(folder)}`;
  const names = saying(folder, 'read', () => readdirSync(folder))
    .filter(
      (name) => mayBeWeights(name) && existsSync(join(folder, name)) && statSync(join(folder, name)).isFile(),
    )
    .sort();
  requireFew(names, where);
  const candidates: Candidate[] = [];
  for (const name of names)
    candidates.push(await candidateOf(await nodeFileSource(join(folder, name)), name));
  return forEach(parts, (part) => {
    const path = join(folder, fileWith(part, candidates, where));
    return { path, name: path };
  });
}

async function fromHub<P extends Part>(
  reference: HubReference,
  parts: readonly P[],
  { offline, settings = hubSettings(offline) }: ResolveOptions,
): Promise<Readonly<Record<P, WeightsFile>>> {
  const cache = new WeightsCache(settings.cache);
  const pins = fromCache(cache, reference, parts) ?? (await online(cache, reference, parts, settings));
  await requireWhole(cache, [...new Set(Object.values<Pin>(pins))]);
  return forEach(parts, (part) => {
    const pin = pins[part];
    return { path: cache.blobPath(pin.sha256), name: `${pinWord(pin)} (commit ${pin.commit.slice(0, 8)})` };
  });
}

/** The client of the hub is loaded only where the network is touched. */
const online: typeof fetchParts = async (...asked) => (await import('./online.ts')).fetchParts(...asked);

/** What the cache has of the parts; undefined where it lacks one, or what has it was not looked up. */
function fromCache<P extends Part>(
  cache: WeightsCache,
  reference: HubReference,
  parts: readonly P[],
): Pins<P> | undefined {
  const choice = reference.file === undefined ? cache.choice(reference) : undefined;
  const found = parts.map((part) => {
    const file = reference.file ?? choice?.[part];
    if (file === null)
      throw new PartLackingError(
        `${hubWord(reference)} holds no ${part}: its tensors showed that when it was fetched. Name a repository or a file that does.`,
      );
    const pin = file === undefined ? undefined : cache.pin({ ...reference, file });
    return pin && cache.has(pin) ? pin : undefined;
  });
  if (found.includes(undefined)) return undefined;
  return Object.fromEntries(parts.map((part, i) => [part, found[i]])) as unknown as Pins<P>;
}

async function requireWhole(cache: WeightsCache, pins: readonly Pin[]): Promise<void> {
  for (const pin of pins) {
    const state = await cache.stateOf(pin);
    if (state === 'whole') continue;
    throw new CommandError(
      `${cache.blobPath(pin.sha256)}: the cached ${pinWord(pin)} is ${state === 'changed' ? 'not what was fetched: its bytes are others' : state}; fetch it again with spotr weights fetch ${pinWord(pin)}.`,
    );
  }
}
