/** The folder that is published: there whole, or not at all. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CommandError } from '../common/errors.ts';
import { makeFolders, removeIfEmpty, requireRoom, saying, writeAtomically } from '../common/files.ts';
import type { FolderLock } from '../common/folder-lock.ts';
import { waitForLock } from '../common/turn.ts';
import { PUBLISHED_CONFIG } from '../common/weights/published-check.ts';

/** What may be replaced. */
export interface Replacing {
  /** Of the files of a publication. */
  readonly names: readonly string[];
  readonly overwrite: boolean;
}

/**
 * @throws CommandError where something already exists that is not to be replaced: anything without `overwrite`, and with it
 * whatever is none of the `names` of a publication. `place`: where it lies meanwhile.
 */
export function requireFree(out: string, { names, overwrite }: Replacing, place = out): void {
  if (!existsSync(place)) {
    if (!lstatSync(place, { throwIfNoEntry: false })) return;
    throw new CommandError(`${out} is a link that leads nowhere; delete it, or give another --out.`);
  }
  if (!statSync(place).isDirectory())
    throw new CommandError(`${out} is a file, but --out is a folder; give another name.`);
  const there = saying(out, 'read', () => readdirSync(place));
  const other = there.find((name) => !names.includes(name));
  if (other !== undefined)
    throw new CommandError(
      `The folder ${out} has other files, such as ${other}, which would be published with the weights; give another --out.`,
    );
  if (there.length > 0 && (!overwrite || !there.includes(PUBLISHED_CONFIG)))
    throw new CommandError(
      `The folder ${out} is not empty; give another --out${there.includes(PUBLISHED_CONFIG) ? ', or --overwrite to replace what was published there' : ''}.`,
    );
}

/**
 * Ends or undoes a publication to this folder that was cut off. Call it before looking at the folder.
 * Returns whether the folder was away, and is what it was.
 */
export async function recoverFolder(named: string): Promise<boolean> {
  const out = targetOf(named);
  const wasThere = existsSync(out);
  if (existsSync(draftOf(out))) await withDraft(out, async () => undefined);
  return !wasThere && existsSync(out);
}

/**
 * Files are written to a folder beside it, which then takes the name; of a link where it leads to. One process at a time; what
 * is cut off at any moment, `recoverFolder` or the next call puts right.
 * @throws CommandError where somebody else has put something there meanwhile, which then stays; the reason of `signal` where it
 * is aborted before the folder has its name, with all as it was.
 */
export async function writeFolder(
  named: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  replacing: Replacing,
  signal?: AbortSignal,
): Promise<void> {
  const out = targetOf(named);
  saying(out, 'written', () => makeFolders(dirname(out)));
  const bytes = [...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  requireRoom(dirname(out), bytes, 'will be published', 'give another --out');
  await withDraft(out, async ({ whole, before }, lock) => {
    saying(out, 'written', () => mkdirSync(whole));
    for (const [name, content] of files) {
      // Signals come between two files.
      await setImmediate();
      signal?.throwIfAborted();
      writeAtomically(join(whole, name), content);
    }
    lock.requireHeld();
    saying(out, 'written', () => {
      if (existsSync(out)) renameSync(out, before);
    });
    // Nobody reaches it by its name now, so what is seen is what goes.
    requireFree(named, replacing, before);
    saying(out, 'written', () => renameSync(whole, out));
  });
}

/** Where a folder lies; that which a link leads to may be away for the moment. */
function targetOf(named: string): string {
  if (existsSync(named)) return realpathSync(named);
  const isLink = lstatSync(named, { throwIfNoEntry: false })?.isSymbolicLink();
  const target = isLink ? resolve(dirname(named), readlinkSync(named)) : named;
  // A link to a link that leads nowhere is left to `requireFree`.
  return existsSync(dirname(target)) ? join(realpathSync(dirname(target)), basename(target)) : target;
}

/** Beside the folder that is published, and of one name for all who publish there: who comes next finds what was left. */
const draftOf = (out: string): string => join(dirname(out), `.${basename(out)}.publishing`);

interface Draft {
  /** Takes the name of the folder once it is written. */
  readonly whole: string;
  /** What had the name; gone once `whole` has it. */
  readonly before: string;
}

/** Does something in the draft folder, alone, and leaves none. */
async function withDraft(
  out: string,
  work: (draft: Draft, lock: FolderLock) => Promise<void>,
): Promise<void> {
  const folder = draftOf(out);
  const draft = { whole: join(folder, 'whole'), before: join(folder, 'before') };
  const lock = await lockDraft(folder, out);
  try {
    settle(out, draft);
    try {
      await work(draft, lock);
    } finally {
      settle(out, draft);
    }
  } finally {
    lock.dispose();
    removeIfEmpty(folder);
  }
}

async function lockDraft(folder: string, out: string): Promise<FolderLock> {
  for (;;) {
    saying(out, 'written', () => makeFolders(folder));
    try {
      return await waitForLock(folder);
    } catch (error) {
      // Whoever had it before has just removed it.
      if (existsSync(folder) || !isGone(error)) throw error;
    }
  }
}

const isGone = (error: unknown): boolean =>
  ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** The folder has its name, old or new, and nothing of either is beside it. @throws CommandError where both lay claim to it. */
function settle(out: string, { whole, before }: Draft): void {
  saying(out, 'written', () => {
    if (!existsSync(before)) return;
    if (!existsSync(out)) renameSync(before, out);
    else if (!existsSync(whole)) rmSync(before, { recursive: true });
    else
      throw new CommandError(
        `${out} came while it was replaced; what stood there before lies in ${before}: move it to where you want it, and delete ${whole}.`,
      );
  });
  saying(out, 'written', () => rmSync(whole, { recursive: true, force: true }));
}
