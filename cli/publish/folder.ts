/** The folder that is published: there whole, or not at all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandError } from '../errors.ts';
import { makeFolders, saying, writeAtomically } from '../files.ts';
import { PUBLISHED_CONFIG } from './check.ts';

/**
 * @throws CommandError where something is there already that is not to be replaced: anything without `overwrite`, and with it
 * whatever is none of the `names` of a publication.
 */
export function requireFree(out: string, names: readonly string[], overwrite: boolean): void {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory())
    throw new CommandError(`${out} is a file, but --out is a folder; give another name.`);
  const there = readdirSync(out);
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

/** Files are written to a folder beside it, which then takes the name. */
export function writeFolder(out: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  const above = dirname(out);
  saying(above, 'written', () => makeFolders(above));
  const draft = saying(above, 'written', () => mkdtempSync(join(above, `.${basename(out)}-`)));
  try {
    // As any new folder: a temporary one is for its owner alone.
    const whole = join(draft, 'whole');
    saying(out, 'written', () => mkdirSync(whole));
    for (const [name, content] of files) writeAtomically(join(whole, name), content);
    saying(out, 'written', () => {
      if (existsSync(out)) renameSync(out, join(draft, 'before'));
      renameSync(whole, out);
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
