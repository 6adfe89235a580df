/** The files of a folder and of all below it, for Node. What cannot be read is named, and never stops the rest. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { FileEntry } from './formats/format.ts';
import { otherThanFile } from './source/file-kind-node.ts';
import { nodeFileSource } from './source/file-node.ts';
import { systemError } from './source/system-error.ts';

export interface Walked {
  /** In the order of their paths, folder by folder, by code point: the same whatever the locale. */
  entries: FileEntry[];
  skipped: { path: string; reason: string }[];
}

/** `shown` is what messages call it. */
export function entryOf(path: string, shown = path, real?: FileEntry['real']): FileEntry {
  return { path: slashes(path), open: () => nodeFileSource(shown), ...(real && { real }) };
}

/**
 * Everything below a folder but hidden files. A link to a file is a file. A link to a folder is followed unless the folder
 * is reached without it, holds the link, or was reached by a link before: no file is found twice.
 */
export async function walk(folder: string, pathOf = (path: string) => path): Promise<Walked> {
  const walker = new Walker(pathOf);
  await walker.walk(folder);
  return walker.walked;
}

interface Link {
  path: string;
  /** Real paths of the folder that it leads to, and of the one that it lies in. */
  real: string;
  from: string;
}

class Walker {
  readonly #pathOf: (path: string) => string;
  readonly #entries: { parts: string[]; entry: FileEntry }[] = [];
  readonly #skipped: Walked['skipped'] = [];
  /** How each folder was reached, by its real path. */
  readonly #reached = new Map<string, string>();
  readonly #links: Link[] = [];
  #root = '';

  constructor(pathOf: (path: string) => string) {
    this.#pathOf = pathOf;
  }

  get walked(): Walked {
    const sorted = this.#entries.sort((a, b) => compareParts(a.parts, b.parts));
    return { entries: sorted.map(({ entry }) => entry), skipped: this.#skipped };
  }

  async walk(root: string): Promise<void> {
    this.#root = await realpath(root).catch(() => resolve(root));
    await this.#folder(root, this.#root);
    // After all folders that are reached without links, and more links may lie behind each.
    for (let link = this.#links.shift(); link; link = this.#links.shift()) await this.#follow(link);
  }

  async #folder(path: string, real: string): Promise<void> {
    const before = this.#reached.get(real);
    if (before !== undefined) {
      this.#skip(path, `is the same folder as ${before}, which a link leads to`);
      return;
    }
    this.#reached.set(real, path);
    const items = await readdir(path, { withFileTypes: true, encoding: 'buffer' }).catch((error: unknown) => {
      this.#reject(path, error);
      return [];
    });
    const named: { name: string; item: Dirent<Buffer> }[] = [];
    for (const item of items) {
      const name = decoded(item.name);
      if (name === undefined)
        this.#skip(
          join(path, escaped(item.name)),
          'has a name that is not UTF-8. Rename it to have it read.',
        );
      else if (!name.startsWith('.')) named.push({ name, item });
    }
    named.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, item } of named) await this.#item(join(path, name), join(real, name), item);
  }

  async #item(path: string, real: string, item: Dirent<Buffer>): Promise<void> {
    if (item.isDirectory()) return this.#folder(path, real);
    let found: Stats;
    try {
      found = await stat(path);
    } catch (error) {
      const isLost = item.isSymbolicLink() && (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isLost) this.#skip(path, 'is a link to what is not there. Fetch what it leads to, or remove it.');
      else this.#reject(path, error);
      return;
    }
    const isLink = item.isSymbolicLink();
    const target = isLink ? await realpath(path).catch(() => real) : real;
    if (isLink && found.isDirectory()) this.#links.push({ path, real: target, from: dirname(real) });
    else if (found.isDirectory()) await this.#folder(path, target);
    else if (!found.isFile()) this.#skip(path, otherThanFile(found));
    else {
      const entry = entryOf(this.#pathOf(path), path, { path: target, isLink });
      this.#entries.push({ parts: path.split(sep), entry });
    }
  }

  async #follow({ path, real, from }: Link): Promise<void> {
    const before = this.#reached.get(real);
    const below = real.endsWith(sep) ? real : real + sep;
    if (before !== undefined) this.#skip(path, `is a link to ${before}, which is read there`);
    else if (this.#root.startsWith(below) || `${from}${sep}`.startsWith(below))
      this.#skip(path, 'is a link to a folder that it lies in');
    else await this.#folder(path, real);
  }

  #reject(path: string, error: unknown): void {
    const said = systemError(path, error);
    if (said === error) throw error;
    this.#skip(path, (said as Error).message);
  }

  #skip(path: string, reason: string): void {
    this.#skipped.push({ path: slashes(this.#pathOf(path)), reason });
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(name: Buffer): string | undefined {
  try {
    return strict.decode(name);
  } catch {
    return undefined;
  }
}

/** Bytes beyond ASCII as \xfc, as a shell's $'...' has them. */
function escaped(name: Buffer): string {
  return Array.from(name, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}

function slashes(path: string): string {
  return path.split(sep).join('/');
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  if (at < 0) return a.length - b.length;
  const [left, right] = [a[at], b[at]];
  return right === undefined ? 1 : (left as string) < right ? -1 : 1;
}
