import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { montagesInWords } from '../workflows/channel-contract.ts';
import { UsageError } from './common/errors.ts';
import { INTERRUPTED, onInterrupt } from './common/interrupt.ts';
import { choice, flag, helpText, type Option, parseOptions, text, type VerbHelp } from './common/options.ts';
import { oneRun } from './common/run/run-folder.ts';
import { print, printError, printRows } from './common/terminal.ts';
import { columns, nearPaths, type Row, showBytes, wrap } from './common/text.ts';
import { PUBLISHED_CONFIG } from './common/weights/published-check.ts';
import { recoverFolder, requireFree, writeFolder } from './publish/folder.ts';
import { CARD, publicationOf } from './publish/publication.ts';
import { PARTS, readFinishedRun } from './publish/read-run.ts';

const LICENSE: Option<string | undefined> = {
  help: 'of the weights, as hubs spell it: cc-by-4.0, mit, other. It is yours to state: whoever recorded the data has a say in it',
  value: 'NAME',
  expected: 'a name of letters, digits, dots, dashes and plus signs, such as cc-by-4.0',
  fallback: undefined,
  read: (given) => (/^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$/.test(given) ? given : undefined),
};

const OPTIONS = {
  out: text({ value: 'FOLDER', fallback: undefined, help: 'where to: a folder that is not there, or empty' }),
  license: LICENSE,
  precision: choice({
    of: ['f32', 'f16'],
    fallback: 'f32',
    help: 'how weights are stored: f16 takes half the room, and rounds each to eleven bits',
  }),
  title: text({ fallback: undefined, help: 'of the model card; by default SPOTR and the size' }),
  data: text({
    fallback: undefined,
    help: 'what the data were that it was trained on, in your words, for the card: collections, consent, citations',
  }),
  nameDataSets: flag('name the data sets as the manifest does; their names are left out otherwise'),
  overwrite: flag('replace what was published in --out before'),
};

const HELP: VerbHelp = {
  verb: 'publish',
  positionals: 'RUN',
  summary:
    'Makes a folder of a finished run that can be given away, or uploaded to a model hub: both parts of the model, config.json (sizes, preprocessing, channels, held-out losses, SHA-256 of each file) and a model card. Paths, names of recordings and subjects stay at home; names of channels go along. Nothing is sent anywhere.',
  sections: { Options: OPTIONS },
  examples: [
    [
      'spotr publish runs/mine --out published --license cc-by-4.0',
      'then: spotr embed --weights published ...',
    ],
  ],
  epilogue:
    'The same run and options give the same bytes. Weights may remember what they were trained on: publish only what the people recorded have agreed to.',
};

/** Makes a folder of a run that can be given away. Returns the exit code. */
export async function publish(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  const run = oneRun('publish', positionals, 'spotr publish RUN --out FOLDER --license NAME');
  const { out: named, license } = values;
  if (named === undefined) throw new UsageError('publish needs --out FOLDER, where the files go.');
  if (license === undefined)
    throw new UsageError(
      'publish needs --license NAME, under which you give the weights away, such as cc-by-4.0; other where it has no name.',
    );
  const out = resolve(named);
  const replacing = { names: [...PARTS, CARD, PUBLISHED_CONFIG], overwrite: values.overwrite };
  if (await recoverFolder(out))
    printError(`  ${nearPaths(out)} is again what it was: a publish had been cut off while it replaced it.`);
  requireFree(out, replacing);
  const finished = await readFinishedRun(resolve(run), values.precision);
  const { title, data, nameDataSets } = values;
  const files = publicationOf(finished, { license, title, data, nameDataSets });
  const before = existsSync(out);
  const interrupt = onInterrupt(() =>
    printError('\nStopping, unless the folder has its name by then. Once more stops at once.'),
  );
  try {
    await writeFolder(out, files, replacing, interrupt.signal);
  } catch (error) {
    if (error !== interrupt.signal.reason) throw error;
    printError(
      `Interrupted; nothing was published in ${nearPaths(out)}${before ? ', which is as it was' : ''}.`,
    );
    return INTERRUPTED;
  } finally {
    interrupt.dispose();
  }
  const { contract } = finished;
  const rows: Row[] = [
    [
      'published',
      `${nearPaths(out)}, licence ${license}${before && values.overwrite ? ', in place of what was there' : ''}`,
    ],
    ...[...files].map(([name, content]): Row => [`  ${name}`, showBytes(Buffer.byteLength(content))]),
    ...(contract
      ? montagesInWords(contract).map((line): Row => ['channels', line])
      : [['channels', 'the run does not say on which it was trained; train again to have them'] as const]),
  ];
  // Names of files are longer than labels are elsewhere.
  printRows(rows, 22);
  print('');
  for (const line of wrap(
    `Read ${nearPaths(out)}/${CARD} before you give it away; names of channels stand there as your files spell them. To use it: spotr embed RECORDINGS --weights ${nearPaths(out)} --out embeddings.parquet`,
    columns() - 2,
  ))
    print(`  ${line}`);
  return 0;
}
