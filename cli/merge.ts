import { resolve } from 'node:path';
import { UsageError } from './common/errors.ts';
import { helpText, parseOptions, type VerbHelp } from './common/options.ts';
import { print, printError } from './common/terminal.ts';
import { columns, nearPaths, plural, wrap } from './common/text.ts';
import { checkParts } from './merge/check.ts';

const HELP: VerbHelp = {
  verb: 'merge',
  positionals: 'DIR',
  summary:
    'Checks that the parts that spotr embed --shard wrote into a folder are complete: all parts are there and of one run, and no window occurs twice. It only checks: DuckDB, Spark and pandas read the parts as they are.',
  sections: { Options: {} },
  examples: [['spotr merge parts/', 'the folder given as --out']],
};

/** Prints what is in the parts, or all that is wrong with them. Returns the exit code: 1 where they are no whole. */
export async function merge(argv: readonly string[]): Promise<number> {
  const { positionals, help } = parseOptions(argv, {});
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  const [path, further] = positionals;
  if (path === undefined || further !== undefined)
    throw new UsageError(`merge takes one folder, but got ${positionals.length}; write spotr merge DIR.`);
  const folder = resolve(path);
  const { parts, rows, recordings, dim, problems } = await checkParts(folder);
  const found = `${plural(parts, 'part')}: ${plural(rows, 'embedding')} of ${dim ?? 'no'} values, from ${plural(recordings, 'recording')}.`;
  if (problems.length > 0) {
    printError(`spotr merge: the parts in ${nearPaths(folder)} are not complete.`);
    for (const problem of problems)
      for (const [i, line] of wrap(problem, columns() - 4).entries())
        printError(`  ${i === 0 ? '-' : ' '} ${nearPaths(line)}`);
    printError(`\n  ${found}`);
    return 1;
  }
  print(`  ${found}`);
  print('  All parts are there and belong together; no window occurs twice. Nothing was changed. In DuckDB:');
  print(`\n  SELECT recording, start, label, embedding FROM '${nearPaths(folder)}/*.parquet';`);
  return 0;
}
