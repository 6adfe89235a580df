/** Which file imports which, read from the text of the sources. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One import: the file that has it, and what it names: a path from the root, or the name of a module. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

const SPECIFIER =
  /(?:\bfrom|\bimport|\bimport\()\s*(['"])([^'"\n]+)\1|\bnew URL\(\s*(['"])(\.[^'"\n]+\.[jt]s)\3,\s*import\.meta\.url/g;

/** The imports that the text of one file has, types and those at run time included. */
export function importsIn(from: string, text: string): Import[] {
  return [...text.matchAll(SPECIFIER)].map((match) => {
    const specifier = (match[2] ?? match[4]) as string;
    const to = specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier;
    return { from, to };
  });
}

/** The sources of the repository, tracked or about to be, as paths from its root. */
export function sourceFiles(): string[] {
  const git = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', git, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
  return files.filter((file) => /\.(?:[mc]?[jt]s)$/.test(file) && existsSync(join(ROOT, file)));
}

/** All imports of these files. */
export function importsOf(files: readonly string[]): Import[] {
  return files.flatMap((file) => importsIn(file, readFileSync(join(ROOT, file), 'utf8')));
}
