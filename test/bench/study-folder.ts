import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { type ManifestEntry, readManifest, writeManifest } from '../../data/index.ts';

/** A study's folder with its manifest, new before each test, in which commands are not shown. */
export function useStudyFolder(entries: readonly ManifestEntry[]) {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'spotr-study-'));
    writeFileSync(join(home, 'manifest.jsonl'), writeManifest({ entries, skipped: [] }));
    vi.spyOn(console, 'log').mockImplementation(() => {});
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
    vi.restoreAllMocks();
  });
  const at = (...parts: string[]) => join(home, ...parts);
  /** Of a part of the manifest. */
  const entriesOf = (part: string) => {
    const path = at(`manifest-${part}.jsonl`);
    return readManifest(readFileSync(path, 'utf8'), path).entries;
  };
  /** A command as it is noted, and what its options say; the folder that it leaves something in is made. */
  const taken = (argv: readonly string[]) => {
    const option = (name: string) => argv[argv.indexOf(`--${name}`) + 1] as string;
    const out = option('out');
    mkdirSync(out, { recursive: true });
    return { line: argv.join(' ').replaceAll(home, 'HOME'), option, out };
  };
  return { at, entriesOf, taken };
}
