/** The header of a safetensors file, checked against the size of the file. */

import { quote, quoteValue } from '../base/quote.ts';
import { LONGEST_HEADER, MOST_TENSORS } from './budget.ts';
import { BYTES_PER_ELEMENT, countOf, type DType, isDType } from './dtypes.ts';
import type { CheckpointReason, Refuse } from './errors.ts';

export const METADATA = '__metadata__';
/** Of the length of the header. */
export const LENGTH_BYTES = 8;

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes of the data, which begin at `dataStart`. */
  readonly begin: number;
  readonly end: number;
  readonly offset: number;
}

export interface SafetensorsLayout {
  readonly dataStart: number;
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;
type Fail = (problem: string, reason?: CheckpointReason) => never;

/** `bytes` are the file, or as much of it as the header. */
export function readLayout(bytes: Uint8Array, fileSize: number, refuse: Refuse): SafetensorsLayout {
  if (fileSize < LENGTH_BYTES || bytes.length < LENGTH_BYTES) {
    refuse(
      'truncated',
      fileSize,
      `has ${fileSize} bytes, too few for a safetensors file; save or copy it again.`,
    );
  }
  const stated = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (stated > BigInt(fileSize - LENGTH_BYTES)) {
    refuse(
      'truncated',
      0,
      `claims a header of ${stated} bytes in a file of ${fileSize}; it is cut short or not a safetensors file.`,
    );
  }
  if (stated > BigInt(LONGEST_HEADER)) {
    refuse(
      'too-large',
      0,
      `has a header of ${stated} bytes, more than the ${LONGEST_HEADER} that are read; no model needs as many tensors.`,
    );
  }
  const dataStart = LENGTH_BYTES + Number(stated);
  if (bytes.length < dataStart)
    refuse('truncated', bytes.length, 'its header ended early; the file changed while it was read.');
  // JSON text has no places that survive parsing: faults of the header are reported at its start.
  const fail: Fail = (problem, reason = 'damaged') => refuse(reason, LENGTH_BYTES, problem);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), fail);
  const count = Object.keys(header).length;
  if (count > MOST_TENSORS)
    fail(`its header names ${count} tensors, more than the ${MOST_TENSORS} that are read.`, 'too-large');
  const available = fileSize - dataStart;
  const entries: SafetensorsEntry[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [key, entry] of Object.entries(header)) {
    if (key === METADATA) metadata = requireTexts(entry, fail);
    else entries.push({ name: key, ...readEntry(key, entry, available, fail), offset: LENGTH_BYTES });
  }
  requireNoHoles(entries, dataStart, available, refuse);
  return { dataStart, entries, metadata };
}

function parseHeader(bytes: Uint8Array, fail: Fail): Fields {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    return fail('its header is not JSON text; it is damaged or not a safetensors file.');
  }
  const twice = repeatedKey(text);
  if (twice !== undefined)
    fail(
      `its header says ${quote(twice)} twice, of which readers take one or the other; the file is damaged.`,
    );
  return isFields(header) ? header : fail('its header is not a JSON object; it is not a safetensors file.');
}

/** Levels of a header that mean something: the names, and the fields of each. */
const LEVELS = 2;

/** A key that an object of valid JSON has twice, as far down as `LEVELS`: the format forbids it, and `JSON.parse` takes the last. */
function repeatedKey(json: string): string | undefined {
  const seen: Set<string>[] = [];
  let [depth, text] = [0, ''];
  for (let at = 0; at < json.length; at++) {
    const mark = json[at];
    if (mark === '"') {
      const begin = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++;
      text = json.slice(begin, at + 1);
    } else if (mark === '{' || mark === '[') {
      if (depth < LEVELS) seen[depth] = new Set();
      depth++;
    } else if (mark === '}' || mark === ']') depth--;
    else if (mark === ':' && depth <= LEVELS) {
      const key = JSON.parse(text) as string;
      const keys = seen[depth - 1] as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function readEntry(name: string, entry: unknown, available: number, fail: Fail) {
  if (!isFields(entry)) return fail(`the entry of ${quote(name)} in its header is not an object.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDType(dtype)) {
    return fail(
      `the tensor ${quote(name)} is of type ${quoteValue(dtype)}; read are ${Object.keys(BYTES_PER_ELEMENT).join(', ')}: convert it to float32.`,
      'unsupported',
    );
  }
  if (!isCounts(shape)) {
    return fail(
      `the tensor ${quote(name)} has no proper shape, but ${quoteValue(shape)}; the file is damaged.`,
    );
  }
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end || end > available) {
    return fail(
      `the tensor ${quote(name)} should lie at bytes ${quoteValue(offsets)} of the data, which has ${available}; the file is cut short or damaged.`,
      'out-of-bounds',
    );
  }
  if (countOf(shape) * BYTES_PER_ELEMENT[dtype] !== end - begin) {
    return fail(
      `the tensor ${quote(name)} of shape ${quoteValue(shape)} and type ${dtype} has ${end - begin} bytes; the file is damaged.`,
      'out-of-bounds',
    );
  }
  return { dtype, shape, begin, end };
}

/** The format asks for it: bytes of two tensors, or of none, would be a place to hide something. */
function requireNoHoles(
  entries: readonly SafetensorsEntry[],
  dataStart: number,
  available: number,
  refuse: Refuse,
): void {
  let reached = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== reached) {
      const fault = begin < reached ? 'overlaps the tensor before it' : 'leaves a hole before it';
      refuse(
        'damaged',
        dataStart + begin,
        `the tensor ${quote(name)} ${fault} (byte ${begin} against ${reached}); the file is damaged.`,
      );
    }
    reached = end;
  }
  if (reached !== available) {
    refuse(
      'damaged',
      dataStart + reached,
      `has ${available - reached} bytes after the last tensor; the file is damaged.`,
    );
  }
}

function requireTexts(entry: unknown, fail: Fail): Readonly<Record<string, string>> {
  const texts = isFields(entry) ? Object.entries(entry) : fail('its metadata is not a JSON object.');
  const whole: [string, string][] = texts.map(([key, value]) => [
    key,
    typeof value === 'string' ? value : fail(`its metadata ${quote(key)} is not a text.`),
  ]);
  return Object.fromEntries(whole);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
