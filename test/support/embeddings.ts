import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { Facts } from '../../cli/common/embed/facts.ts';

/** What a run of embed says of itself, whatever it embeds. */
export const FACTS: Facts = {
  ...{ version: '1.0.0', weights: 'abc', encoder: 'tiny', recordings: 'def' },
  settings: { window: 1, mains: 'none' },
};

export interface Row {
  recording: string;
  start: number;
  seconds: number;
  channels: string[];
  dataset?: string;
  modality?: string;
  subject?: string;
  split?: string;
  label?: string;
  embedding: number[];
}

/** All rows of a Parquet file of embeddings, what it says of itself, and its schema. */
export async function readParquet(path: string) {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const rows = (await parquetReadObjects({ file, metadata })) as Row[];
  const said = Object.fromEntries(metadata.key_value_metadata?.map(({ key, value }) => [key, value]) ?? []);
  return { rows, said, metadata };
}
