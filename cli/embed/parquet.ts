/** Embeddings as Parquet, for DuckDB, Spark, pandas and the like. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { saying } from '../files.ts';
import { version } from '../version.ts';
import { type EmbeddingRow, PLACE_COLUMNS } from './rows.ts';
import type { RowWriter } from './tables.ts';

const text = (name: string, repetition_type: 'REQUIRED' | 'OPTIONAL'): SchemaElement => ({
  name,
  repetition_type,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
});

const double = (name: string): SchemaElement => ({ name, repetition_type: 'REQUIRED', type: 'DOUBLE' });

/** A list of three levels, as the format wants it: it is there, and so is each element. */
const list = (name: string, element: SchemaElement): SchemaElement[] => [
  {
    name,
    repetition_type: 'REQUIRED',
    num_children: 1,
    converted_type: 'LIST',
    logical_type: { type: 'LIST' },
  },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  element,
];

/** Spelled out: guessed from values, FLOAT would become DOUBLE, and a file without rows would have no types. */
const SCHEMA: SchemaElement[] = [
  { name: 'embeddings', num_children: PLACE_COLUMNS.length + 1 },
  text('recording', 'REQUIRED'),
  double('start'),
  double('seconds'),
  ...list('channels', text('element', 'REQUIRED')),
  ...['dataset', 'modality', 'subject', 'split', 'label'].map((name) => text(name, 'OPTIONAL')),
  ...list('embedding', { name: 'element', repetition_type: 'REQUIRED', type: 'FLOAT' }),
];

/** Each `write` makes a row group. */
export function parquetWriter(path: string, metadata: Readonly<Record<string, string>>): RowWriter {
  const writer = saying(
    path,
    'written',
    () =>
      new ParquetWriter({
        writer: fileWriter(path),
        schema: SCHEMA,
        kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
        createdBy: `spotr ${version()}`,
      }),
  );
  return {
    write: (rows) => void saying(path, 'written', () => writer.write({ columnData: columnsOf(rows) })),
    finish: () =>
      saying(path, 'written', () => {
        writer.finish();
        const file = openSync(path, 'r+');
        fsyncSync(file);
        closeSync(file);
      }),
  };
}

function columnsOf(rows: readonly EmbeddingRow[]) {
  return [
    ...PLACE_COLUMNS.map((name) => ({ name, data: rows.map((row) => row[name]) })),
    {
      name: 'embedding',
      data: rows.map(({ embedding }) => Array.from(embedding)),
      // Digits of floats are as good as random: neither a dictionary nor compression makes them less.
      encoding: 'PLAIN' as const,
      codec: 'UNCOMPRESSED' as const,
      statistics: false,
    },
  ];
}
