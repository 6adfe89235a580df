/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes with the length of a JSON header,
 * the header, then the values of all tensors end to end.
 */

/** Tensors by their names in a state dict; `data` is row-major. */
export type NamedTensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

export interface Safetensors {
  readonly tensors: NamedTensors;
  /** Free text about the file; not of any tensor. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A checkpoint that cannot be used. The message says which file, what is wrong with it and what would do. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

const METADATA = '__metadata__';
const PREFIX = 8;
/** The same bound as the reference implementation has: a longer header means a damaged file or an attack. */
const LONGEST_HEADER = 100_000_000;
const BYTES_PER_F32 = 4;

/** The bytes of a file with these tensors, in the map's order. Throws a CheckpointError for a shape that does not fit. */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === METADATA) {
      throw new CheckpointError(
        `A tensor cannot be called ${METADATA}: the format keeps that name; rename it.`,
      );
    }
    if (countOf(shape) !== data.length) {
      throw new CheckpointError(
        `The tensor "${name}" has ${data.length} values, but its shape [${shape.join(', ')}] says otherwise; give the shape of the data.`,
      );
    }
    const begin = end;
    end += data.byteLength;
    entries.push([name, { dtype: 'F32', shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Values then start at a multiple of eight, so that readers can map them without a copy.
  const headerLength = Math.ceil(json.length / PREFIX) * PREFIX;
  const bytes = new Uint8Array(PREFIX + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, PREFIX, PREFIX + headerLength);
  bytes.set(json, PREFIX);
  let at = PREFIX + headerLength;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a file of F32 tensors; `name` is the file's, for messages. The data are views into `bytes` where alignment
 * allows. Throws a CheckpointError for anything that is not a whole and consistent file of that kind.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const refuse = (problem: string): never => {
    throw new CheckpointError(`${name}: ${problem}`);
  };
  if (bytes.length < PREFIX) {
    refuse(`has ${bytes.length} bytes, too few for a safetensors file; save or copy it again.`);
  }
  const stated = new DataView(bytes.buffer, bytes.byteOffset, PREFIX).getBigUint64(0, true);
  if (stated > BigInt(Math.min(LONGEST_HEADER, bytes.length - PREFIX))) {
    refuse(
      `claims a header of ${stated} bytes in a file of ${bytes.length}; it is cut short or not a safetensors file.`,
    );
  }
  const dataStart = PREFIX + Number(stated);
  const header = parseHeader(bytes.subarray(PREFIX, dataStart), refuse);
  const data = bytes.subarray(dataStart);
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const spans: Span[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [key, entry] of Object.entries(header)) {
    if (key === METADATA) {
      metadata = requireTexts(entry, refuse);
      continue;
    }
    const { shape, begin, end } = readEntry(key, entry, data.length, refuse);
    spans.push({ name: key, begin, end });
    tensors.set(key, { shape, data: floatsOf(data.subarray(begin, end)) });
  }
  requireNoHoles(spans, data.length, refuse);
  return { tensors, metadata };
}

type Refuse = (problem: string) => never;
type Fields = Readonly<Record<string, unknown>>;

interface Span {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array, refuse: Refuse): Fields {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refuse('its header is not JSON text; it is damaged or not a safetensors file.');
  }
  return isFields(header) ? header : refuse('its header is not a JSON object; it is not a safetensors file.');
}

function readEntry(name: string, entry: unknown, available: number, refuse: Refuse) {
  if (!isFields(entry)) return refuse(`the entry of "${name}" in its header is not an object.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') {
    return refuse(
      `the tensor "${name}" is of type ${JSON.stringify(dtype)}, and only F32 is read; convert it to float32.`,
    );
  }
  if (!isCounts(shape)) {
    return refuse(
      `the tensor "${name}" has no proper shape, but ${JSON.stringify(shape)}; the file is damaged.`,
    );
  }
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end || end > available) {
    return refuse(
      `the tensor "${name}" should lie at bytes ${JSON.stringify(offsets)} of the data, which has ${available}; the file is cut short or damaged.`,
    );
  }
  if (countOf(shape) * BYTES_PER_F32 !== end - begin) {
    return refuse(
      `the tensor "${name}" of shape [${shape.join(', ')}] has ${end - begin} bytes; the file is damaged.`,
    );
  }
  return { shape, begin, end };
}

/** The format asks for it: bytes of two tensors, or of none, would be a place to hide something. */
function requireNoHoles(spans: readonly Span[], available: number, refuse: Refuse): void {
  let reached = 0;
  for (const { name, begin, end } of [...spans].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== reached) {
      const fault = begin < reached ? 'overlaps the tensor before it' : 'leaves a hole before it';
      refuse(`the tensor "${name}" ${fault} (byte ${begin} against ${reached}); the file is damaged.`);
    }
    reached = end;
  }
  if (reached !== available) {
    refuse(`has ${available - reached} bytes after the last tensor; the file is damaged.`);
  }
}

function requireTexts(entry: unknown, refuse: Refuse): Readonly<Record<string, string>> {
  const texts = isFields(entry) ? Object.entries(entry) : refuse('its metadata is not a JSON object.');
  const whole: [string, string][] = texts.map(([key, value]) => [
    key,
    typeof value === 'string' ? value : refuse(`its metadata "${key}" is not a text.`),
  ]);
  return Object.fromEntries(whole);
}

/** A view where the bytes are aligned, else a copy. Every runtime there is has little-endian floats, as the format. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % BYTES_PER_F32 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / BYTES_PER_F32);
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
