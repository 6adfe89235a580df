import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Results } from '../contract.ts';
import { resultsMarkdown } from './markdown.ts';
import { benchmarkPage } from './page.ts';
import { performanceFigure } from './performance-figure.ts';
import { byAdapter, parseResults } from './results.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HELP = `npm run bench:report [-- FILES OR FOLDERS...]

Draws bench/report.html, bench/RESULTS.md and docs/performance.svg from the JSON files that
npm run bench wrote; by default all of bench/results.
`;

/** The files that are named, or those of the folders that are; of `bench/results` where none is. */
function filesOf(args: readonly string[]): string[] {
  const named = args.length > 0 ? args : [join(ROOT, 'bench/results')];
  const files = named.flatMap((path) => (isFolder(path) ? resultsIn(path) : args.length > 0 ? [path] : []));
  if (files.length === 0)
    throw new Error(
      `${named.join(', ')} holds no .json file of results; npm run bench writes them to bench/results, or name files: npm run bench:report -- FILE.`,
    );
  return files;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const resultsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name))
    .sort();

function write(path: string, text: string): void {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`${path}: ${Math.ceil(text.length / 1024)} kB`);
}

function main(args: readonly string[]): void {
  if (args.includes('--help')) {
    console.log(HELP);
    return;
  }
  const all: Results[] = byAdapter(
    filesOf(args).map((file) => parseResults(readFileSync(file, 'utf8'), file)),
  );
  write('bench/report.html', benchmarkPage(all));
  write('bench/RESULTS.md', resultsMarkdown(all));
  const figure = performanceFigure(all);
  if (figure) write('docs/performance.svg', figure);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
