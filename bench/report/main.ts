import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Results } from '../contract.ts';
import { resultsMarkdown } from './markdown.ts';
import { benchmarkPage } from './page.ts';
import { performanceFigure } from './performance-figure.ts';
import { byAdapter, parseResults } from './results.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HELP = `npm run bench:report [-- FILES...]

Draws bench/report.html, bench/RESULTS.md and docs/performance.svg from the JSON files that
npm run bench -- --json FILE wrote; by default all of bench/results.
`;

/** The files named, or those of `bench/results`. */
function filesOf(args: readonly string[]): string[] {
  if (args.length > 0) return [...args];
  const folder = join(ROOT, 'bench/results');
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map(({ name }) => join(folder, name));
  if (names.length === 0)
    throw new Error(`${folder} holds no .json file; run npm run bench -- --json first.`);
  return names.sort();
}

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
