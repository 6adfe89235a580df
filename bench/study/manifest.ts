/** The manifest of the study: everything without the windows that a labelled task is tested on. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { writeAtomically } from '../../cli/common/files.ts';
import { loadManifest } from '../../cli/common/recordings.ts';
import { type Manifest, type ManifestEntry, readLabelTable, writeManifest } from '../../data/index.ts';
import { dividedEntries, keptEntries, scanInto } from '../commands/recordings.ts';
import type { Spotr } from '../commands/spotr.ts';
import type { ManifestPart } from './plan.ts';
import { GENERATED, SOURCES, TABLES } from './sources.ts';
import { TASKS } from './tasks.ts';

/** Makes the manifest by `spotr data scan`, then divides it; one that is there is taken as it is. */
export async function makeManifest(
  path: string,
  { signals, dry, spotr }: { readonly signals: string; readonly dry: boolean; readonly spotr: Spotr },
): Promise<void> {
  await scanInto(path, { sources: SOURCES, signals, dry, spotr }, (found) =>
    studyManifest(found, { folder: dirname(resolve(path)), signals, tested: testedFiles(signals) }),
  );
}

/**
 * Writes a part of the study's manifest beside it, and returns its path. One that is there as it should be is left alone: a
 * training may be reading it. Where commands are only shown, nothing is written.
 */
export function makePart(
  manifest: string,
  { name, lineOf }: ManifestPart,
  { dry }: { readonly dry: boolean },
): string {
  const path = join(dirname(manifest), `manifest-${name}.jsonl`);
  if (dry) return path;
  const entries = loadManifest(manifest).entries.flatMap((entry) => lineOf(entry) ?? []);
  const text = writeManifest({ entries, skipped: [] });
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeAtomically(path, text);
  return path;
}

/** Absolute paths of every file that a labelled task is tested on. */
function testedFiles(signals: string): Set<string> {
  const tables = TASKS.filter(({ dividesFiles }) => dividesFiles).map(({ recordings }) => recordings);
  return new Set(
    tables.flatMap((name) => {
      const table = join(signals, name);
      const rows = readLabelTable(readFileSync(table, 'utf8'), table);
      return rows.flatMap(({ file, split }) => (split === 'test' ? [resolve(dirname(table), file)] : []));
    }),
  );
}

/** What scanning found, without what is too short or of other channels, each with its part, and the lines of many recordings. */
export function studyManifest(
  { entries, skipped }: Manifest,
  {
    folder,
    signals,
    tested,
  }: { readonly folder: string; readonly signals: string; readonly tested: ReadonlySet<string> },
): Manifest {
  const isTested = ({ path }: ManifestEntry) => tested.has(resolve(folder, path));
  const divided = dividedEntries(keptEntries(entries, SOURCES), isTested);
  const here = (path: string) => relative(folder, join(signals, path)).split(sep).join('/');
  const tables = TABLES.map((line) => ({
    ...line,
    path: here(line.path),
    ...(line.rowLabels !== undefined && { rowLabels: here(line.rowLabels) }),
  }));
  return { entries: [...divided, ...tables, ...GENERATED], skipped };
}
