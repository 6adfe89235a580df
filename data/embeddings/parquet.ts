/** The columns of embeddings as Parquet, for DuckDB, Spark, pandas and the like. */
import type { SchemaElement } from 'hyparquet';
import { type EmbeddingRow, PLACE_COLUMNS } from './rows.ts';

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
export const PARQUET_SCHEMA: SchemaElement[] = [
  { name: 'embeddings', num_children: PLACE_COLUMNS.length + 1 },
  text('recording', 'REQUIRED'),
  double('start'),
  double('seconds'),
  ...list('channels', text('element', 'REQUIRED')),
  ...['dataset', 'modality', 'subject', 'split', 'label'].map((name) => text(name, 'OPTIONAL')),
  ...list('embedding', { name: 'element', repetition_type: 'REQUIRED', type: 'FLOAT' }),
];

/** A row group. */
export function parquetColumns(rows: readonly EmbeddingRow[]) {
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
