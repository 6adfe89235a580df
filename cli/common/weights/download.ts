/** One file of the hub to a file on disk, from wherever it was cut, and only if it is what the hub said. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { CommandError } from '../errors.ts';
import { fileError, writeAll } from '../files.ts';
import { fileSha256 } from './cache.ts';
import { NetworkError } from './faults.ts';
import type { RemoteFile } from './hub.ts';
import { type Answer, bytesOf, unquoted } from './transport.ts';

export interface DownloadOptions {
  /** Of bytes that are on the disk. */
  readonly onProgress: (done: number) => void;
  /** Before each connection, and before a whole file is looked at: throws where the folder is another process's by now. */
  readonly requireHeld: () => void;
}

/** Connections in a row that come no further than one before them came. */
const MAX_IDLE = 4;
const FIRST_PAUSE_MS = 500;

/**
 * Fetches a file to `path`, where a part of it may be already, and returns its SHA-256. A part whose content turns out
 * wrong is thrown away, and the file fetched once from its beginning.
 * @throws CommandError, and leaves what was fetched unless it is known to be wrong.
 */
export async function download(remote: RemoteFile, path: string, options: DownloadOptions): Promise<string> {
  const { hub, file } = remote;
  const handle = await openPartial(path);
  try {
    const { size: begun } = await handle.stat();
    // What tells a wrong part is the hash; without one nothing is gone on with.
    const isChecked = file.sha256 !== undefined || file.blobId !== undefined;
    if (begun > file.size || !isChecked) await handle.truncate(0);
    for (let fresh = !isChecked || begun === 0; ; fresh = true) {
      await fill(remote, handle, path, options);
      await sync(handle, path);
      // What lies there under that name may be the other's otherwise.
      options.requireHeld();
      const sha256 = await fileSha256(path);
      const blobId = file.blobId && (await blobIdOf(path, file.size));
      if (sha256 === (file.sha256 ?? sha256) && blobId === file.blobId) return sha256;
      await handle.truncate(0);
      if (fresh)
        throw new CommandError(
          `${nameOf(remote)}: what ${hub.host} sent is not what it lists: ${file.sha256 === undefined ? `blob ${blobId} instead of ${file.blobId}` : `SHA-256 ${sha256} instead of ${file.sha256}`}; nothing of it is kept. Try again, without a mirror or proxy if there is one.`,
        );
    }
  } finally {
    await handle.close();
  }
}

const nameOf = ({ listing: { repo, commit }, file: { path } }: RemoteFile) =>
  `${path} of ${repo} at ${commit.slice(0, 8)}`;

/** A link is not followed: whoever made it would say which file is written. */
async function openPartial(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  try {
    const handle = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ELOOP' && code !== 'EISDIR') throw fileError(path, 'written', error);
  }
  throw new CommandError(`"${path}" is not a regular file; delete it, and fetch again.`);
}

/** Fetches what is missing of the file, over as many connections as it takes. */
async function fill(
  remote: RemoteFile,
  handle: FileHandle,
  path: string,
  { onProgress, requireHeld }: DownloadOptions,
): Promise<void> {
  const { hub, file } = remote;
  const what = nameOf(remote);
  let { size: done } = await handle.stat();
  // Not where this connection began: one that begins again each time would never be given up.
  let furthest = done;
  let etag: string | undefined;
  for (let idle = 0; done < file.size; ) {
    requireHeld();
    const range = done > 0 && { range: `bytes=${done}-` };
    const same = done > 0 && etag && { 'if-range': `"${etag}"` };
    const answer = await hub.transport.get(
      hub.addressOf(remote),
      { ...(range || {}), ...(same || {}) },
      what,
    );
    const start = startOf(answer, remote, { from: done, etag });
    etag = strongEtag(answer);
    if (start !== done) {
      done = 0;
      await handle.truncate(0);
    }
    if (start === undefined) {
      answer.discard();
      if (++idle >= MAX_IDLE)
        throw new CommandError(`${hub.host} gives no part of ${what} that was asked for; try again later.`);
      continue;
    }
    try {
      for await (const part of bytesOf(answer, what, hub.host)) {
        if (done + part.length > file.size) throw sizeFault(remote);
        await write(handle, part, done, path);
        done += part.length;
        onProgress(done);
      }
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
    }
    if (done >= file.size) return;
    idle = done > furthest ? 0 : idle + 1;
    furthest = Math.max(furthest, done);
    if (idle >= MAX_IDLE)
      throw new CommandError(
        `${hub.host} cuts the connection for ${what}, at ${done} of ${file.size} bytes; these are kept: try again later.`,
      );
    await hub.transport.settings.pause(FIRST_PAUSE_MS * 2 ** idle);
  }
}

/** The part of a file that a request is for. */
interface Asked {
  readonly from: number;
  /** Of the answer that brought what is here already. */
  readonly etag: string | undefined;
}

/** Where the bytes of an answer begin: where they were asked for, or at 0; undefined where the server has no such part. */
function startOf(answer: Answer, remote: RemoteFile, { from, etag }: Asked): number | undefined {
  const { file } = remote;
  const { host } = remote.hub;
  const what = nameOf(remote);
  const reject = (error: CommandError): never => {
    answer.discard();
    throw error;
  };
  if (answer.status === 416) return undefined;
  const { linkedEtag } = answer;
  const isOther = linkedEtag !== undefined && file.sha256 !== undefined && linkedEtag !== file.sha256;
  if (isOther)
    return reject(
      new CommandError(
        `${host} lists ${what} with SHA-256 ${file.sha256}, but would send ${linkedEtag}; it is rejected. Try again, without a mirror if there is one.`,
      ),
    );
  const kind = answer.header('content-type') ?? '';
  if (/^text\/html\b/i.test(kind))
    return reject(
      new CommandError(
        `a page (${kind}) came instead of ${what}; does the network require a login first, or is there a proxy? HF_ENDPOINT must be the address of a hub.`,
      ),
    );
  if (answer.status === 206) {
    const expected = `bytes ${from}-${file.size - 1}/${file.size}`;
    if (answer.header('content-range') !== expected) return undefined;
    // Another file by now: the part at hand is of no use.
    const now = strongEtag(answer);
    return etag !== undefined && now !== undefined && now !== etag ? undefined : from;
  }
  const length = answer.header('content-length');
  if (length !== undefined && Number(length) !== file.size) return reject(sizeFault(remote));
  return 0;
}

const sizeFault = (remote: RemoteFile) =>
  new CommandError(
    `${remote.hub.host} lists ${nameOf(remote)} with ${remote.file.size} bytes, but sends another number; try again, without a mirror or proxy if there is one.`,
  );

/** A weak one does not tell bytes apart. */
const strongEtag = (answer: Answer): string | undefined => {
  const etag = answer.header('etag');
  return etag?.startsWith('W/') ? undefined : unquoted(etag);
};

async function write(handle: FileHandle, bytes: Uint8Array, at: number, path: string): Promise<void> {
  try {
    await writeAll(handle, bytes, at);
  } catch (error) {
    throw fileError(path, 'written', error);
  }
}

/** Some disks say only now that they are full. */
async function sync(handle: FileHandle, path: string): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    throw fileError(path, 'written', error);
  }
}

/** The hub's name for a small file is git's. Of what is on the disk, not of what went by. */
async function blobIdOf(path: string, size: number): Promise<string> {
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(part as Buffer);
  return hash.digest('hex');
}
