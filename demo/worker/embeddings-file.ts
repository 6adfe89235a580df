/** The tokens of windows as a file, with the columns that the command `spotr embed` writes. */
import {
  csvHeader,
  csvLine,
  type EmbeddingRow,
  NOTICE,
  PARQUET_SCHEMA,
  parquetColumns,
} from '../../data/index.ts';
import type { Tokens } from './maps.ts';
import type { WindowSet } from './windows.ts';

export async function embeddingsFile(
  format: 'parquet' | 'csv',
  windows: WindowSet,
  tokens: Tokens,
  adapter: string,
): Promise<Blob> {
  const rows = rowsOf(windows, tokens);
  if (format === 'csv')
    return new Blob([csvHeader(tokens.dim), ...rows.map((row) => csvLine(row, tokens.dim))], {
      type: 'text/csv',
    });
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  const metadata = {
    'spotr.notice': NOTICE,
    'spotr.encoder': `${tokens.encoder}; step ${tokens.step}${tokens.lastStep > tokens.step ? ` to ${tokens.lastStep}` : ''}`,
    'spotr.adapter': adapter,
  };
  const writer = new ParquetWriter({
    writer: bytes,
    schema: PARQUET_SCHEMA,
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'spotr page',
  });
  writer.write({ columnData: parquetColumns(rows) });
  writer.finish();
  return new Blob([bytes.getBuffer()], { type: 'application/vnd.apache.parquet' });
}

function rowsOf(windows: WindowSet, { values, dim }: Tokens): EmbeddingRow[] {
  return windows.places.map((_, window) => {
    const { own, start, seconds } = windows.of(window);
    return {
      recording: own.name,
      start,
      seconds,
      channels: own.labels,
      dataset: own.dataset,
      modality: own.modality,
      subject: own.subject,
      split: windows.splitOf(window),
      label: windows.labelOf(window) ?? undefined,
      embedding: values.subarray(window * dim, (window + 1) * dim),
    };
  });
}
