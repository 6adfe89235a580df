/**
 * Fetched weights on disk. `blobs/` has each content once, under its SHA-256; `pins/` says which file of which repository
 * it is, and a pin once written holds until it is removed: other bytes under the same name are refused.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  createReadStream,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandError } from '../errors.ts';
import { fileError, isSha256, makeFolders, readText, saying } from '../files.ts';
import { type HubReference, hubWord, isInside, isObjectName } from './reference.ts';

/** One file that was fetched. */
export interface Pin {
  readonly repo: string;
  readonly revision: string;
  readonly file: string;
  /** That the revision was when the file was fetched. */
  readonly commit: string;
  readonly size: number;
  readonly sha256: string;
  /** The hub's name for the content of a small file, which tells it apart in its listings; null for large ones. */
  readonly blobId: string | null;
  /** What the repository's card said; null where it said nothing. */
  readonly licence: string | null;
  /** Host that it came from. */
  readonly host: string;
  /** Day, as 2026-01-31. */
  readonly fetched: string;
}

/** Which files of a repository hold the parts, as their tensors told: null where none does, nothing where several do. */
export interface Choice {
  readonly encoder?: string | null;
  readonly decoder?: string | null;
}

export type BlobState = 'whole' | 'missing' | 'changed' | 'not a plain file';

/** No file of a repository is called so in `encoded`. */
const CHOICE = '=parts.json';

/** Bytes of a record that is read. */
const MAX_BYTES = 2 ** 16;

export class WeightsCache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder if it is not there. @throws CommandError where nothing can be written to it. */
  requireWritable(): void {
    try {
      makeFolders(this.folder);
      accessSync(this.folder, constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new CommandError(
        `Weights are kept in ${this.folder}, which cannot be written (${(cause as Error).message.replace(/, \w+( '.*)?$/, '')}); set SPOTR_WEIGHTS_DIR to a folder that can.`,
        { cause },
      );
    }
  }

  blobPath(sha256: string): string {
    return join(this.folder, 'blobs', sha256);
  }

  partialPath(content: string): string {
    return join(this.folder, 'partial', content);
  }

  pin(reference: HubReference & { readonly file: string }): Pin | undefined {
    return readPin(join(this.#folderOf(reference), recordOf(reference.file)), reference);
  }

  /** Of one revision of a repository, by name. @throws CommandError for a record that cannot be read. */
  pinsOf(reference: Pick<HubReference, 'repo' | 'revision'>): Pin[] {
    return this.#recordsOf(reference).flatMap(
      (path) => readPin(path, { ...reference, file: undefined }) ?? [],
    );
  }

  /** Of the file that a reference names, or of all of its revision. @throws CommandError for a record that cannot be read. */
  pinsNamed(reference: HubReference): Pin[] {
    return this.pinsOf(reference).filter(({ file }) => [undefined, file].includes(reference.file));
  }

  /** Of all repositories. `damaged` are records that cannot be read, with the reason. */
  all(): { pins: Pin[]; damaged: string[] } {
    const damaged: string[] = [];
    const pins = this.#revisions().flatMap((reference) =>
      this.#recordsOf(reference).flatMap((path) => {
        try {
          return readPin(path, { ...reference, file: undefined }) ?? [];
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
          damaged.push(error.message);
          return [];
        }
      }),
    );
    return { pins, damaged };
  }

  choice(reference: Pick<HubReference, 'repo' | 'revision'>): Choice | undefined {
    const path = join(this.#folderOf(reference), CHOICE);
    const value = readRecord(path);
    if (value === undefined) return undefined;
    const name = (part: unknown) =>
      part === undefined || part === null || (typeof part === 'string' && isInside(part));
    const { encoder, decoder } = value;
    if (name(encoder) && name(decoder)) return { encoder, decoder } as Choice;
    throw damagedRecord(path);
  }

  writePin(pin: Pin): void {
    this.#write(join(this.#folderOf(pin), recordOf(pin.file)), pin);
  }

  writeChoice(reference: Pick<HubReference, 'repo' | 'revision'>, choice: Choice): void {
    this.#write(join(this.#folderOf(reference), CHOICE), choice);
  }

  /** Whether something lies where the bytes of a pin are kept, whatever it is. */
  has({ sha256 }: Pick<Pin, 'sha256'>): boolean {
    return entryAt(this.blobPath(sha256), lstatSync) !== undefined;
  }

  /** Whether the bytes are those of the pin: all of them are read. @throws CommandError where they cannot be. */
  async stateOf({ sha256, size }: Pick<Pin, 'sha256' | 'size'>): Promise<BlobState> {
    const path = this.blobPath(sha256);
    const found = entryAt(path, lstatSync);
    if (!found) return 'missing';
    // What a link points to could be changed by whoever owns that.
    if (!found.isFile()) return 'not a plain file';
    if (found.size !== size) return 'changed';
    try {
      return (await fileSha256(path)) === sha256 ? 'whole' : 'changed';
    } catch (error) {
      // Another process may remove it while it is read.
      if (!entryAt(path, lstatSync)) return 'missing';
      throw fileError(path, 'read', error);
    }
  }

  /** Removes what is pinned for a reference (all files of the revision where it names none), and contents that no other pin needs. */
  remove(reference: HubReference): Pin[] {
    const folder = this.#folderOf(reference);
    const gone = this.pinsNamed(reference);
    saying(folder, 'removed', () => {
      if (reference.file === undefined) rmSync(folder, { recursive: true, force: true });
      else {
        // Which file has which part was told for all of them.
        for (const name of [recordOf(reference.file), CHOICE]) rmSync(join(folder, name), { force: true });
      }
    });
    const kept = new Set(this.all().pins.map(({ sha256 }) => sha256));
    for (const { sha256 } of gone) {
      const path = this.blobPath(sha256);
      if (!kept.has(sha256)) saying(path, 'removed', () => rmSync(path, { force: true, recursive: true }));
    }
    return gone;
  }

  /** Removes everything that is kept here, and nothing else that the folder may hold. */
  clear(): void {
    for (const name of ['pins', 'blobs', 'partial']) {
      const folder = join(this.folder, name);
      saying(folder, 'removed', () => rmSync(folder, { recursive: true, force: true }));
    }
  }

  /** Parts of files whose fetch was interrupted. */
  partials(): { path: string; size: number }[] {
    const folder = join(this.folder, 'partial');
    return namesIn(folder).map((name) => {
      const path = join(folder, name);
      return { path, size: lstatSync(path, { throwIfNoEntry: false })?.size ?? 0 };
    });
  }

  #revisions(): Pick<HubReference, 'repo' | 'revision'>[] {
    const pins = join(this.folder, 'pins');
    return namesIn(pins).flatMap((owner) =>
      namesIn(join(pins, owner)).flatMap((name) =>
        namesIn(join(pins, owner, name)).flatMap((revision) => {
          const plain = decodedName(revision);
          return plain === undefined ? [] : [{ repo: `${owner}/${name}`, revision: plain }];
        }),
      ),
    );
  }

  #recordsOf(reference: Pick<HubReference, 'repo' | 'revision'>): string[] {
    const folder = this.#folderOf(reference);
    return namesIn(folder).flatMap((name) =>
      name.endsWith(RECORD) && name !== CHOICE ? [join(folder, name)] : [],
    );
  }

  #folderOf({ repo, revision }: Pick<HubReference, 'repo' | 'revision'>): string {
    return join(this.folder, 'pins', ...repo.split('/'), encoded(revision));
  }

  /** Whole or not at all, and by names of its own: several processes may write at once. */
  #write(path: string, value: unknown): void {
    const draft = join(this.folder, `${randomUUID()}.draft`);
    saying(path, 'written', () => {
      makeFolders(dirname(path));
      try {
        writeFileSync(draft, `${JSON.stringify(value, null, 1)}\n`, { flag: 'wx' });
        renameSync(draft, path);
      } finally {
        rmSync(draft, { force: true });
      }
    });
  }
}

/** In hexadecimal; read in pieces. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(part as Buffer);
  return hash.digest('hex');
}

/** One name on disk for any text: no slash is left, and no dot in front. */
const encoded = (text: string): string => encodeURIComponent(text).replace(/^\./, '%2E');

const RECORD = '.json';
/** Name of the record of a file of a repository. */
const recordOf = (file: string): string => `${encoded(file)}${RECORD}`;

function decodedName(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/** Undefined where nothing is. @throws CommandError where that cannot be seen, which is another thing. */
function entryAt(path: string, stat: typeof statSync | typeof lstatSync = statSync): Stats | undefined {
  try {
    return stat(path, { throwIfNoEntry: false });
  } catch (error) {
    // Nothing is below a plain file, and a link that leads to itself leads nowhere.
    if (['ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw fileError(path, 'read', error);
  }
}

/** Nothing where there is no such folder: a plain file or a broken link among folders is none of ours. */
function namesIn(folder: string): string[] {
  if (!entryAt(folder)?.isDirectory()) return [];
  return saying(folder, 'read', () => readdirSync(folder)).sort();
}

function readRecord(path: string): Readonly<Record<string, unknown>> | undefined {
  const found = entryAt(path);
  if (!found?.isFile()) return undefined;
  if (found.size > MAX_BYTES) throw damagedRecord(path);
  try {
    const value: unknown = JSON.parse(readText(path));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (error instanceof CommandError) throw error;
  }
  throw damagedRecord(path);
}

const isText = (value: unknown): value is string => typeof value === 'string';

function readPin(path: string, { repo, revision, file }: HubReference): Pin | undefined {
  const value = readRecord(path);
  if (value === undefined) return undefined;
  const pin = value as unknown as Pin;
  const fits =
    pin.repo === repo &&
    pin.revision === revision &&
    isText(pin.file) &&
    isInside(pin.file) &&
    recordOf(pin.file) === basename(path) &&
    (file === undefined || pin.file === file) &&
    isSha256(pin.sha256) &&
    isObjectName(pin.commit) &&
    Number.isSafeInteger(pin.size) &&
    pin.size >= 0 &&
    (pin.blobId === null || isText(pin.blobId)) &&
    (pin.licence === null || isText(pin.licence)) &&
    isText(pin.host) &&
    isText(pin.fetched);
  if (fits) return pin;
  throw damagedRecord(path);
}

const damagedRecord = (path: string) =>
  new CommandError(`${path}: the record of fetched weights is damaged; delete it, and fetch them again.`);

export const pinWord = (pin: Pin): string => hubWord(pin);
