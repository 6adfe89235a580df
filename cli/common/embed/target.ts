/** Where embeddings go, and in which format. */
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { EmbeddingRow } from '../../../data/index.ts';
import { CommandError, UsageError } from '../errors.ts';
import { makeFolders, saying, writeAtomically } from '../files.ts';
import { channelFacts } from './channel-facts.ts';
import { describeFacts, type Facts } from './facts.ts';
import { Journal } from './journal.ts';
import { parquetWriter } from './parquet.ts';
import { partName, type Shard, shardOfPart, showShard } from './shards.ts';
import { csvWriter, npyWriter, type RowWriter } from './tables.ts';

const FORMATS = ['.parquet', '.npy', '.csv'] as const;
type Ending = (typeof FORMATS)[number];

/** What `--out` stands for: one file with the embeddings, and in two of the formats more beside it. */
export interface Target {
  readonly ending: Ending;
  /** The file with the vectors. */
  readonly main: string;
  /** What else belongs to it; where the main file is, these are too. */
  readonly beside: readonly string[];
}

/**
 * @throws UsageError where the name does not go with the rest of the command line.
 * @throws CommandError where a folder is in the place of the file, or a file in that of the folder for parts, and where that
 * has parts of another division.
 */
export function targetOf(out: string, shard: Shard | undefined): Target {
  const ending = FORMATS.find((one) => out.endsWith(one));
  if (!shard) {
    if (ending === undefined)
      throw new UsageError(`--out is "${out}", but must end in .parquet, .npy or .csv.`);
    const main = resolve(out);
    if (existsSync(main) && statSync(main).isDirectory())
      throw new CommandError(`${main} is a folder, but --out is a file; give another name.`);
    const about = `${main}.about.json`;
    const windows = main.replace(/\.npy$/, '.windows.csv');
    return {
      ending,
      main,
      beside: { '.parquet': [], '.csv': [about], '.npy': [about, windows] }[ending],
    };
  }
  if (ending !== undefined)
    throw new UsageError(
      `--out is "${out}", but with --shard it names a folder for the parts, which are .parquet; leave ${ending} out.`,
    );
  const folder = resolve(out);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new CommandError(
      `${folder} is a file, but with --shard --out is a folder for the parts; give another.`,
    );
  const strange = (existsSync(folder) ? readdirSync(folder) : []).find((name) => {
    const other = shardOfPart(name.replace(/\.partial$/, ''));
    return other !== undefined && other.of !== shard.of;
  });
  if (strange !== undefined)
    throw new CommandError(
      `${folder} has ${strange}, a part of another division than ${showShard(shard)}; give another --out, or the same number of parts.`,
    );
  return { ending: '.parquet', main: join(folder, partName(shard)), beside: [] };
}

/** Makes the folder that files go to. Other processes may do the same. */
export function makeFolderOf({ main }: Target): void {
  saying(dirname(main), 'written', () => makeFolders(dirname(main)));
}

/** @throws CommandError where something already exists, unless it is what a run was about to put there when it was killed. */
export function requireFree({ main, beside }: Target): void {
  const taken = [main, ...beside].find((path) => existsSync(path));
  if (taken === undefined || Journal.isWhole(Journal.folderOf(main))) return;
  throw new CommandError(`${taken} already exists; give another --out, or --overwrite to replace it.`);
}

/** Rows in a row group of Parquet, and in memory. */
export const ROWS_AT_ONCE = 2048;

/** Writes everything under other names, and then gives it its own, the main file last: where that is, all is whole. */
export async function writeTarget(
  { ending, main, beside }: Target,
  rows: AsyncIterable<readonly EmbeddingRow[]>,
  { journal, facts }: { journal: Journal; facts: Facts },
): Promise<void> {
  const draft = (path: string) => join(journal.folder, `${basename(path)}.draft`);
  const about = describeFacts(facts, journal.adapters, channelFacts(journal.outcomes));
  const { dim } = journal;
  const writers: RowWriter[] = {
    '.parquet': () => [parquetWriter(draft(main), about)],
    '.csv': () => [csvWriter(draft(main), dim)],
    '.npy': () => [npyWriter(draft(main), journal.rows, dim), csvWriter(draft(beside[1] as string))],
  }[ending]();
  for await (const some of rows) for (const writer of writers) writer.write(some);
  for (const writer of writers) writer.finish();
  const [aboutFile] = beside;
  if (aboutFile !== undefined)
    writeAtomically(
      draft(aboutFile),
      `${JSON.stringify({ ...about, 'spotr.settings': facts.settings }, null, 1)}\n`,
    );
  for (const path of [...beside, main]) saying(path, 'written', () => renameSync(draft(path), path));
}
