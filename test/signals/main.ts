/**
 * Decodes every file of a folder of recordings for which the folder says what it holds, and compares. Files and expectations
 * are found, not listed here: another folder of the same layout will do (SPOTR_SIGNALS_DIR).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { columns, definitionList, table } from '../../cli/common/text.ts';
import type { Check, Comparison } from './check.ts';
import { edfChecks, isEdfTable } from './edf.ts';
import { outputChecks } from './rdsamp.ts';
import { isWfdbTable, wfdbChecks } from './wfdb.ts';
import { windowChecks } from './windows.ts';

const root =
  process.env.SPOTR_SIGNALS_DIR ?? fileURLToPath(new URL('../../../shared/signals', import.meta.url));

function discover(folder: string): Check[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .sort();
  const nameOf = (path: string) => relative(folder, path).split(sep).join('/');
  return files.flatMap((path): Check[] => {
    const name = path.slice(path.lastIndexOf(sep) + 1);
    if (name === 'expected.json') {
      const expected: unknown = JSON.parse(readFileSync(path, 'utf8'));
      const here = dirname(path);
      if (isEdfTable(expected)) return edfChecks(expected, here, nameOf);
      // The tables of WFDB lie in a folder of their own beside the records.
      if (isWfdbTable(expected)) return wfdbChecks(expected, dirname(here), nameOf);
      const run = () => Promise.reject(new Error('is of no kind that is known here'));
      return [{ file: nameOf(path), truth: 'expected.json', run }];
    }
    if (name === 'README.md') return outputChecks(readFileSync(path, 'utf8'), files, nameOf);
    if (/^split.*\.csv$/.test(name)) return windowChecks(path, nameOf);
    return [];
  });
}

interface Result {
  readonly check: Check;
  readonly comparison: Comparison | undefined;
  readonly problem: string;
}

async function run(check: Check): Promise<Result> {
  try {
    const comparison = await check.run();
    return { check, comparison, problem: comparison.failures.join('; ') };
  } catch (error) {
    return { check, comparison: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}

if (!existsSync(root)) {
  console.error(`There is not a folder of recordings at ${root}; name one in SPOTR_SIGNALS_DIR.`);
  process.exit(1);
}
const checks = discover(root);
const results: Result[] = [];
for (const check of checks) results.push(await run(check));
const rows = results.map(({ check, comparison, problem }) => [
  check.file,
  check.truth,
  comparison?.what ?? '',
  String(comparison?.compared ?? 0),
  comparison ? comparison.worst.toFixed(2) : '',
  problem === '' ? 'ok' : 'WRONG',
]);
for (const line of table(['file', 'compared with', 'what it is', 'values', 'worst', ''], rows))
  console.log(line);
const failed = results.filter(({ problem }) => problem !== '');
for (const { check, problem } of failed)
  for (const line of definitionList([['WRONG', `${check.file}: ${problem}`]], 8, columns()))
    console.log(line);
const values = results.reduce((sum, { comparison }) => sum + (comparison?.compared ?? 0), 0);
console.log(`\n"worst" is the largest difference in parts of what is allowed. ${values} values compared.`);
console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
if (results.length === 0) console.error(`Nothing in ${root} says what a file there holds.`);
process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0;
