import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf } from '../support/ndarray.ts';
import type { GoldenFolder } from './folders.ts';

/** Reference values in float64, or float32 ones widened. */
export interface Truth {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface GoldenFile {
  /** As in `deviations.json`, e.g. `modules/silu.safetensors`. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, Truth>;
  /** Sizes of what was run. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Reads one file of the set. A reader of its own, because the one under test reads into float32 and the truth is in
 * float64.
 */
export function readGolden(folder: GoldenFolder, family: string, stem: string): GoldenFile {
  const name = `${family}/${stem}.safetensors`;
  const bytes = readFileSync(join(folder.path, name));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(
    bytes.toString('utf8', 8, 8 + headerLength),
  ) as { __metadata__?: Record<string, string> } & Record<string, Entry>;
  const data = bytes.subarray(8 + headerLength);
  const tensors = new Map(
    Object.entries(entries as Record<string, Entry>).map(([key, { dtype, shape, data_offsets }]) => {
      const read = READERS[dtype];
      if (!read) throw new Error(`${name}: ${key} is of type ${dtype}, which this suite does not read.`);
      const values = data.subarray(...data_offsets);
      const size = values.length / sizeOf(shape);
      return [
        key,
        { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => read(values, i * size)) },
      ];
    }),
  );
  const config = JSON.parse(metadata.config ?? '{}') as Record<string, unknown>;
  return { name, tensors, config, metadata };
}

const READERS: Readonly<Record<string, (bytes: Buffer, at: number) => number>> = {
  F64: (bytes, at) => bytes.readDoubleLE(at),
  F32: (bytes, at) => bytes.readFloatLE(at),
  I32: (bytes, at) => bytes.readInt32LE(at),
  I64: (bytes, at) => Number(bytes.readBigInt64LE(at)),
  BF16: (bytes, at) => new Float32Array(Uint32Array.of(bytes.readUInt16LE(at) << 16).buffer)[0] as number,
  F16: (bytes, at) => {
    const bits = bytes.readUInt16LE(at);
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  },
};

/** A tensor that the case must have. */
export function truthOf({ name, tensors }: GoldenFile, key: string): Truth {
  const truth = tensors.get(key);
  if (!truth)
    throw new Error(`${name}: there is no tensor ${key}; it has ${[...tensors.keys()].join(', ')}.`);
  return truth;
}

/** A whole number of the case's config. */
export function countOf({ name, config }: GoldenFile, key: string): number {
  const value = config[key];
  if (typeof value === 'number') return value;
  throw new Error(`${name}: its config has no number ${key}, but ${JSON.stringify(config)}.`);
}

export function readJson<T>(folder: GoldenFolder, name: string): T {
  return JSON.parse(readFileSync(join(folder.path, name), 'utf8')) as T;
}

export function hasFile(folder: GoldenFolder, name: string): boolean {
  return existsSync(join(folder.path, name));
}
