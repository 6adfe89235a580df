/** What the hub has of a word: which of its files have the parts, and those into the cache. */

import type { Part } from '../../../checkpoint/index.ts';
import { nodeFileSource } from '../../../data/node.ts';
import { CommandError } from '../errors.ts';
import { printError } from '../terminal.ts';
import { plural } from '../text.ts';
import { type Choice, type Pin, pinWord, WeightsCache } from './cache.ts';
import { fetchFiles, type OpenRepository, requirePinned } from './fetch.ts';
import { Hub, type HubFile, type HubListing } from './hub.ts';
import { type Candidate, candidateOf, filesWith, fileWith, mayBeWeights, requireFew } from './parts.ts';
import { type HubReference, hubWord, parseHubWord } from './reference.ts';
import { CannotPeek, remoteSource } from './remote-source.ts';
import type { HubSettings } from './settings.ts';

export type Pins<P extends Part> = Readonly<Record<P, Pin>>;

function offlineError(cache: WeightsCache, reference: HubReference): CommandError {
  const word = hubWord(reference);
  const pins = cache.pinsOf(reference).map(pinWord);
  const near = pins.length > 0 ? ` (in it: ${pins.join(', ')})` : '';
  return new CommandError(
    `${word} is not in the cache ${cache.folder}${near}, and nothing is fetched offline; run spotr weights fetch ${word} with a network once.`,
  );
}

/** Fetches the files that hold the parts, or the named file for all of them. */
export async function fetchParts<P extends Part>(
  cache: WeightsCache,
  reference: HubReference,
  parts: readonly P[],
  settings: HubSettings,
): Promise<Pins<P>> {
  return inRepository(cache, reference, settings, async (repository) => {
    const { chosen, choice } = await chosenFiles(repository, parts);
    const files = [...new Set(Object.values<HubFile>(chosen))];
    const pins = await fetchFiles(repository, files, choice);
    const pinOf = (part: P) => pins[files.indexOf(chosen[part])] as Pin;
    return Object.fromEntries(parts.map((part) => [part, pinOf(part)])) as Pins<P>;
  });
}

/**
 * Fetches what a word names, or both parts where it names a repository, whichever of them there are. What is in the cache
 * already is compared with what the hub lists now, and read.
 */
export async function fetchWord(word: string, settings: HubSettings): Promise<readonly Pin[]> {
  return inRepository(new WeightsCache(settings.cache), parseHubWord(word), settings, async (repository) => {
    const { files, choice } = await filesToFetch(repository);
    return fetchFiles(repository, files, choice);
  });
}

async function filesToFetch(
  repository: OpenRepository,
): Promise<{ readonly files: readonly HubFile[]; readonly choice?: Choice }> {
  const { reference, listing } = repository;
  const word = hubWord({ ...reference, file: undefined });
  if (reference.file !== undefined) return { files: [requireListed(listing, reference.file, word)] };
  const { candidates, choice } = await candidatesOf(repository);
  const there = PARTS.filter((part) => filesWith(part, candidates).length > 0);
  const parts = there.length > 0 ? there : PARTS;
  const names = parts.map((part) => fileWith(part, candidates, word));
  return { files: [...new Set(names)].map((name) => requireListed(listing, name, word)), choice };
}

/**
 * Does something with what the hub lists at a revision.
 * @throws CommandError offline, where the cache cannot be written, and where the listing is not what is pinned of it.
 */
async function inRepository<T>(
  cache: WeightsCache,
  reference: HubReference,
  settings: HubSettings,
  work: (repository: OpenRepository) => Promise<T>,
): Promise<T> {
  if (settings.offline) throw offlineError(cache, reference);
  cache.requireWritable();
  const hub = new Hub(settings);
  try {
    const listing = await hub.listing(reference.repo, reference.revision);
    requirePinned(cache.pinsOf(reference), listing, hub.host);
    return await work({ hub, cache, reference, listing });
  } finally {
    await hub.dispose();
  }
}

async function chosenFiles<P extends Part>(
  repository: OpenRepository,
  parts: readonly P[],
): Promise<{ readonly chosen: Readonly<Record<P, HubFile>>; readonly choice?: Choice }> {
  const { reference, listing } = repository;
  const { file } = reference;
  if (file !== undefined) {
    const found = requireListed(listing, file, hubWord({ ...reference, file: undefined }));
    return { chosen: Object.fromEntries(parts.map((part) => [part, found])) as Record<P, HubFile> };
  }
  const { candidates, choice } = await candidatesOf(repository);
  const word = hubWord(reference);
  const chosen = Object.fromEntries(
    parts.map((part) => [part, requireListed(listing, fileWith(part, candidates, word), word)]),
  ) as Record<P, HubFile>;
  return { chosen, choice };
}

function requireListed({ files }: HubListing, path: string, word: string): HubFile {
  const found = files.find((one) => one.path === path);
  if (found) return found;
  const weights = files.map((one) => one.path).filter(mayBeWeights);
  const there = weights.length > 0 ? `it has ${weights.slice(0, 8).join(', ')}` : 'it has no weights';
  throw new CommandError(`${word} has no file ${path}; ${there}.`);
}

const PARTS = ['encoder', 'decoder'] as const;

/**
 * Looks at the headers of all weights of a repository: which of them have the parts. Files that cannot be looked at from afar
 * are fetched.
 */
async function candidatesOf(
  repository: OpenRepository,
): Promise<{ readonly candidates: readonly Candidate[]; readonly choice: Choice }> {
  const { reference, listing } = repository;
  const word = hubWord(reference);
  const files = listing.files.filter(({ path }) => mayBeWeights(path));
  requireFew(
    files.map(({ path }) => path),
    word,
  );
  const candidates: Candidate[] = [];
  for (const file of files) candidates.push(await lookAt(repository, file));
  const choice: { -readonly [P in keyof Choice]: Choice[P] } = {};
  for (const part of PARTS) {
    const [first, ...others] = filesWith(part, candidates);
    if (others.length === 0) choice[part] = first ?? null;
    if (others.length === 0 && first !== undefined)
      printError(
        `  Of ${plural(files.length, 'file')} of weights in ${word}, ${first} has the ${part}, by its tensors.`,
      );
  }
  return { candidates, choice };
}

async function lookAt(repository: OpenRepository, file: HubFile): Promise<Candidate> {
  const { hub, cache, listing } = repository;
  try {
    return await candidateOf(remoteSource({ hub, listing, file }), file.path);
  } catch (error) {
    if (!(error instanceof CannotPeek)) throw error;
    printError(`  ${error.message}: it is fetched whole to identify its tensors.`);
  }
  const [pin] = await fetchFiles(repository, [file]);
  return candidateOf(await nodeFileSource(cache.blobPath((pin as Pin).sha256)), file.path);
}
