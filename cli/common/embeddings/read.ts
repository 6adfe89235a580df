/** Embeddings from Parquet files. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { CommandError } from '../errors.ts';
import { nearPaths } from '../text.ts';

/** What may be known of a window, in words. */
export const FIELDS = ['recording', 'subject', 'label', 'modality', 'dataset', 'split', 'channels'] as const;
export type FieldName = (typeof FIELDS)[number];

const NEEDED = ['recording', 'start', 'embedding'] as const;
const READ = ['seconds', ...NEEDED, ...FIELDS.filter((name) => name !== 'recording')];

export interface Embeddings {
  readonly count: number;
  readonly dim: number;
  /** [count, dim], row-major. */
  readonly vectors: Float32Array;
  /** Seconds; `seconds` is NaN where it is not stated. */
  readonly starts: Float64Array;
  readonly seconds: Float32Array;
  /** Undefined where it is not stated. */
  readonly fields: Readonly<Record<FieldName, readonly (string | undefined)[]>>;
  readonly files: readonly string[];
  /** What the files say of themselves, by key, each different value once. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
}

interface OpenFile {
  readonly path: string;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
}

/** @throws CommandError for files that cannot be read together, or hold no usable embeddings. */
export async function readEmbeddings(paths: readonly string[]): Promise<Embeddings> {
  const files: OpenFile[] = [];
  for (const path of paths.flatMap(partsOf)) files.push(await open(path));
  const count = files.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);
  const metadata = metadataOf(files);
  requireOneEncoder(metadata);
  if (count === 0)
    throw new CommandError(
      `${files.map(({ path }) => nearPaths(path)).join(', ')}: there are no rows; nothing was embedded.`,
    );
  const builder = new Builder(count);
  for (const file of files) await addAll(file, builder);
  return { ...builder.embeddings(), files: files.map(({ path }) => path), metadata };
}

/** A file, or the parts in a folder by name. */
function partsOf(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CommandError(`${path}: there is no such file or folder.`);
  if (!found.isDirectory()) return [path];
  const parts = readdirSync(path).filter((name) => name.endsWith('.parquet'));
  if (parts.length === 0) throw new CommandError(`${path}: the folder has no file that ends in .parquet.`);
  return parts.sort().map((name) => join(path, name));
}

async function open(path: string): Promise<OpenFile> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
    throw new CommandError(
      `${path}: is not a Parquet file, or only a part of one (${reasonOf(cause)}); give a .parquet file written by spotr embed.`,
      { cause },
    );
  });
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const missing = NEEDED.filter((name) => !columns.includes(name));
  if (missing.length > 0)
    throw new CommandError(
      `${path}: has no column ${missing.map((name) => `"${name}"`).join(', ')} (it has ${columns.join(', ')}); give a .parquet file written by spotr embed.`,
    );
  return { path, file, metadata, columns };
}

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

function metadataOf(files: readonly OpenFile[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { metadata } of files)
    for (const { key, value } of metadata.key_value_metadata ?? []) {
      if (value === undefined || !key.startsWith('spotr.')) continue;
      const known = found.get(key) ?? [];
      found.set(key, known.includes(value) ? known : [...known, value]);
    }
  return found;
}

/** Vectors of different encoders have nothing to do with each other, though they may be as long. */
function requireOneEncoder(metadata: ReadonlyMap<string, readonly string[]>): void {
  const stated = ['spotr.weights', 'spotr.encoder'].flatMap((key) => metadata.get(key) ?? []);
  const sums = new Set(stated.flatMap((text) => text.match(/\b[0-9a-f]{64}\b/g) ?? []));
  if (sums.size <= 1) return;
  throw new CommandError(
    `The files are of ${sums.size} different encoders (SHA-256 ${[...sums].map((sum) => sum.slice(0, 12)).join(', ')}), whose embeddings cannot be compared; embed all recordings with one.`,
  );
}

/** A group of rows at a time, so that no more than that is in memory as objects. */
async function addAll({ path, file, metadata, columns }: OpenFile, builder: Builder): Promise<void> {
  let first = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = first + Number(group.num_rows);
    const wanted = READ.filter((name) => columns.includes(name));
    const rows = await parquetReadObjects({
      ...{ file, metadata, columns: wanted, rowStart: first, rowEnd },
    }).catch((cause: unknown) => {
      throw new CommandError(
        `${path}: cannot be read (${reasonOf(cause)}); write it again, uncompressed or with Snappy.`,
        { cause },
      );
    });
    for (const [i, row] of rows.entries()) builder.add(row, `${path}: row ${first + i + 1}`);
    first = rowEnd;
  }
}

/** Puts rows together, all of one length. */
class Builder {
  readonly #count: number;
  readonly #starts: Float64Array;
  readonly #seconds: Float32Array;
  readonly #fields: Record<FieldName, (string | undefined)[]>;
  #vectors: Float32Array | undefined;
  #dim = 0;
  #rows = 0;

  constructor(count: number) {
    this.#count = count;
    this.#starts = new Float64Array(count);
    this.#seconds = new Float32Array(count);
    this.#fields = Object.fromEntries(FIELDS.map((name) => [name, []])) as unknown as Record<
      FieldName,
      (string | undefined)[]
    >;
  }

  /** @throws CommandError that begins with `where` for a row that is no embedding, or of another length. */
  add(row: Record<string, unknown>, where: string): void {
    const { recording, start, seconds, embedding } = row;
    if (typeof recording !== 'string' || typeof start !== 'number')
      throw new CommandError(`${where} does not state its recording (a text) and its start (a number).`);
    const place = `${where} (${recording}, ${start} s)`;
    if (!isList(embedding) || embedding.length === 0)
      throw new CommandError(`${place} has no embedding, which must be a list of numbers.`);
    this.#dim ||= embedding.length;
    this.#vectors ??= new Float32Array(this.#count * this.#dim);
    if (embedding.length !== this.#dim)
      throw new CommandError(
        `${place} has ${embedding.length} values, earlier rows have ${this.#dim}; explore embeddings of one encoder at a time.`,
      );
    for (let i = 0; i < embedding.length; i++) {
      const value = embedding[i];
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw new CommandError(`${place} holds ${value}, which is not finite; leave that window out.`);
      this.#vectors[this.#rows * this.#dim + i] = value;
    }
    this.#starts[this.#rows] = start;
    this.#seconds[this.#rows] = typeof seconds === 'number' ? seconds : Number.NaN;
    for (const name of FIELDS) this.#fields[name].push(wordsOf(row[name]));
    this.#rows++;
  }

  embeddings(): Omit<Embeddings, 'files' | 'metadata'> {
    const vectors = this.#vectors ?? new Float32Array();
    return {
      ...{ count: this.#rows, dim: this.#dim, vectors },
      ...{ starts: this.#starts, seconds: this.#seconds, fields: this.#fields },
    };
  }
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || ArrayBuffer.isView(value);

function wordsOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : undefined;
  return value === null || value === undefined || value === '' ? undefined : String(value);
}
