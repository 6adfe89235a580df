import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import { cacheRoots, makeFolder } from './cache-node.ts';

/** The file of this key of the key-value store, below a cache folder. */
function storeFile(root: string, name: string): string {
  return join(root, 'notes', `${name.replace(/[^\w.-]+/g, '-')}.json`);
}

/** See Platform. */
export async function recall(name: string): Promise<string | null> {
  const file = cacheRoots()
    .map((root) => storeFile(root, name))
    .find((path) => existsSync(path));
  return file === undefined ? null : readFileSync(file, 'utf8');
}

/** See Platform. Written beside and renamed, so that a process that starts meanwhile reads the old or the new. */
export async function remember(name: string, text: string | null): Promise<void> {
  for (const root of cacheRoots()) rmSync(storeFile(root, name), { force: true });
  if (text === null) return;
  const failures: string[] = [];
  for (const root of cacheRoots()) {
    const file = storeFile(root, name);
    try {
      makeFolder(join(root, 'notes'));
      writeFileSync(`${file}.${process.pid}`, text);
      return renameSync(`${file}.${process.pid}`, file);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new EngineError(
    `"${name}" cannot be remembered in any cache folder (${failures.join('; ')}): set XDG_CACHE_HOME to a folder that can be written.`,
  );
}
