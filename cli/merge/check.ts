/** Whether the parts of a sharded run make a whole. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, type FileMetaData, parquetReadObjects } from 'hyparquet';
import { differences, type Facts } from '../common/embed/facts.ts';
import { Journal } from '../common/embed/journal.ts';
import { readFacts } from '../common/embed/read.ts';
import { partName, shardOfPart, showShard } from '../common/embed/shards.ts';
import { CommandError } from '../common/errors.ts';
import { plural, showCount } from '../common/text.ts';

export interface Checked {
  readonly parts: number;
  readonly rows: number;
  readonly recordings: number;
  readonly dim: number | undefined;
  /** Everything that is wrong, a sentence each; none where the parts are a whole. */
  readonly problems: readonly string[];
}

/**
 * Reads every part in a folder: all but the vectors themselves.
 * @throws CommandError where there is no such folder, or no part in it.
 */
export async function checkParts(folder: string): Promise<Checked> {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new CommandError(`${folder}: there is no such folder; give the --out of spotr embed --shard.`);
  const names = readdirSync(folder).sort();
  const parts = names.filter((name) => shardOfPart(name));
  if (parts.length === 0 && !names.some((name) => shardOfPart(name.replace(/\.partial$/, ''))))
    throw new CommandError(
      `${folder}: contains no parts, which are named ${partName({ index: 0, of: 16 })}.`,
    );
  const problems = [...missing(names), ...strangers(names)];
  const seen = new Seen();
  let first: { name: string; facts: Facts } | undefined;
  let rows = 0;
  for (const name of parts) {
    try {
      const { facts, metadata } = await readFacts(join(folder, name));
      problems.push(...unlike(name, facts, first));
      first ??= { name, facts };
      rows += Number(metadata.num_rows);
      seen.dim(name, metadata);
      await seen.windows(name, join(folder, name), metadata);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      problems.push(error.message.replace(`${folder}/`, ''));
    }
  }
  const dims = new Set([...seen.dims.values()]);
  if (dims.size > 1) {
    const each = [...seen.dims].map(([name, dim]) => `${name} ${dim}`);
    problems.push(`The embeddings differ in length: ${each.join(', ')}.`);
  }
  return {
    ...{ parts: parts.length, rows, recordings: seen.recordings.size, dim: [...dims][0] },
    problems: [...problems, ...seen.problems],
  };
}

/** Parts that are not there, by the number that most say there are. */
function missing(names: readonly string[]): string[] {
  const counts = new Map<number, Set<number>>();
  for (const name of names) {
    const shard = shardOfPart(name.replace(/\.partial$/, ''));
    if (!shard) continue;
    const there = counts.get(shard.of) ?? new Set();
    counts.set(shard.of, there);
    if (shardOfPart(name)) there.add(shard.index);
  }
  const problems: string[] = [];
  if (counts.size > 1) {
    const each = [...counts].map(([of, there]) => `${there.size} of ${of}`);
    problems.push(`There are parts of several divisions: ${each.join(', ')}; keep those of one.`);
  }
  const [of, there] = [...counts].sort((a, b) => b[1].size - a[1].size)[0] ?? [0, new Set<number>()];
  const lost = Array.from({ length: of }, (_, index) => index).filter((index) => !there.has(index));
  if (lost.length > 0) {
    const begun = lost.filter((index) => names.includes(Journal.folderOf(partName({ index, of }))));
    const how = begun.length > 0 ? ` (begun: ${begun.join(', ')})` : '';
    problems.push(
      `${plural(lost.length, 'part')} of ${of} ${lost.length === 1 ? 'is' : 'are'} missing: ${lost.join(', ')}${how}. Run embed again with --shard I/${of} for each.`,
    );
  }
  return problems;
}

/** Files that a reader of all .parquet files would take for parts. */
function strangers(names: readonly string[]): string[] {
  return names
    .filter((name) => name.endsWith('.parquet') && !shardOfPart(name))
    .map((name) => `${name} is not a part, but readers of *.parquet take it for one; move it away.`);
}

function unlike(name: string, facts: Facts, first: { name: string; facts: Facts } | undefined): string[] {
  const own = shardOfPart(name);
  const said = facts.shard && showShard(facts.shard);
  const wrongName =
    said === (own && showShard(own))
      ? []
      : [`${name} states that it is part ${said ?? 'none'}; it was renamed.`];
  const others = first
    ? differences({ ...first.facts, shard: undefined }, { ...facts, shard: undefined })
    : [];
  const text = `${name} does not go with ${first?.name}: ${others.join('; ')}.`;
  return others.length > 0 ? [...wrongName, text] : wrongName;
}

/** What was met in the parts so far. */
class Seen {
  /** The part of each recording. */
  readonly recordings = new Map<string, string>();
  /** The length of the vectors of each part that has any. */
  readonly dims = new Map<string, number>();
  readonly problems: string[] = [];

  dim(name: string, { num_rows, row_groups }: FileMetaData): void {
    const values = row_groups
      .flatMap(({ columns }) => columns)
      .filter(({ meta_data }) => meta_data?.path_in_schema[0] === 'embedding')
      .reduce((sum, { meta_data }) => sum + Number(meta_data?.num_values ?? 0), 0);
    if (num_rows > 0n) this.dims.set(name, values / Number(num_rows));
  }

  async windows(name: string, path: string, metadata: FileMetaData): Promise<void> {
    const file = await asyncBufferFromFile(path);
    const starts = new Map<string, Set<number>>();
    let twice = 0;
    let rowStart = 0;
    for (const { num_rows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(num_rows);
      const rows = await readPlaces(name, {
        file,
        metadata,
        rowStart,
        rowEnd,
        columns: ['recording', 'start'],
      });
      for (const { recording, start } of rows) {
        const known = starts.get(recording) ?? new Set();
        starts.set(recording, known);
        if (known.has(start)) twice++;
        known.add(start);
      }
      rowStart = rowEnd;
    }
    if (twice > 0)
      this.problems.push(`${name} has ${showCount(twice)} of its windows twice; write it again.`);
    for (const recording of starts.keys()) {
      const other = this.recordings.get(recording);
      if (other === undefined) this.recordings.set(recording, name);
      else this.problems.push(`${recording} is in two parts, ${other} and ${name}.`);
    }
  }
}

async function readPlaces(
  name: string,
  options: Parameters<typeof parquetReadObjects>[0],
): Promise<{ recording: string; start: number }[]> {
  try {
    return (await parquetReadObjects(options)) as { recording: string; start: number }[];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${name}: is damaged (${why}); write it again.`, { cause });
  }
}
