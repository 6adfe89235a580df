import { resolve } from 'node:path';
import { type Manifest, writeManifest } from '../../data/index.ts';
import { UsageError } from '../common/errors.ts';
import { writeAtomically } from '../common/files.ts';

/** A reader of the manifest sees the old one or the new one, never a part. */
export function saveManifest(path: string, manifest: Manifest): void {
  writeAtomically(resolve(path), writeManifest(manifest));
}

/** The one manifest that a command takes. */
export function manifestOf(command: string, positionals: readonly string[]): string {
  const [path, further] = positionals;
  if (path !== undefined && further === undefined) return path;
  throw new UsageError(
    `${command} takes one manifest, but got ${positionals.length}; write spotr ${command} manifest.jsonl.`,
  );
}
