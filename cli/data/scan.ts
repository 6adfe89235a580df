import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { type Manifest, type Recording, scan } from '../../data/index.ts';
import { bidsFolder, openPaths } from '../../data/node.ts';
import { CommandError, UsageError } from '../common/errors.ts';
import { advanced, flag, helpText, parseOptions, text, type VerbHelp } from '../common/options.ts';
import { loadManifest, openOptionsOf } from '../common/recordings.ts';
import { print, printRows, showPassing } from '../common/terminal.ts';
import { columns, nearPaths, plural, type Row, table } from '../common/text.ts';
import { passedOverRows } from '../common/training/data-rows.ts';
import { PRETRAIN_OPTIONS } from '../common/training/options.ts';
import { windowLength } from '../common/training/window-length.ts';
import { saveManifest } from './manifest-file.ts';
import { manifestTable, noteRows } from './scan-table.ts';

const { rate, modality, variable, channels } = PRETRAIN_OPTIONS;

const WINDOW = windowLength({
  fallback: undefined,
  help: 'window length of these recordings in pretraining, instead of the --window given there',
});

const OPTIONS = {
  out: text({ value: 'FILE', fallback: 'manifest.jsonl', help: 'the manifest to write' }),
  overwrite: flag('replace the manifest if it exists'),
  append: flag('append to the manifest if it exists: other folders, with another rate or modality'),
  dataset: text({
    value: 'NAME',
    fallback: undefined,
    help: 'name of the data set; by default that of the folder',
  }),
  rate,
  modality,
  variable,
  channels,
  window: advanced(WINDOW),
  showPatient: advanced(flag('show the patient fields of the files; they are never written')),
};

const HELP: VerbHelp = {
  verb: 'data scan',
  positionals: 'FILE|FOLDER...',
  summary:
    'Lists every recording in files and folders: modality (declared or guessed, and why), rate, channels, length, subject, gaps and problems, and which files were skipped and why. Writes a manifest with one line per recording, which other commands read and which can be edited by hand.',
  sections: { Options: OPTIONS },
  examples: [
    ['spotr data scan recordings/', 'writes manifest.jsonl'],
    ['spotr data scan --append --modality ecg --rate 250 holter/*.csv', 'text files state neither'],
  ],
  epilogue:
    'Names, birth dates and other fields about patients are neither shown nor written; subjects are given pseudonyms.',
};

/** Returns the exit code: 1 where no recording was found. */
export async function dataScan(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  if (positionals.length === 0) throw new UsageError('data scan needs a file or a folder.');
  const out = resolve(values.out);
  const { overwrite, append } = values;
  if (overwrite && append)
    throw new UsageError('--overwrite and --append exclude each other; give one of them.');
  if (existsSync(out) && !overwrite && !append)
    throw new CommandError(`"${values.out}" already exists; give another --out, --append or --overwrite.`);
  const roots = positionals.map((path) => resolve(path));
  const opened = await openPaths(roots, openOptionsOf(values));
  const home = dirname(out);
  const manifest = await scan(opened, {
    pathOf: (name) => relative(home, name).split(sep).join('/'),
    datasetOf: (name) => values.dataset ?? datasetOf(roots, name),
    ...(values.variable !== undefined && { variable: values.variable }),
    ...(values.window !== undefined && { window: values.window }),
    ...(values.modality && { modality: values.modality }),
    ...(values.channels && { channels: values.channels }),
    onRecording: progress,
  });
  printManifest(manifest);
  if (values.showPatient) showPatients(opened.recordings);
  if (manifest.entries.length === 0) return 1;
  const all = append && existsSync(out) ? joined(loadManifest(out), manifest) : manifest;
  saveManifest(out, all);
  print(`\n  ${plural(all.entries.length, 'recording')} in ${nearPaths(out)}.`);
  return 0;
}

/** What was found last holds, for the files that both name; what could be opened once stays. */
function joined(before: Manifest, found: Manifest): Manifest {
  const pathsOf = (lines: readonly { readonly path: string }[]) => new Set(lines.map(({ path }) => path));
  const [opened, seen] = [pathsOf(found.entries), pathsOf([...found.entries, ...found.skipped])];
  const entries = [...before.entries.filter(({ path }) => !opened.has(path)), ...found.entries];
  const known = pathsOf(entries);
  const skipped = [...before.skipped.filter(({ path }) => !seen.has(path)), ...found.skipped];
  return { entries, skipped: skipped.filter(({ path }) => !known.has(path)) };
}

/**
 * The BIDS dataset that it lies in, whichever part of that was named; else the folder directly below the one that was named,
 * or that one itself.
 */
function datasetOf(roots: readonly string[], name: string): string {
  const root = roots.find((path) => name === path || name.startsWith(path.endsWith(sep) ? path : path + sep));
  const dataset = bidsFolder(dirname(name));
  if (dataset !== undefined) return basename(dataset);
  const folder = root === undefined || root === name ? dirname(name) : root;
  const [below, further] = relative(folder, name).split(sep);
  return below !== undefined && further !== undefined ? below : basename(folder);
}

function showPatients(recordings: readonly Recording[]): void {
  const patients = recordings.flatMap((one): Row[] => {
    const patient = one.patient?.();
    return patient ? [[nearPaths(one.name), patient]] : [];
  });
  print(patients.length === 0 ? '\n  No file has patient fields.' : '');
  for (const line of table(['file', 'patient fields'], patients)) print(`  ${line}`);
}

function progress(done: number, of: number): void {
  showPassing(done === of ? '' : `  ${done} of ${of} recordings`);
}

function printManifest(manifest: Manifest): void {
  for (const line of manifestTable(manifest.entries)) print(`  ${line}`);
  const rows = [
    ...noteRows(manifest.entries),
    ...passedOverRows(
      manifest.skipped.map(({ path, skipped }) => ({ path, reason: skipped })),
      'the manifest',
    ),
  ];
  if (rows.length > 0) print('');
  printRows(rows);
}
