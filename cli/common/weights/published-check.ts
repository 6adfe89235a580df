/** A published folder, as whoever reads weights from it sees it. */
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { decodeFile } from '../../../data/index.ts';
import { CommandError } from '../errors.ts';
import { isSha256, readStart } from '../files.ts';
import { nearPaths } from '../text.ts';

/** What the `config.json` of a published folder calls itself; that of a run, or of another program, does not. */
export const PUBLISHED_FORMAT = 'spotr-published';
export const PUBLISHED_CONFIG = 'config.json';

/** Bytes of a `config.json` that is read. */
const MAX_BYTES = 2 ** 20;

export interface PublishedFile {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/**
 * Compares a file of weights with what the published folder that it lies in says of it; a file that lies elsewhere is not
 * looked at. `sha256`: of the file as it was read.
 * @throws CommandError where the file is not the one that was published.
 */
export function checkPublished(path: string, sha256: string): void {
  const files = readPublishedConfig(dirname(path))?.files;
  if (!files) return;
  const name = basename(path);
  const published = files[name];
  if (published?.sha256 === sha256) return;
  const found = published
    ? `its SHA-256 is ${sha256}, but the folder was published with ${published.sha256}`
    : `the folder was published without such a file`;
  throw new CommandError(
    `${nearPaths(path)}: ${found} (${PUBLISHED_CONFIG} says so); the file is damaged or another one: fetch or publish the folder again.`,
  );
}

export type PublishedFiles = Readonly<Record<string, PublishedFile>>;

/** The `config.json` of a published folder, of which the files alone are checked; undefined for a folder that was not published. */
export function readPublishedConfig(
  folder: string,
): (Readonly<Record<string, unknown>> & { readonly files: PublishedFiles }) | undefined {
  const path = join(folder, PUBLISHED_CONFIG);
  const there = statSync(path, { throwIfNoEntry: false });
  // A pipe would be waited for.
  if (!there?.isFile()) return undefined;
  // That of a run may be long, and is not read to its end.
  const text = decodeFile(readStart(path, Math.min(there.size, MAX_BYTES)));
  if (!text.includes(PUBLISHED_FORMAT)) return undefined;
  const reject = (what: string): never => {
    throw new CommandError(`${nearPaths(path)}: ${what}; fetch or publish the folder again.`);
  };
  // Of a run a path may be called so.
  const isOurs = new RegExp(`"format"\\s*:\\s*"${PUBLISHED_FORMAT}"`).test(text);
  if (there.size > MAX_BYTES && !isOurs) return undefined;
  if (there.size > MAX_BYTES)
    reject(
      `has ${there.size} bytes, of which at most ${MAX_BYTES} are read, so the files beside it cannot be checked`,
    );
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return reject('is not JSON, so the files beside it cannot be checked');
  }
  const { format, files } = (config ?? {}) as { format?: unknown; files?: unknown };
  if (format !== PUBLISHED_FORMAT) return undefined;
  if (typeof files !== 'object' || files === null) return reject('lists no files with their SHA-256');
  const isFile = (one: unknown) => {
    const { bytes, sha256 } = (one ?? {}) as { readonly [name in keyof PublishedFile]?: unknown };
    return Number.isSafeInteger(bytes) && isSha256(sha256);
  };
  if (!Object.values(files).every(isFile)) return reject('names a file without its bytes and SHA-256');
  return { ...(config as Record<string, unknown>), files: files as PublishedFiles };
}
