import { dirname, resolve } from 'node:path';
import { firstNames } from '../../base/first-names.ts';
import {
  groupBy,
  type LabelledStretch,
  type LabelRow,
  labelsFromAnnotations,
  labelsOfRows,
  type ManifestEntry,
  placesIn,
  readLabelTable,
  SignalError,
} from '../../data/index.ts';
import { openManifestFile } from '../../data/node.ts';
import { UsageError } from '../common/errors.ts';
import { readText } from '../common/files.ts';
import { flag, helpText, list, parseOptions, text, type VerbHelp } from '../common/options.ts';
import { loadManifest } from '../common/recordings.ts';
import { print } from '../common/terminal.ts';
import { columns, nearPaths, plural, showDuration, table } from '../common/text.ts';
import { manifestOf, saveManifest } from './manifest-file.ts';

const OPTIONS = {
  table: text({
    value: 'FILE',
    fallback: undefined,
    help: 'CSV with a header: file, label, and start_sample with n_samples (or start with duration, in seconds); subject and split are optional',
  }),
  column: text({
    value: 'NAME',
    fallback: undefined,
    help: 'column of the labels in a table; by default one named label, class, target, diagnosis or stage',
  }),
  annotations: flag('take labels from the annotations of the recordings (EDF+, WFDB, BrainVision, BIDS)'),
  names: list({
    value: 'MARK=LABEL,...',
    help: 'annotations to use, and their labels; by default all, unchanged',
  }),
  untilNext: flag(
    'an annotation without a duration lasts until the next one, as rhythms and sleep stages do',
  ),
};

const HELP: VerbHelp = {
  verb: 'data label',
  positionals: 'MANIFEST',
  summary: 'Writes labels of segments of signal into a manifest, for probing and fine-tuning.',
  sections: { Options: OPTIONS },
  examples: [
    ['spotr data label manifest.jsonl --table split.csv', 'paths in the table are relative to its folder'],
    [
      'spotr data label manifest.jsonl --annotations --names "(AFIB=af,(N=sinus" --until-next',
      'rhythms of .atr files',
    ],
  ],
};

/** Returns the exit code. */
export async function dataLabel(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  const path = manifestOf('data label', positionals);
  if ((values.table === undefined) === !values.annotations)
    throw new UsageError('data label needs either --table FILE or --annotations.');
  const manifest = loadManifest(path);
  const entries =
    values.table === undefined
      ? await fromAnnotations(path, manifest.entries, values)
      : await fromTable(manifest.entries, path, values.table, values.column);
  const labelled = entries.filter(({ labels = [] }) => labels.length > 0);
  if (labelled.length === 0) throw new SignalError(`${path}: no recording got a label; check the names.`);
  saveManifest(path, { ...manifest, entries });
  for (const line of labelTable(labelled)) print(`  ${line}`);
  print(
    `\n  ${labelled.length} of ${plural(entries.length, 'recording')} in ${path} ${labelled.length === 1 ? 'has' : 'have'} labels.`,
  );
  return 0;
}

async function fromTable(
  entries: readonly ManifestEntry[],
  manifest: string,
  file: string,
  column: string | undefined,
): Promise<ManifestEntry[]> {
  const rows = groupBy(readLabelTable(readText(file), file, column), (row) =>
    resolve(dirname(file), row.file),
  );
  const labelled: ManifestEntry[] = [];
  for (const entry of entries) {
    const path = resolve(dirname(manifest), entry.path);
    const own = rows.get(path);
    rows.delete(path);
    labelled.push(own ? await withRows(manifest, entry, own) : entry);
  }
  const [lost] = rows.keys();
  if (lost === undefined) return labelled;
  throw new SignalError(
    `${file}: ${rows.size} of the files that it names ${rows.size === 1 ? 'is' : 'are'} not in the manifest, such as "${nearPaths(lost)}"; paths in a table are relative to its folder.`,
  );
}

async function withRows(
  manifest: string,
  entry: ManifestEntry,
  rows: readonly LabelRow[],
): Promise<ManifestEntry> {
  const { path, rate, seconds = 0 } = entry;
  // Only the file says which of its samples come before a pause.
  const opened = rows.some(({ unit }) => unit === 'samples')
    ? (await openManifestFile(manifest, { entries: [entry], skipped: [] })).recordings[0]
    : undefined;
  const known = opened ? { ...placesIn(opened), rate } : { rate, seconds };
  const { notes = [], ...labels } = labelsOfRows(path, rows, known);
  for (const note of notes) print(`  ${nearPaths(path)}: ${note}`);
  return { ...entry, ...labels };
}

const MAX_MARKS = 12;

async function fromAnnotations(
  path: string,
  entries: readonly ManifestEntry[],
  { names, untilNext }: { names: readonly string[] | undefined; untilNext: boolean },
): Promise<ManifestEntry[]> {
  const wanted = names && new Map(names.map(nameOf));
  const opened = await openManifestFile(path, { entries, skipped: [] });
  const labels = new Map<ManifestEntry, LabelledStretch[]>();
  const found = new Set<string>();
  for (const recording of opened.recordings) {
    const entry = opened.entries.get(recording.name);
    const [first] = recording.channels;
    const marks = (await recording.annotations?.()) ?? [];
    if (!entry || !first || marks.length === 0) continue;
    for (const { text } of marks) found.add(text.trim());
    labels.set(
      entry,
      labelsFromAnnotations(marks, first.length / first.rate, {
        gaps: recording.gaps,
        startOffset: recording.startOffset ?? 0,
        untilNext,
        ...(wanted && { names: wanted }),
      }),
    );
  }
  if (![...labels.values()].some((own) => own.length > 0)) {
    const shown = firstNames(
      [...found].map((text) => `"${text}"`),
      MAX_MARKS,
    );
    const marks = found.size === 0 ? 'its recordings have no annotations' : `the annotations are ${shown}`;
    throw new SignalError(
      `${path}: no recording got a label: ${marks}; choose with --names, and add --until-next where they have no duration.`,
    );
  }
  return entries.map((entry) => ({
    ...entry,
    ...(labels.has(entry) && { labels: labels.get(entry) ?? [] }),
  }));
}

/** `N=sinus`; the mark itself where nothing is said. */
function nameOf(pair: string): [mark: string, label: string] {
  const at = pair.lastIndexOf('=');
  return at > 0 ? [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] : [pair, pair];
}

function labelTable(entries: readonly ManifestEntry[]): string[] {
  const labels = new Map<string, { recordings: number; stretches: number; seconds: number }>();
  for (const { labels: own = [] } of entries) {
    const here = new Set<string>();
    for (const { label, seconds } of own) {
      const sums = labels.get(label) ?? { recordings: 0, stretches: 0, seconds: 0 };
      labels.set(label, {
        recordings: sums.recordings + (here.has(label) ? 0 : 1),
        stretches: sums.stretches + 1,
        seconds: sums.seconds + seconds,
      });
      here.add(label);
    }
  }
  return table(
    ['label', 'recordings', 'stretches', 'length'],
    [...labels].map(([label, { recordings, stretches, seconds }]) => [
      label,
      String(recordings),
      String(stretches),
      showDuration(seconds),
    ]),
  );
}
