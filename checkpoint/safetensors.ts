/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes with the length of a JSON header,
 * the header, then the values of all tensors end to end.
 */

import { type RandomAccess, readExactly } from '../base/bytes.ts';
import { quote } from '../base/quote.ts';
import type { NamedTensors } from '../model/named-tensors.ts';
import { LONGEST_HEADER } from './budget.ts';
import { BYTES_PER_ELEMENT, countOf, type StoredTensor } from './dtypes.ts';
import { CheckpointError, type Refuse, refuser } from './errors.ts';
import { LENGTH_BYTES, METADATA, readLayout, type SafetensorsLayout } from './safetensors-header.ts';
import { float32Of, type ReadOptions, requireFloat } from './values.ts';

export type { NamedTensors } from '../model/named-tensors.ts';
export { CheckpointError } from './errors.ts';

export interface Safetensors {
  readonly tensors: NamedTensors;
  /** Free text about the file; not of any tensor. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a file with these tensors, in the map's order. Throws a CheckpointError for a shape that does not fit. */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const listed = [...tensors].map(([name, { shape, data }]) => {
    if (countOf(shape) !== data.length) {
      throw new CheckpointError(
        `The tensor ${quote(name)} has ${data.length} values, but its shape [${shape.join(', ')}] says otherwise; give the shape of the data.`,
      );
    }
    return { name, dtype: 'F32', shape } as const;
  });
  const { bytes, starts } = allocate(listed, metadata);
  for (const [i, { data }] of [...tensors.values()].entries()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), starts[i]);
  }
  return bytes;
}

/** The same for tensors of any type that are read one by one: no more than one of them is held beside the result. */
export async function encodeStored(
  tensors: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, starts } = allocate(tensors, metadata);
  for (const [i, tensor] of tensors.entries()) bytes.set(await tensor.read(), starts[i]);
  return bytes;
}

/**
 * Reads a file as float32 (F32, F16 and BF16 exactly, F64 rounded); `name` is the file's, for messages. The data are
 * views into `bytes` where type and alignment allow. Throws a CheckpointError for anything that is not a whole and
 * consistent file, and for integers unless asked to convert them.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string, options: ReadOptions = {}): Safetensors {
  const refuse = refuser(name);
  const { dataStart, entries, metadata } = readLayout(bytes, bytes.length, refuse);
  requireFloat(entries, options, refuse);
  const tensors = new Map(
    entries.map((entry) => [
      entry.name,
      {
        shape: entry.shape,
        data: float32Of(entry, bytes.subarray(dataStart + entry.begin, dataStart + entry.end), refuse),
      },
    ]),
  );
  return { tensors, metadata };
}

/** The tensors of a file, none of them read yet. */
export async function openSafetensors(
  source: RandomAccess,
  refuse: Refuse,
): Promise<{ tensors: readonly StoredTensor[]; metadata: Readonly<Record<string, string>> }> {
  const start = await readExactly(source, 0, Math.min(LENGTH_BYTES, source.size), 'the start', refuse);
  const length =
    start.length === LENGTH_BYTES ? new DataView(start.buffer, start.byteOffset).getBigUint64(0, true) : 0n;
  // A length beyond the file, or beyond what is read, is refused by what reads the header.
  const head = Number(length) <= Math.min(source.size, LONGEST_HEADER) ? Number(length) : 0;
  const header = await source.read(0, LENGTH_BYTES + head);
  const { dataStart, entries, metadata }: SafetensorsLayout = readLayout(header, source.size, refuse);
  const tensors = entries.map(({ name, dtype, shape, begin, end }): StoredTensor => {
    const offset = dataStart + begin;
    const read = () => readExactly(source, offset, end - begin, `the tensor ${quote(name)}`, refuse);
    return { name, dtype, shape, offset, read };
  });
  return { tensors, metadata };
}

function allocate(
  tensors: readonly Pick<StoredTensor, 'name' | 'dtype' | 'shape'>[],
  metadata: Readonly<Record<string, string>>,
): { bytes: Uint8Array<ArrayBuffer>; starts: number[] } {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  const begins: number[] = [];
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    if (name === METADATA) {
      throw new CheckpointError(
        `A tensor cannot be called ${METADATA}: the format keeps that name; rename it.`,
      );
    }
    begins.push(end);
    const begin = end;
    end += countOf(shape) * BYTES_PER_ELEMENT[dtype];
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Values then start at a multiple of eight, so that readers can map them without a copy.
  const headerLength = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  const dataStart = LENGTH_BYTES + headerLength;
  const bytes = new Uint8Array(dataStart + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, LENGTH_BYTES, dataStart);
  bytes.set(json, LENGTH_BYTES);
  return { bytes, starts: begins.map((begin) => dataStart + begin) };
}
