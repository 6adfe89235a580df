/** Embeddings as text and as a NumPy array, a piece at a time. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { csvHeader, csvLine, type EmbeddingRow } from '../../../data/index.ts';
import { saying } from '../files.ts';

/** Takes rows in their order; after `finish` the file is whole and on the disk. */
export interface RowWriter {
  write(rows: readonly EmbeddingRow[]): void;
  finish(): void;
}

/** A table with a header: the place of each window, and with `dim` its values as h0, h1, ... */
export function csvWriter(path: string, dim = 0): RowWriter {
  const file = new Appended(path);
  file.add(csvHeader(dim));
  return {
    write: (rows) => file.add(rows.map((row) => csvLine(row, dim)).join('')),
    finish: () => file.close(),
  };
}

/** The NumPy format, version 1: [rows, dim] float32, little-endian, in rows. */
export function npyWriter(path: string, rows: number, dim: number): RowWriter {
  const file = new Appended(path);
  file.add(npyHeader(rows, dim));
  return {
    write: (rows) => {
      const view = new DataView(new ArrayBuffer(rows.length * dim * 4));
      for (const [row, { embedding }] of rows.entries())
        for (const [column, value] of embedding.entries())
          view.setFloat32((row * dim + column) * 4, value, true);
      file.add(new Uint8Array(view.buffer));
    },
    finish: () => file.close(),
  };
}

function npyHeader(rows: number, dim: number): Uint8Array {
  const MAGIC = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0];
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dim}), }`;
  // The values start at a multiple of 64, and the header ends in a newline.
  const length = Math.ceil((MAGIC.length + 2 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(MAGIC.length, length - MAGIC.length - 2, true);
  bytes.fill(0x20, MAGIC.length + 2, length);
  bytes.set(new TextEncoder().encode(header), MAGIC.length + 2);
  bytes[length - 1] = 0x0a;
  return bytes;
}

/** A file that is written from its beginning to its end. */
class Appended {
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = saying(path, 'written', () => openSync(path, 'w'));
  }

  add(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    saying(this.#path, 'written', () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    });
  }

  close(): void {
    saying(this.#path, 'written', () => {
      fsyncSync(this.#file);
      closeSync(this.#file);
    });
  }
}
