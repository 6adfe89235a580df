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
  help: 'licence of the weights, as hubs spell it: cc-by-4.0, mit, other. Check that the owners of the recordings allow it',
  value: 'NAME',
  expected: 'a name of letters, digits, dots, dashes and plus signs, such as cc-by-4.0',
  fallback: undefined,
  read: (given) => (/^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$/.test(given) ? given : undefined),
};

const OPTIONS = {
  out: text({ value: 'FOLDER', fallback: undefined, help: 'output folder, which must be new or empty' }),
  license: LICENSE,
  precision: choice({
    of: ['f32', 'f16'],
    fallback: 'f32',
    help: 'storage of the weights: f16 halves the files, and rounds each weight to eleven bits',
  }),
  title: text({ fallback: undefined, help: 'title of the model card; by default SPOTR and the size' }),
  data: text({
    fallback: undefined,
    help: 'description of the training data for the model card, in your words: collections, consent, citations',
  }),
  nameDataSets: flag('publish the names of the data sets, as in the manifest; they are omitted otherwise'),
  overwrite: flag('replace an earlier publication in --out'),
};

const HELP: VerbHelp = {
  verb: 'publish',
  positionals: 'RUN',
  summary:
    'Writes a folder of a finished run that can be shared or uploaded to a model hub: both parts of the model, config.json (sizes, preprocessing, channels, held-out losses, SHA-256 of each file) and a model card. Paths and names of recordings and subjects are not published; names of channels are. Nothing is uploaded.',
  sections: { Options: OPTIONS },
  examples: [
    [
      'spotr publish runs/mine --out published --license cc-by-4.0',
      'then: spotr embed --weights published ...',
    ],
  ],
  epilogue:
    'The same run and options give byte-identical files. Weights may memorise training data: publish only what the people recorded have agreed to.',
};

/** Writes a folder of a run that can be shared. Returns the exit code. */
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
    printError(`  ${nearPaths(out)} is restored: an earlier publish was interrupted while replacing it.`);
  requireFree(out, replacing);
  const finished = await readFinishedRun(resolve(run), values.precision);
  const { title, data, nameDataSets } = values;
  const files = publicationOf(finished, { license, title, data, nameDataSets });
  const before = existsSync(out);
  const interrupt = onInterrupt(() =>
    printError('\nStopping, unless the folder is already in place. Press Ctrl-C again to stop at once.'),
  );
  try {
    await writeFolder(out, files, replacing, interrupt.signal);
  } catch (error) {
    if (error !== interrupt.signal.reason) throw error;
    printError(
      `Interrupted; nothing was published in ${nearPaths(out)}${before ? ', which is unchanged' : ''}.`,
    );
    return INTERRUPTED;
  } finally {
    interrupt.dispose();
  }
  const { contract } = finished;
  const rows: Row[] = [
    [
      'published',
      `${nearPaths(out)}, licence ${license}${before && values.overwrite ? ', replacing the earlier one' : ''}`,
    ],
    ...[...files].map(([name, content]): Row => [`  ${name}`, showBytes(Buffer.byteLength(content))]),
    ...(contract
      ? montagesInWords(contract).map((line): Row => ['channels', line])
      : [['channels', 'the run does not state its channels; train again to record them'] as const]),
  ];
  // Names of files are longer than labels are elsewhere.
  printRows(rows, 22);
  print('');
  for (const line of wrap(
    `Read ${nearPaths(out)}/${CARD} before you publish it: it contains the names of channels as your files spell them. To use it: spotr embed RECORDINGS --weights ${nearPaths(out)} --out embeddings.parquet`,
    columns() - 2,
  ))
    print(`  ${line}`);
  return 0;
}
