/**
 * Words of weights that are no paths: `hf:OWNER/REPO[@REVISION][/FILE]`, which files of which repository on the model hub are meant,
 * and `bundled:NAME`, those that ship with the package.
 */
import { UsageError } from '../errors.ts';

export interface HubReference {
  /** `OWNER/REPO`. */
  readonly repo: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** A path in the repository; undefined where the tensors are to tell which file is meant. */
  readonly file: string | undefined;
}

const PREFIX = 'hf:';
const DEFAULT_REVISION = 'main';
const FORM = 'hf:OWNER/REPO, hf:OWNER/REPO@REVISION or hf:OWNER/REPO@REVISION/FILE';

/** As the hub allows names; two dots in a row it does not. */
const NAME = /^[A-Za-z0-9][\w.-]{0,95}$/;

export const isHubWord = (word: string): boolean => word.startsWith(PREFIX);

const BUNDLED = 'bundled:';

export const isBundledWord = (word: string): boolean => word.startsWith(BUNDLED);

export const bundledWord = (name: string): string => `${BUNDLED}${name}`;

/** What stands after the colon. */
export const bundledName = (word: string): string => word.slice(BUNDLED.length);

/** @throws UsageError for words that name no repository, or a file outside it. */
export function parseHubWord(word: string): HubReference {
  const wrong = (what: string): never => {
    throw new UsageError(`"${word}" ${what}; write ${FORM}.`);
  };
  if (!isHubWord(word)) return wrong('does not begin with hf:');
  const [owner = '', second = '', ...path] = word.slice(PREFIX.length).split('/');
  if (owner === '') return wrong('has no owner');
  const at = second.indexOf('@');
  const name = at < 0 ? second : second.slice(0, at);
  if (name === '') return wrong('has no repository after its owner');
  for (const part of [owner, name])
    if (!NAME.test(part) || part.includes('..')) return wrong(`names no repository ("${part}")`);
  const revision = at < 0 ? DEFAULT_REVISION : decoded(second.slice(at + 1));
  if (revision === undefined || !isRevision(revision)) return wrong('has no revision after the @');
  const file = path.length === 0 ? undefined : path.join('/');
  if (file !== undefined && !isInside(file)) return wrong('names no file of the repository');
  return { repo: `${owner}/${name}`, revision, file };
}

/** The words for a reference; a slash in a revision stands as %2F. */
export function hubWord({ repo, revision, file }: HubReference): string {
  const at = revision === DEFAULT_REVISION ? '' : `@${encodeURIComponent(revision)}`;
  return `${PREFIX}${repo}${at}${file === undefined ? '' : `/${file}`}`;
}

/** Whether a path stays in its repository, whichever system reads it. The hub's own answers are held to it too. */
export function isInside(path: string): boolean {
  const plain = path.length > 0 && path.length <= 1024 && !/[\p{Cc}\\:]/u.test(path);
  return plain && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** As git names commits and blobs. */
export const isObjectName = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);

/** As git takes names, as far as they could do harm in an address or on a disk. */
const isRevision = (name: string): boolean =>
  /^[\w][\w./+-]{0,199}$/.test(name) && !name.includes('..') && !name.endsWith('/');

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
