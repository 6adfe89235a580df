/** Embeddings as Parquet, for DuckDB, Spark, pandas and the like. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { PARQUET_SCHEMA, parquetColumns } from '../../../data/index.ts';
import { saying } from '../files.ts';
import { version } from '../version.ts';
import type { RowWriter } from './tables.ts';

/** Each `write` makes a row group. */
export function parquetWriter(path: string, metadata: Readonly<Record<string, string>>): RowWriter {
  const writer = saying(
    path,
    'written',
    () =>
      new ParquetWriter({
        writer: fileWriter(path),
        schema: PARQUET_SCHEMA,
        kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
        createdBy: `spotr ${version()}`,
      }),
  );
  return {
    write: (rows) => void saying(path, 'written', () => writer.write({ columnData: parquetColumns(rows) })),
    finish: () =>
      saying(path, 'written', () => {
        writer.finish();
        const file = openSync(path, 'r+');
        fsyncSync(file);
        closeSync(file);
      }),
  };
}
