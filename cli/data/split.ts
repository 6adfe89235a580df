import { assignSplits, type ManifestEntry, SPLIT_NAMES } from '../../data/index.ts';
import { openManifestFile } from '../../data/node.ts';
import { helpText, number, parseOptions, type VerbHelp, whole } from '../options.ts';
import { loadManifest } from '../recordings.ts';
import { print } from '../terminal.ts';
import { columns, plural, showDuration, table } from '../text.ts';
import { manifestOf, saveManifest } from './manifest-file.ts';

const OPTIONS = {
  validation: number({
    value: 'PART',
    least: 0,
    most: 0.9,
    fallback: 0.1,
    help: 'of each data set, to measure on while training',
  }),
  test: number({
    value: 'PART',
    least: 0,
    most: 0.9,
    fallback: 0.2,
    help: 'of each data set, to measure on at the very end',
  }),
  seed: whole({ least: 0, most: 2 ** 32 - 1, fallback: 1, help: 'which subjects go where' }),
};

const HELP: VerbHelp = {
  verb: 'data split',
  positionals: 'MANIFEST',
  summary:
    'Writes into a manifest which recordings are for training, validation and test. Whatever belongs to one subject, to one longer record or to one file stays together; each data set is divided by itself, by length of signal.',
  sections: { Options: OPTIONS },
  examples: [['spotr data split manifest.jsonl --test 0.25 --seed 3', 'replaces the split that it had']],
};

/** Recordings that a sentence names. */
const MOST_NAMED = 5;

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
  for (const line of emptyParts(split, asked)) print(`\n  ${line}`);
  const lost = split.filter((entry) => entry.split === undefined);
  if (lost.length > 0) {
    const few = lost.slice(0, MOST_NAMED).map((entry) => entry.path);
    const more = lost.length > few.length ? ` and ${lost.length - few.length} more` : '';
    const have = lost.length === 1 ? 'it cannot be opened' : 'they cannot be opened';
    print(
      `\n  ${plural(lost.length, 'recording')} ${lost.length === 1 ? 'has' : 'have'} no part, since ${have} any more: ${few.join(', ')}${more}.`,
    );
  }
  return 0;
}

const datasetsOf = (entries: readonly ManifestEntry[]) => [
  ...new Set(entries.map(({ dataset }) => dataset ?? '')),
];

/** A sentence where a data set has nothing in a part that was asked for. */
function emptyParts(
  entries: readonly ManifestEntry[],
  asked: readonly (typeof SPLIT_NAMES)[number][],
): string[] {
  const datasets = datasetsOf(entries);
  const lacking = datasets.flatMap((dataset) => {
    const parts = new Set(entries.flatMap((one) => ((one.dataset ?? '') === dataset ? [one.split] : [])));
    const none = asked.filter((part) => !parts.has(part));
    return none.length > 0 ? [`${dataset} (${none.join(', ')})`] : [];
  });
  if (lacking.length === 0) return [];
  const more = lacking.length > MOST_NAMED ? ` and ${lacking.length - MOST_NAMED} more` : '';
  const hint =
    datasets.length > 1
      ? ' Where folders are subjects of one data set, scan them again with --dataset NAME.'
      : ' More subjects are needed, or other parts.';
  return [
    `${plural(lacking.length, 'data set has', 'data sets have')} nothing in a part: ${lacking.slice(0, MOST_NAMED).join(', ')}${more}. Each is divided by itself, whole subjects at a time.${hint}`,
  ];
}

function partTable(entries: readonly ManifestEntry[]): string[] {
  const datasets = datasetsOf(entries);
  return table(
    ['data set', ...SPLIT_NAMES],
    datasets.map((dataset) => [
      dataset,
      ...SPLIT_NAMES.map((part) => {
        const members = entries.filter((entry) => (entry.dataset ?? '') === dataset && entry.split === part);
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
  return ` of ${plural(subjects, 'subject')}${unknown > 0 ? ` and ${unknown} not told` : ''}`;
}
