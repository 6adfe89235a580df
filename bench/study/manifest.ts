/** The manifest of the study: everything without the windows that a labelled task is tested on. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  groupBy,
  type Manifest,
  type ManifestEntry,
  readLabelTable,
  readManifest,
  type SplitName,
  writeManifest,
} from '../../data/index.ts';
import { GENERATED, SOURCES, type Source, TABLES } from './sources.ts';
import type { Spotr } from './spotr.ts';
import { TASKS } from './tasks.ts';

/** Makes the manifest by `spotr data scan`, then divides it; one that is there is taken as it is. */
export async function makeManifest(
  path: string,
  { signals, dry, spotr }: { readonly signals: string; readonly dry: boolean; readonly spotr: Spotr },
): Promise<void> {
  if (existsSync(path)) return;
  // Under another name until it is whole.
  const draft = path.replace(/\.jsonl$/, '.draft.jsonl');
  if (!dry) mkdirSync(dirname(path), { recursive: true });
  for (const source of SOURCES) await spotr(...scanArguments(source, signals, draft));
  if (dry) return;
  const found = readManifest(readFileSync(draft, 'utf8'), draft);
  const tested = testedFiles(signals);
  const folder = dirname(resolve(path));
  writeFileSync(path, writeManifest(studyManifest(found, { folder, signals, tested })));
  rmSync(draft);
}

function scanArguments({ dataset, paths, modality, window, rate }: Source, signals: string, out: string) {
  const told = rate === undefined ? [] : ['--rate', String(rate)];
  return [
    ...['data', 'scan', '--append', '--out', out, '--dataset', dataset, '--modality', modality],
    ...[...told, '--window', String(window)],
    ...paths.map((name) => join(signals, name)),
  ];
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

/** Of every so many subjects (or files) of a data set one is measured on, where there are enough of them. */
const VALIDATION_EVERY = 8;

/** What scanning found, without what is too short or of other channels, each with its part, and the lines of many recordings. */
export function studyManifest(
  { entries, skipped }: Manifest,
  {
    folder,
    signals,
    tested,
  }: { readonly folder: string; readonly signals: string; readonly tested: ReadonlySet<string> },
): Manifest {
  const sourceOf = new Map(SOURCES.map((source) => [source.dataset, source]));
  const kept = entries.flatMap((entry): ManifestEntry[] => {
    const { keep, shortest = 0 } = sourceOf.get(entry.dataset ?? '') ?? {};
    const channels = keep ? entry.channels?.filter((label) => keep.test(label)) : entry.channels;
    if ((entry.seconds ?? 0) < shortest || channels?.length === 0) return [];
    return [{ ...entry, ...(channels && { channels }) }];
  });
  const isTested = ({ path }: ManifestEntry) => tested.has(resolve(folder, path));
  const divided = [...groupBy(kept, ({ dataset = '' }) => dataset).values()].flatMap((members) => {
    const units = [...new Set(members.filter((one) => !isTested(one)).map(unitOf))].sort();
    const held = new Set(units.filter((_, i) => i % VALIDATION_EVERY === VALIDATION_EVERY - 1));
    const partOf = (one: ManifestEntry): SplitName =>
      isTested(one) ? 'test' : held.has(unitOf(one)) ? 'validation' : 'train';
    return members.map((one) => ({ ...one, split: partOf(one) }));
  });
  const here = (path: string) => relative(folder, join(signals, path)).split(sep).join('/');
  const tables = TABLES.map((line) => ({
    ...line,
    path: here(line.path),
    ...(line.rowLabels !== undefined && { rowLabels: here(line.rowLabels) }),
  }));
  return { entries: [...divided, ...tables, ...GENERATED], skipped };
}

const unitOf = ({ subject, path }: ManifestEntry): string => subject ?? path;
