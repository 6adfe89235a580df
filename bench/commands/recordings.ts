/** Recordings to pretrain on: found by `spotr data scan`, divided by subject, written as a manifest. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeAtomically } from '../../cli/common/files.ts';
import {
  groupBy,
  type Manifest,
  type ManifestEntry,
  type Modality,
  readManifest,
  type SplitName,
  writeManifest,
} from '../../data/index.ts';
import type { Spotr } from './spotr.ts';

/** Files that `spotr data scan` finds. */
export interface Source {
  readonly dataset: string;
  /** From the folder of signals. */
  readonly paths: readonly string[];
  readonly modality: Modality;
  /** Seconds. */
  readonly window: number;
  /** Hz, of files that do not say it. */
  readonly rate?: number;
  /** Channels to keep, where files hold other things beside. */
  readonly keep?: RegExp;
  /** Seconds of the shortest recording to keep: a few windows of a shape of their own cost a whole batch. */
  readonly shortest?: number;
}

export interface Scanning {
  readonly sources: readonly Source[];
  /** Folder that the sources' paths are from. */
  readonly signals: string;
  readonly dry: boolean;
  readonly spotr: Spotr;
}

/** Makes a manifest of what scanning finds, by `divide`; one that is there is taken as it is. */
export async function scanInto(
  path: string,
  { sources, signals, dry, spotr }: Scanning,
  divide: (found: Manifest) => Manifest,
): Promise<void> {
  if (existsSync(path)) return;
  // Under another name until it is whole, and begun anew: what was scanned before would be found twice.
  const draft = path.replace(/\.jsonl$/, '.draft.jsonl');
  if (!dry) {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(draft, { force: true });
  }
  for (const source of sources) await spotr(...scanArguments(source, signals, draft));
  if (dry) return;
  // One that is there is taken as it is, so it is never there in part.
  writeAtomically(path, writeManifest(divide(readManifest(readFileSync(draft, 'utf8'), draft))));
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

/** Without what is too short or has none of the channels that its source keeps. */
export function keptEntries(entries: readonly ManifestEntry[], sources: readonly Source[]): ManifestEntry[] {
  const sourceOf = new Map(sources.map((source) => [source.dataset, source]));
  return entries.flatMap((entry): ManifestEntry[] => {
    const { keep, shortest = 0 } = sourceOf.get(entry.dataset ?? '') ?? {};
    const channels = keep ? entry.channels?.filter((label) => keep.test(label)) : entry.channels;
    if ((entry.seconds ?? 0) < shortest || channels?.length === 0) return [];
    return [{ ...entry, ...(channels && { channels }) }];
  });
}

/** Of every so many subjects (or files) of a data set one is measured on, where there are enough of them. */
const VALIDATION_EVERY = 8;

/** Each with its part; what `isTested` says is for the test. */
export function dividedEntries(
  entries: readonly ManifestEntry[],
  isTested: (entry: ManifestEntry) => boolean = () => false,
): ManifestEntry[] {
  return [...groupBy(entries, ({ dataset = '' }) => dataset).values()].flatMap((members) => {
    const units = [...new Set(members.filter((one) => !isTested(one)).map(unitOf))].sort();
    const held = new Set(units.filter((_, i) => i % VALIDATION_EVERY === VALIDATION_EVERY - 1));
    const partOf = (one: ManifestEntry): SplitName =>
      isTested(one) ? 'test' : held.has(unitOf(one)) ? 'validation' : 'train';
    return members.map((one) => ({ ...one, split: partOf(one) }));
  });
}

const unitOf = ({ subject, path }: ManifestEntry): string => subject ?? path;
