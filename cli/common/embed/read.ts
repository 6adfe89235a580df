/** What is said of embeddings in the Parquet files that they were written to. */
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import { CommandError } from '../errors.ts';
import type { Facts } from './facts.ts';
import { readShard } from './shards.ts';

export interface EmbeddingsFile {
  readonly facts: Facts;
  readonly metadata: FileMetaData;
}

/** @throws CommandError for a file that is damaged, or that spotr has not written. */
export async function readFacts(path: string): Promise<EmbeddingsFile> {
  const metadata = await asyncBufferFromFile(path)
    .then((file) => parquetMetadataAsync(file))
    .catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CommandError(`${path}: is no whole Parquet file (${why}); delete it, and make it again.`, {
        cause,
      });
    });
  const said = new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value]));
  const text = (name: string): string => {
    const value = said.get(`spotr.${name}`);
    if (value !== undefined) return value;
    throw new CommandError(`${path}: has no embeddings of spotr (it does not say its spotr.${name}).`);
  };
  const shard = said.get('spotr.shard');
  return {
    metadata,
    facts: {
      version: text('version'),
      weights: text('weights'),
      encoder: text('encoder'),
      settings: JSON.parse(text('settings')) as Facts['settings'],
      recordings: text('recordings'),
      shard: shard === undefined ? undefined : readShard(shard),
    },
  };
}
