import { setTimeout as sleep } from 'node:timers/promises';
import { FolderBusyError, FolderLock } from '../folder-lock.ts';
import { printError } from '../terminal.ts';

const LOOK_AGAIN_MS = 500;

/** Whoever writes to the cache or removes from it takes turns; reading needs no turn. */
export async function waitForLock(folder: string): Promise<FolderLock> {
  for (let told = false; ; told = true) {
    try {
      return await FolderLock.take(folder);
    } catch (error) {
      if (!(error instanceof FolderBusyError)) throw error;
      if (!told)
        printError(`  Another process fetches weights into ${folder}; waiting until it has done so.`);
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
