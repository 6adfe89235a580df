/** The folder that is published: there whole, or not at all. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandError } from '../errors.ts';
import { makeFolders, saying, writeAtomically } from '../files.ts';
import { PUBLISHED_CONFIG } from './check.ts';

/** What may be replaced. */
export interface Replacing {
  /** Of the files of a publication. */
  readonly names: readonly string[];
  readonly overwrite: boolean;
}

/**
 * @throws CommandError where something is there already that is not to be replaced: anything without `overwrite`, and with it
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
 * Files are written to a folder beside it, which then takes the name; of a link where it leads to.
 * @throws CommandError where somebody else has put something there meanwhile, which then stays.
 */
export function writeFolder(
  named: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  replacing: Replacing,
): void {
  const out = existsSync(named) ? realpathSync(named) : named;
  const above = dirname(out);
  saying(above, 'written', () => makeFolders(above));
  const draft = saying(above, 'written', () => mkdtempSync(join(above, `.${basename(out)}-`)));
  try {
    // As any new folder: a temporary one is for its owner alone.
    const whole = join(draft, 'whole');
    saying(out, 'written', () => mkdirSync(whole));
    for (const [name, content] of files) writeAtomically(join(whole, name), content);
    const before = join(draft, 'before');
    saying(out, 'written', () => {
      if (existsSync(out)) renameSync(out, before);
    });
    try {
      // Nobody reaches it by its name now, so what is seen is what goes.
      requireFree(named, replacing, before);
      saying(out, 'written', () => renameSync(whole, out));
    } catch (error) {
      if (existsSync(before)) saying(out, 'written', () => renameSync(before, out));
      throw error;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
