/** Rows of embeddings as text: the place of each window, and its values as h0, h1, ... */
import { csvCell } from '../csv.ts';
import { type EmbeddingRow, PLACE_COLUMNS, type WindowPlace } from './rows.ts';

/** The header of a table with `dim` values a row. */
export function csvHeader(dim: number): string {
  return `${[...PLACE_COLUMNS, ...Array.from({ length: dim }, (_, i) => `h${i}`)].join(',')}\n`;
}

export function csvLine(row: EmbeddingRow, dim: number): string {
  return `${csvFields(row, dim).join(',')}\n`;
}

function csvFields(row: EmbeddingRow, dim: number): string[] {
  return [
    ...PLACE_COLUMNS.map((name) => csvCell(textOf(row[name]))),
    ...Array.from(row.embedding.subarray(0, dim), showFloat),
  ];
}

/** Channels stand between semicolons; what is not known is empty. */
function textOf(value: WindowPlace[keyof WindowPlace]): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? value.join(';') : String(value);
}

/** Nine digits bring every float32 back exactly. */
function showFloat(value: number): string {
  return String(Number(value.toPrecision(9)));
}
