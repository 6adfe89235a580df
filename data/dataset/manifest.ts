/**
 * A manifest: which recordings there are, what they are, and what was skipped and why. JSON lines, one a file, to be edited by
 * hand as well: the first line says what it is; unknown fields stay.
 */
import { quoteValue } from '../../base/quote.ts';
import { SignalError } from '../errors.ts';
import { MAXIMUM_SAMPLES, MODEL_RATE, windowSamples } from '../rate.ts';
import { MODALITIES, type Modality } from '../recording.ts';

export type SplitName = 'train' | 'validation' | 'test';
export const SPLIT_NAMES: readonly SplitName[] = ['train', 'validation', 'test'];

/** A stretch of a recording with a meaning. */
export interface LabelledStretch {
  /** Seconds of stored signal before it, and its length in seconds. */
  readonly start: number;
  readonly seconds: number;
  readonly label: string;
}

/** A recording. What a person writes here wins over what the file says; only `path` must be there. */
export interface ManifestEntry {
  /** With / between its parts, from the manifest's folder. */
  readonly path: string;
  readonly dataset?: string;
  readonly modality?: Modality;
  /** Why it is taken for that. */
  readonly because?: string;
  readonly subject?: string;
  readonly split?: SplitName;
  /** Hz; needed for text files that do not say it. */
  readonly rate?: number;
  /** The array that holds the signal, in files of several. */
  readonly variable?: string;
  /** Of a table of one window a row: the table of labels and parts of its rows, from the manifest's folder. */
  readonly rowLabels?: string;
  /** Labels of the channels to use, in this order. */
  readonly channels?: readonly string[];
  /** Seconds of its windows in pretraining, where that is not what the command line says. */
  readonly window?: number;
  readonly labels?: readonly LabelledStretch[];
  /** For people only: not read again. */
  readonly format?: string;
  readonly seconds?: number;
  readonly started?: string;
  readonly gaps?: number;
  readonly missingSeconds?: number;
  readonly leftOut?: readonly { readonly label: string; readonly reason: string }[];
  readonly notes?: readonly string[];
}

export interface SkippedEntry {
  readonly path: string;
  readonly skipped: string;
}

export interface Manifest {
  readonly entries: readonly ManifestEntry[];
  readonly skipped: readonly SkippedEntry[];
}

const HEADER = { spotr: 'manifest', version: 1 } as const;

export function writeManifest({ entries, skipped }: Manifest): string {
  return [HEADER, ...entries, ...skipped].map((line) => `${escaped(JSON.stringify(line))}\n`).join('');
}

/** JSON leaves DEL and the control characters of 8 bits as they are, which a terminal obeys where the file is shown. */
function escaped(json: string): string {
  return json.replace(/[\x7f-\x9f]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
}

/** @throws SignalError that names the line, the field, what it holds and what it may. */
export function readManifest(text: string, file: string): Manifest {
  const entries: ManifestEntry[] = [];
  const skipped: SkippedEntry[] = [];
  const known = new Map<string, number>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    const place = `${file}, line ${index + 1}`;
    const fields = parseLine(line, place);
    if (fields.spotr !== undefined) {
      requireHeader(fields, place);
      continue;
    }
    const path = requireText(fields, 'path', place);
    if (typeof fields.skipped === 'string') {
      skipped.push({ path, skipped: fields.skipped });
      continue;
    }
    const before = known.get(path);
    if (before !== undefined)
      throw new SignalError(`${place}: "${path}" stands in line ${before} already; delete one of the two.`);
    known.set(path, index + 1);
    entries.push(checkEntry({ ...fields, path }, place));
  }
  if (entries.length === 0) throw new SignalError(`${file}: names no recording; each line needs a "path".`);
  return { entries, skipped };
}

type Fields = Readonly<Record<string, unknown>>;

function parseLine(line: string, place: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SignalError(`${place}: is not JSON (${why}); one object a line is needed.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new SignalError(`${place}: holds ${line.slice(0, 60)}, where an object {"path": ...} is needed.`);
}

function requireHeader({ spotr, version }: Fields, place: string): void {
  if (spotr === HEADER.spotr && version === HEADER.version) return;
  throw new SignalError(
    `${place}: is a ${quoteValue(spotr)} of version ${quoteValue(version)}, not a manifest of version ${HEADER.version}; make it again with "spotr data scan".`,
  );
}

function requireText(fields: Fields, name: string, place: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(place, name, value, 'a text');
}

function wrong(place: string, field: string, value: unknown, expected: string): SignalError {
  return new SignalError(
    `${place}: "${field}" is ${value === undefined ? 'not there' : quoteValue(value)}, but must be ${expected}.`,
  );
}

/** What is checked of each field that is read again. */
const CHECKS: Readonly<Record<string, readonly [expected: string, holds: (value: unknown) => boolean]>> = {
  dataset: ['a text', isText],
  modality: [`one of ${MODALITIES.join(', ')}`, (value) => MODALITIES.some((name) => name === value)],
  subject: ['a text', isText],
  variable: ['a text', isText],
  rowLabels: ['a text', isText],
  split: [`one of ${SPLIT_NAMES.join(', ')}`, (value) => SPLIT_NAMES.some((name) => name === value)],
  rate: ['a number over 0', (value) => typeof value === 'number' && value > 0],
  window: [
    `seconds, over 0 and at most ${MAXIMUM_SAMPLES / MODEL_RATE}, that make a whole number of samples at ${MODEL_RATE} Hz`,
    (value) => typeof value === 'number' && windowSamples(value) !== undefined,
  ],
  channels: ['a list of labels', (value) => Array.isArray(value) && value.length > 0 && value.every(isText)],
  labels: [
    'a list of {"start", "seconds", "label"}',
    (value) => Array.isArray(value) && value.every(isStretch),
  ],
};

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isStretch(value: unknown): boolean {
  const { start, seconds, label } = (value ?? {}) as Record<string, unknown>;
  return isNumber(start) && isNumber(seconds) && isText(label);
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && value >= 0;

function checkEntry(fields: Fields & { path: string }, place: string): ManifestEntry {
  for (const [name, [expected, holds]] of Object.entries(CHECKS))
    if (fields[name] !== undefined && !holds(fields[name])) throw wrong(place, name, fields[name], expected);
  return fields as unknown as ManifestEntry;
}
