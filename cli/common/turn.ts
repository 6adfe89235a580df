import { setTimeout as sleep } from 'node:timers/promises';
import { FolderBusyError, FolderLock } from './folder-lock.ts';
import { printError } from './terminal.ts';

const LOOK_AGAIN_MS = 500;

/** The lock of a folder whose users take turns: who comes while another process holds it waits, and says so once. */
export async function waitForLock(folder: string): Promise<FolderLock> {
  for (let isWaiting = false; ; isWaiting = true) {
    try {
      return await FolderLock.take(folder);
    } catch (error) {
      if (!(error instanceof FolderBusyError)) throw error;
      if (!isWaiting) printError(`  Another process is at work in ${folder}; waiting until it has ended.`);
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
