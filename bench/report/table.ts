import type { Row } from '../contract.ts';
import { times } from './format.ts';

/** A table for the page and for Markdown alike. Cells are plain text. */
export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of text at the left; the rest are numbers. */
  readonly texts: number;
}

/** Every peer that any row was compared with. */
export const peerNames = (rows: readonly Row[]): string[] =>
  [...new Set(rows.flatMap(({ peers }) => peers.map(({ name }) => name)))].sort();

/** How many times as long each peer takes. */
export const ratioCells = (row: Row, names: readonly string[]): string[] =>
  names.map((name) => {
    const found = row.peers.find((peer) => peer.name === name);
    if (found) return times(found.ratio);
    return row.refusals?.[name] === undefined ? '-' : 'cannot';
  });
