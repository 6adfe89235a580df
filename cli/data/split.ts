import { firstNames } from '../../base/first-names.ts';
import { assignSplits, groupBy, type ManifestEntry, SPLIT_NAMES } from '../../data/index.ts';
import { openManifestFile } from '../../data/node.ts';
import { helpText, number, parseOptions, type VerbHelp, whole } from '../common/options.ts';
import { loadManifest } from '../common/recordings.ts';
import { print } from '../common/terminal.ts';
import { columns, plural, showDuration, table } from '../common/text.ts';
import { manifestOf, saveManifest } from './manifest-file.ts';

const OPTIONS = {
  validation: number({
    value: 'PART',
    min: 0,
    max: 0.9,
    fallback: 0.1,
    help: 'part of each data set for the validation split',
  }),
  test: number({
    value: 'PART',
    min: 0,
    max: 0.9,
    fallback: 0.2,
    help: 'part of each data set for the test split',
  }),
  seed: whole({ min: 0, max: 2 ** 32 - 1, fallback: 1, help: 'seed of the random assignment of subjects' }),
};

const HELP: VerbHelp = {
  verb: 'data split',
  positionals: 'MANIFEST',
  summary:
    'Assigns the recordings of a manifest to training, validation and test. Recordings of one subject, of one longer record or of one file stay together; each data set is split separately, by length of signal.',
  sections: { Options: OPTIONS },
  examples: [['spotr data split manifest.jsonl --test 0.25 --seed 3', 'replaces an earlier split']],
};

/** Recordings that a sentence names. */
const MAX_NAMED = 5;

/** Returns the exit code. */
export async function dataSplit(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  const path = manifestOf('data split', positionals);
  const manifest = loadManifest(path);
  // The files are opened, since they know which of them are parts of one record.
  const { recordings, entries } = await openManifestFile(path, manifest);
  const assignable = recordings.map((recording) => ({
    ...recording,
    seconds: entries.get(recording.name)?.seconds ?? 1,
  }));
  const parts = assignSplits(assignable, values, values.seed);
  const splits = new Map(assignable.map((one) => [entries.get(one.name), parts.get(one)]));
  const split = manifest.entries.map((entry): ManifestEntry => {
    const { split: before, ...rest } = entry;
    const part = splits.get(entry);
    return part === undefined ? rest : { ...rest, split: part };
  });
  saveManifest(path, { ...manifest, entries: split });
  for (const line of partTable(split)) print(`  ${line}`);
  const asked = SPLIT_NAMES.filter((part) => part === 'train' || values[part] > 0);
  const empty = emptyParts(split, asked);
  if (empty !== undefined) print(`\n  ${empty}`);
  const lost = split.filter((entry) => entry.split === undefined);
  if (lost.length > 0) {
    const few = firstNames(
      lost.map((entry) => entry.path),
      MAX_NAMED,
    );
    const have = lost.length === 1 ? 'it cannot be opened' : 'they cannot be opened';
    print(
      `\n  ${plural(lost.length, 'recording')} ${lost.length === 1 ? 'has' : 'have'} no part, since ${have} any more: ${few}.`,
    );
  }
  return 0;
}

const byDataset = (entries: readonly ManifestEntry[]) => groupBy(entries, ({ dataset }) => dataset ?? '');

/** A sentence where a data set has nothing in a part that was asked for. */
function emptyParts(
  entries: readonly ManifestEntry[],
  asked: readonly (typeof SPLIT_NAMES)[number][],
): string | undefined {
  const datasets = byDataset(entries);
  const lacking = [...datasets].flatMap(([dataset, own]) => {
    const none = asked.filter((part) => own.every(({ split }) => split !== part));
    return none.length > 0 ? [`${dataset} (${none.join(', ')})`] : [];
  });
  if (lacking.length === 0) return undefined;
  const hint =
    datasets.size > 1
      ? ' Where folders are subjects of one data set, scan them again with --dataset NAME.'
      : ' More subjects are needed, or other fractions.';
  return `${plural(lacking.length, 'data set has', 'data sets have')} nothing in a split: ${firstNames(lacking, MAX_NAMED)}. Each is split separately, by whole subjects.${hint}`;
}

function partTable(entries: readonly ManifestEntry[]): string[] {
  return table(
    ['data set', ...SPLIT_NAMES],
    [...byDataset(entries)].map(([dataset, own]) => [
      dataset,
      ...SPLIT_NAMES.map((part) => {
        const members = own.filter((entry) => entry.split === part);
        const seconds = members.reduce((sum, one) => sum + (one.seconds ?? 0), 0);
        return members.length === 0
          ? '-'
          : `${plural(members.length, 'recording')}${ofSubjects(members)}, ${showDuration(seconds)}`;
      }),
    ]),
  );
}

/** Whose recordings are, as far as the manifest says. */
function ofSubjects(members: readonly ManifestEntry[]): string {
  const subjects = new Set(members.flatMap(({ subject }) => (subject === undefined ? [] : [subject]))).size;
  if (subjects === 0) return '';
  const unknown = members.filter(({ subject }) => subject === undefined).length;
  return ` of ${plural(subjects, 'subject')}${unknown > 0 ? ` and ${unknown} unknown` : ''}`;
}
