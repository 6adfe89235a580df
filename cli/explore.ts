import { existsSync, readdirSync, statSync } from 'node:fs';
import { parse, resolve } from 'node:path';
import { shareOf } from '../evaluate/index.ts';
import { componentsForMaps, pcaMap, umapMap } from '../workflows/maps.ts';
import { embedInto } from './common/embed/embed-into.ts';
import { readEmbeddings } from './common/embeddings/read.ts';
import { distinct, summaryOf, toldBy } from './common/embeddings/summary.ts';
import { CommandError, UsageError } from './common/errors.ts';
import { saying, writeAtomically } from './common/files.ts';
import { dashed, helpText, parseOptions } from './common/options.ts';
import { print, printRows } from './common/terminal.ts';
import { columns, nearPaths, plural, type Row, showBytes, wrap } from './common/text.ts';
import { WorkProgress } from './common/work-progress.ts';
import { EXPLORE_HELP, EXPLORE_OPTIONS, type ExploreValues, OF_RECORDINGS } from './explore/options.ts';
import { explorePage } from './explore/page.ts';

/** Writes a page with maps of embeddings. Returns the exit code. */
export async function explore(argv: readonly string[]): Promise<number> {
  const { values, given, positionals, help } = parseOptions(argv, EXPLORE_OPTIONS);
  if (help) {
    print(helpText(EXPLORE_HELP, columns()));
    return 0;
  }
  const areRecordings = holdRecordings(positionals, given);
  const target = targetOf(positionals, values, areRecordings);
  if (!values.overwrite && existsSync(target))
    throw new CommandError(`${target} already exists; give another --out, or --overwrite to replace it.`);
  const { quiet } = values;
  let files = positionals;
  if (areRecordings) {
    const vectors = target.replace(/\.html?$/, '.parquet');
    const asked = { ...values, out: vectors, shard: undefined };
    const line = ['explore', ...argv];
    if (!quiet)
      printRows([
        [
          'files',
          `the map is written to ${nearPaths(target)}, its embeddings to ${nearPaths(vectors)}${values.out === undefined ? ' (choose another place with --out FILE.html)' : ''}`,
        ],
      ]);
    const code = await embedInto({ asked, given, positionals, line, keeps: true, quiet });
    if (code !== 0) return code;
    files = [vectors];
  }
  const progress = new WorkProgress(quiet);
  await progress.say('reading embeddings');
  const embeddings = await readEmbeddings(files.map((path) => resolve(path)));
  progress.clear();
  const { count, dim, fields } = embeddings;
  if (count < 2) throw new CommandError(`There is one window only; a map needs at least two.`);
  if (!quiet) printRows(summaryOf(embeddings));
  await progress.say('principal components');
  const found = componentsForMaps(embeddings);
  const variances: Row = ['variance', variancesOf(found)];
  progress.clear();
  if (!quiet) printRows([variances]);
  await progress.say('UMAP: the windows near each');
  const near = await umapMap(embeddings, found, {
    ...{ most: values.umap, neighbours: values.neighbours, seed: values.seed },
    onProgress: (epoch, epochs) => progress.say('UMAP: epochs', epoch, epochs),
  });
  progress.clear();
  const maps = [pcaMap(embeddings, found), ...(near ? [near] : [])];
  const facts = [...summaryOf(embeddings), variances, ...toldBy(embeddings)];
  const page = explorePage({
    title: 'SPOTR embeddings',
    lead: `${plural(count, 'window')} of ${plural(distinct(fields.recording), 'recording')}, ${dim} values each`,
    ...{ embeddings, maps, facts },
  });
  writeAtomically(target, page);
  if (near?.windows && !quiet)
    printRows([['UMAP', `of ${plural(near.windows.length, 'window')}, evenly sampled`]]);
  print(`\n  The map is ${nearPaths(target)} (${showBytes(page.length)}); it opens in any browser, offline.`);
  for (const line of wrap(EXPLORE_HELP.epilogue ?? '', columns() - 2)) print(`  ${line}`);
  return 0;
}

/** Whether recordings are named, not embeddings. @throws UsageError for both together, and for options that go with neither. */
function holdRecordings(positionals: readonly string[], given: ReadonlySet<string>): boolean {
  const [first] = positionals;
  if (first === undefined)
    throw new UsageError('explore needs embeddings (a .parquet file that spotr embed wrote), or recordings.');
  const embeddings = positionals.filter(holdsEmbeddings);
  if (embeddings.length === 0) return true;
  const other = positionals.find((path) => !embeddings.includes(path));
  if (other !== undefined)
    throw new UsageError(
      `"${embeddings[0]}" holds embeddings and "${other}" does not; embed recordings first (spotr embed), with the same weights.`,
    );
  const useless = OF_RECORDINGS.find((name) => given.has(name));
  if (useless !== undefined)
    throw new UsageError(
      `${dashed(useless)} is for recordings, but "${first}" holds embeddings already; leave it out.`,
    );
  return false;
}

/** A file of Parquet, or a folder with parts of that. */
function holdsEmbeddings(path: string): boolean {
  if (path.endsWith('.parquet')) return true;
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder && saying(path, 'read', () => readdirSync(path)).some((name) => name.endsWith('.parquet'));
}

function targetOf([first = '']: readonly string[], { out }: ExploreValues, areRecordings: boolean): string {
  if (out !== undefined && !/\.html?$/.test(out))
    throw new UsageError(`--out is "${out}", but must end in .html.`);
  if (out !== undefined) return resolve(out);
  if (!areRecordings) return `${resolve(first).replace(/\.parquet$/, '')}.html`;
  // Here, and not beside a recording: folders of those are not for what is made of them.
  return resolve(`${parse(first.replaceAll(':', '-')).name || 'recordings'}.html`);
}

const MAX_SHARES = 5;

function variancesOf(found: ReturnType<typeof componentsForMaps>): string {
  const shares = Array.from({ length: Math.min(MAX_SHARES, found.dim) }, (_, i) => shareOf(found, i));
  const each = shares.map((share) => `${(100 * share).toFixed(1)} %`).join(', ');
  const together = shares.reduce((sum, share) => sum + share, 0);
  return `${each} along the first ${plural(shares.length, 'principal component')}, ${(100 * together).toFixed(1)} % together`;
}
