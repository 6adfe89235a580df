import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../checkpoint/read.ts';
import type { NamedTensors } from '../../model/index.ts';
import type { CaseReport } from './compare.ts';
import type { GoldenFolder } from './folders.ts';
import { type GoldenFile, readGolden, type Truth } from './golden-file.ts';

/** What the folder `ckpt` says of its files. */
export interface Manifest {
  readonly config: Readonly<Record<string, number>>;
  /** What each file is to hold: another file, or values spelled out. */
  readonly good: Readonly<Record<string, string>>;
  /** Why each file of `bad/` is to be refused. */
  readonly bad: Readonly<Record<string, string>>;
}

export async function readFrom(folder: GoldenFolder, name: string): Promise<NamedTensors> {
  const { tensors } = await readCheckpoint(readFileSync(join(folder.path, 'ckpt', name)), name, {
    integers: 'round',
  });
  return tensors;
}

/** The file of expected tensors that a line of the manifest begins with. */
export function expectedFile(folder: GoldenFolder, line: string): GoldenFile | undefined {
  const stem = /^(\S+)\.safetensors\b/.exec(line)?.[1];
  return stem === undefined ? undefined : readGolden(folder, 'ckpt', stem);
}

/** The tensors that a line of the manifest promises, under the names of the file's own. */
export function expectedTensors(folder: GoldenFolder, line: string, names: Iterable<string>) {
  const file = expectedFile(folder, line);
  const all = file ? file.tensors : spelledOut(line);
  const own = [...names];
  // One file of expected tensors serves the encoder and the decoder.
  const prefix = ['', 'encoder.', 'decoder.'].find((prefix) =>
    own.every((name) => [...all.keys()].some((key) => partOf(key)?.name === prefix + name)),
  );
  if (prefix === undefined) throw new Error(`${line}: does not say what ${own.join(', ')} should be.`);
  return new Map(
    [...all].flatMap(([key, truth]) => {
      const part = partOf(key);
      return part?.name.startsWith(prefix)
        ? [[key, { ...part, name: part.name.slice(prefix.length), truth }]]
        : [];
    }),
  );
}

/** `weight = [[0..3],[4..7]] float32` as a tensor. */
function spelledOut(line: string): Map<string, Truth> {
  const [, name, rows] = /^(\w+) = \[(\[.*\])\] float32$/.exec(line) ?? [];
  if (!name || !rows) throw new Error(`The manifest says "${line}", which this suite cannot read.`);
  const values = [...rows.matchAll(/\[(-?\d+)\.\.(-?\d+)\]/g)].map(([, first, last]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i),
  );
  const shape = [values.length, values[0]?.length ?? 0];
  return new Map([[name, { shape, data: Float64Array.from(values.flat()) }]]);
}

interface Part {
  readonly name: string;
  /** Rows and columns of the part of a position table that is known. */
  readonly rows?: readonly [number, number | undefined];
  readonly columns?: readonly [number, number | undefined];
}

/** `pos_embed[120:,:8]` is a part of `pos_embed`. */
function partOf(key: string): Part | undefined {
  const [, name, a, b, c, d] = /^(.*)\[(\d*):(\d*),(\d*):(\d*)\]$/.exec(key) ?? [];
  if (name === undefined) return { name: key };
  const range = (from = '', to = '') => [Number(from), to === '' ? undefined : Number(to)] as const;
  return { name, rows: range(a, b), columns: range(c, d) };
}

/** Every tensor that is expected against the ones that were read, bit for bit, and no other. */
export function compareTensors(
  read: NamedTensors,
  expected: ReturnType<typeof expectedTensors>,
  report: CaseReport,
): void {
  const missing = new Set(read.keys());
  for (const [key, { name, rows, columns, truth }] of expected) {
    const tensor = read.get(name);
    missing.delete(name);
    if (!tensor) report.holds('outputs', `${key} is there`, false);
    else {
      const part = rows && columns ? takePart(tensor, rows, columns) : tensor;
      const same = part.shape.join() === truth.shape.join() && part.data.length === truth.data.length;
      const equal = same && truth.data.every((value, i) => Object.is(Math.fround(value), part.data[i]));
      report.holds('outputs', key, equal);
    }
  }
  report.holds('outputs', `nothing but what is expected (${[...missing].join(', ')})`, missing.size === 0);
}

type HostTensor = NamedTensors extends ReadonlyMap<string, infer T> ? T : never;

function takePart(
  { shape, data }: HostTensor,
  rows: NonNullable<Part['rows']>,
  columns: NonNullable<Part['columns']>,
): HostTensor {
  const [, height = 1, width = 1, dim = 1] = shape;
  const values: number[] = [];
  for (let row = rows[0]; row < (rows[1] ?? height); row++) {
    const start = (row * width + columns[0]) * dim;
    const end = (row * width + (columns[1] ?? width)) * dim;
    for (let i = start; i < end; i++) values.push(data[i] as number);
  }
  const part = [1, (rows[1] ?? height) - rows[0], (columns[1] ?? width) - columns[0], dim];
  return { shape: part, data: Float32Array.from(values) };
}
