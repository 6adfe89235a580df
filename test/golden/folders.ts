import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** A folder of reference values, laid out as `test/golden/files/README.md` says. */
export interface GoldenFolder {
  /** For the names of cases; empty for the whole set. */
  readonly label: string;
  readonly path: string;
}

/**
 * The subset that is part of the repository, and the whole set where there is one. A folder that was asked for and
 * is not there is an error: a run that checks less than it was told to must not pass.
 */
export function goldenFolders(): readonly GoldenFolder[] {
  const subset = { label: 'subset', path: join(here, 'files') };
  const asked = process.env.SPOTR_GOLDEN_DIR;
  const path = asked ?? join(here, '../../../shared/golden');
  if (existsSync(path)) return [subset, { label: '', path }];
  if (asked !== undefined)
    throw new Error(`SPOTR_GOLDEN_DIR is ${asked}; there is no such folder. Mend or unset it.`);
  console.warn(
    `\n!!! NO REFERENCE VALUES at ${path}; set SPOTR_GOLDEN_DIR. Checking the subset in test/golden/files only. !!!\n`,
  );
  return [subset];
}

/** Names in `folder/family` that end in `ending`, without it, in the order of their names. */
export function filesOf({ path }: GoldenFolder, family: string, ending = '.safetensors'): string[] {
  const folder = join(path, family);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();
}

export function subfolders({ path }: GoldenFolder): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}
