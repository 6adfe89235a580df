/** From the hub into the cache: said before, with progress, one process at a time, and refused where a pin says otherwise. */
import { accessSync, chmodSync, constants, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import { makeFolders, requireRoom, saying } from '../files.ts';
import type { FolderLock } from '../folder-lock.ts';
import { StatusLine } from '../status-line.ts';
import { printError } from '../terminal.ts';
import { onOneLine, showBytes, showDuration } from '../text.ts';
import { waitForLock } from '../turn.ts';
import { type Choice, type Pin, pinWord, type WeightsCache } from './cache.ts';
import { download } from './download.ts';
import type { Hub, HubFile, HubListing } from './hub.ts';
import type { HubReference } from './reference.ts';

/** What is done sooner needs no progress. */
const QUIET_SECONDS = 1;
const LOG_EVERY_SECONDS = 10;

/**
 * Everything that is pinned of a revision must still be what the hub lists.
 * @throws CommandError that names the first file that is not.
 */
export function requirePinned(pins: readonly Pin[], listing: HubListing, host: string): void {
  for (const pin of pins) {
    const now = listing.files.find(({ path }) => path === pin.file);
    if (!now) {
      throw new CommandError(
        `${pinWord(pin)}: ${host} has no such file any more at ${pin.revision} (commit ${listing.commit.slice(0, 8)}); what was fetched stays in the cache. ${toTakeTheNew(pin)}`,
      );
    }
    const [is, was] = [now.sha256 ?? now.blobId, now.sha256 === undefined ? pin.blobId : pin.sha256];
    if (now.size !== pin.size || (is ?? null) !== was)
      throw otherBytes(
        pin,
        `${host} now lists ${now.sha256 === undefined ? `blob ${now.blobId}` : `SHA-256 ${now.sha256}`} (${showBytes(now.size)}, commit ${listing.commit.slice(0, 8)})`,
      );
  }
}

const otherBytes = (pin: Pin, now: string) =>
  new CommandError(
    `${pinWord(pin)} is pinned to SHA-256 ${pin.sha256} (${showBytes(pin.size)}, commit ${pin.commit.slice(0, 8)}), but ${now}; it is rejected. ${toTakeTheNew(pin)}`,
  );

const toTakeTheNew = ({ repo, revision, commit, file }: Pin) =>
  `To accept the new one, run spotr weights remove ${pinWord({ repo, revision, file } as Pin)} first; to stay with the old one anywhere write hf:${repo}@${commit}.`;

/** What is fetched from: a repository as the hub lists it now, and the cache that its files go to. */
export interface OpenRepository {
  readonly hub: Hub;
  readonly cache: WeightsCache;
  readonly reference: HubReference;
  readonly listing: HubListing;
}

/**
 * Fetches files of one listing, but for those whose bytes are in the cache already. Returns their pins. `choice`, which of the
 * repository's files have the parts, is kept beside them: written sooner, a removal that this waits for would take it along.
 */
export async function fetchFiles(
  repository: OpenRepository,
  files: readonly HubFile[],
  choice?: Choice,
): Promise<Pin[]> {
  const { hub, cache, listing } = repository;
  const { repo, revision } = repository.reference;
  const lock = await waitForLock(cache.folder);
  try {
    const pins: Pin[] = [];
    for (const file of files) {
      const pinned = cache.pin({ repo, revision, file: file.path });
      const known = file.sha256 ?? pinned?.sha256;
      const isThere =
        known !== undefined && (await cache.stateOf({ sha256: known, size: file.size })) === 'whole';
      const sha256 = isThere ? known : await fetchOne(repository, file, lock, pinned);
      const pin: Pin = {
        ...{ repo, revision, file: file.path, commit: listing.commit, size: file.size },
        ...{ sha256, blobId: file.blobId ?? null },
        ...{ licence: listing.licence ?? null, host: hub.host },
        fetched: new Date().toISOString().slice(0, 10),
      };
      if (!pinned) cache.writePin(pin);
      pins.push(pinned ?? pin);
    }
    if (choice) cache.writeChoice({ repo, revision }, choice);
    return pins;
  } finally {
    lock.dispose();
  }
}

/** Returns its SHA-256. @throws CommandError where that is not what is `pinned`. */
async function fetchOne(
  repository: OpenRepository,
  file: HubFile,
  lock: FolderLock,
  pinned: Pin | undefined,
): Promise<string> {
  const { hub, cache, listing } = repository;
  const content = file.sha256 ?? file.blobId ?? 'unnamed';
  const partial = cache.partialPath(content);
  for (const folder of ['partial', 'blobs'].map((name) => join(cache.folder, name)))
    saying(folder, 'written', () => {
      makeFolders(folder);
      // Before the download, not after it. With the slash a plain file in its place is told too.
      accessSync(`${folder}/`, constants.W_OK | constants.X_OK);
    });
  const begun = statSync(partial, { throwIfNoEntry: false })?.size ?? 0;
  requireRoom(
    cache.folder,
    Math.max(0, file.size - begun),
    'will be fetched',
    'set SPOTR_WEIGHTS_DIR to another folder',
  );
  printError(announcement(repository, file, begun));
  // From the first byte on: what comes before it says nothing of the speed.
  let began: number | undefined;
  const line = new StatusLine(process.stderr, LOG_EVERY_SECONDS);
  try {
    const sha256 = await download({ hub, listing, file }, partial, {
      requireHeld: () => lock.requireHeld(),
      onProgress(done) {
        began ??= performance.now();
        const seconds = (performance.now() - began) / 1000;
        if (seconds < QUIET_SECONDS) return;
        line.show(() => progress(done, begun, file.size, seconds), seconds, done === file.size);
      },
    });
    line.dispose();
    if (pinned && pinned.sha256 !== sha256) {
      rmSync(partial, { force: true });
      throw otherBytes(pinned, `${hub.host} sent SHA-256 ${sha256}`);
    }
    lock.requireHeld();
    const blob = cache.blobPath(sha256);
    saying(blob, 'written', () => {
      chmodSync(partial, 0o444);
      // Something else under that name, a folder even, goes.
      rmSync(blob, { recursive: true, force: true });
      renameSync(partial, blob);
    });
    return sha256;
  } finally {
    line.dispose();
  }
}

function announcement({ hub, reference, listing }: OpenRepository, file: HubFile, begun: number): string {
  const { repo, commit, licence } = listing;
  const rest = begun > 0 && begun < file.size ? `, of which ${showBytes(begun)} are here already` : '';
  const terms =
    licence === undefined
      ? 'its model card states no licence'
      : `licence by its model card: ${onOneLine(licence)}`;
  return `  Fetching ${file.path} (${showBytes(file.size)}${rest}) of ${repo} at ${reference.revision} (commit ${commit.slice(0, 8)}) from ${hub.host}; ${terms}.`;
}

function progress(done: number, begun: number, size: number, seconds: number): string {
  const speed = (done - begun) / seconds;
  const left = speed > 0 && done < size ? `, ${showDuration((size - done) / speed)} left` : '';
  return `  ${showBytes(done)} of ${showBytes(size)}${left}`;
}
