/** A WFDB record of one segment: its header, and its signals in their files. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { shellQuote } from '../../shell-quote.ts';
import { decodeText } from '../../source/text.ts';
import { parseWfdbHeader, type WfdbHeader, type WfdbSignal } from './header.ts';
import { SAMPLE_FORMATS, type SampleFormat } from './samples.ts';
import { SignalFile } from './signal-file.ts';

/** Finds a file by the name that a header gives it, or says that there is none. */
export type FindFile = (fileName: string) => Promise<ByteSource | undefined>;

/** No header is longer; a file that is, is something else. */
const LONGEST_HEADER = 1 << 24;
/** The format of a signal that is not stored: all its samples are missing. */
const NULL_FORMAT = 0;
const COMPRESSED = new Map([508, 516, 524].map((format) => [format, format === 524 ? 24 : 16]));

/** A record whose samples, or whose header, are not there: of a record of several segments, the others still are. */
export class MissingSamples extends FormatError {}

export interface PlacedSignal extends WfdbSignal {
  /** Undefined where the signal is not stored. */
  file: SignalFile | undefined;
  /** Samples of the frame before this signal's own. */
  position: number;
}

export interface Segment {
  header: WfdbHeader;
  signals: PlacedSignal[];
  /** As many as the header declares and all files hold. */
  frames: number;
  notes: string[];
  /** Names of the signal files, as the header gives them. */
  files: string[];
}

export async function readHeaderText(source: ByteSource): Promise<string> {
  if (source.size > LONGEST_HEADER) {
    throw new FormatError(
      source.name,
      `is ${source.size} bytes long, too much for a header.`,
      'Give a .hea file.',
    );
  }
  return decodeText(await source.read(0, source.size));
}

/** Opens a record of one segment. Throws a FormatError for what it cannot read, naming the file at fault. */
export async function openSegment(text: string, name: string, findFile: FindFile): Promise<Segment> {
  const header = parseWfdbHeader(text, name);
  if (header.signals.length === 0) {
    throw new FormatError(name, 'describes no signals.', 'Give a header that does.');
  }
  if (header.signals.every(({ format, fileName }) => format === NULL_FORMAT || fileName === '~')) {
    throw new FormatError(
      name,
      'describes a layout or a pause, without samples.',
      'Give the other segments.',
    );
  }
  const notes = [...header.notes];
  const signals = await place(header, name, findFile, notes);
  requireRates(header, signals, name);
  const present = Math.min(...signals.map(({ file }) => file?.frames ?? Number.POSITIVE_INFINITY));
  const frames = Math.min(header.frames ?? present, present);
  if (header.frames !== undefined && present < header.frames) {
    notes.push(`cut short: ${present} of ${header.frames} samples are there`);
  }
  if (frames < 1) throw new MissingSamples(name, 'has signal files without a sample.', 'Copy them again.');
  const stored = signals.filter(({ file }) => file).map(({ fileName }) => fileName);
  return { header, signals, frames, notes, files: [...new Set(stored)] };
}

/** Numbers of samples a frame that no file vouches for must not make up signals of any length. */
function requireRates({ rate }: WfdbHeader, signals: readonly PlacedSignal[], name: string): void {
  const most = largestFrame(signals.filter(({ file }) => file));
  for (const { label, samplesPerFrame } of signals) {
    if (samplesPerFrame <= most && Number.isFinite(rate * samplesPerFrame)) continue;
    throw new FormatError(
      name,
      `declares ${samplesPerFrame} samples a frame of "${label}" at ${rate} frames a second.`,
      'Correct them: a signal that is not stored has no more samples a frame than one that is.',
      { field: 'samples per frame', found: samplesPerFrame, expected: `at most ${most}` },
    );
  }
}

export function largestFrame(signals: readonly Pick<WfdbSignal, 'samplesPerFrame'>[]): number {
  return signals.reduce((most, { samplesPerFrame }) => Math.max(most, samplesPerFrame), 0);
}

/** Opens the signal files, and works out where in a frame each signal lies. */
async function place(
  header: WfdbHeader,
  name: string,
  findFile: FindFile,
  notes: string[],
): Promise<PlacedSignal[]> {
  const placed: PlacedSignal[] = [];
  const known = new Set<string>();
  for (let first = 0; first < header.signals.length; ) {
    const lead = header.signals[first] as WfdbSignal;
    // A run of signals with one file name is one group; that is how the format says which are interleaved.
    let end = first;
    while (header.signals[end]?.fileName === lead.fileName) end++;
    const members = header.signals.slice(first, end);
    const isNull = members.every(({ format }) => format === NULL_FORMAT);
    if (!isNull) requireTogether(members, known, name);
    const file = isNull
      ? undefined
      : await openSignalFile(members, name, (of) => findIn(header, of, findFile));
    let position = 0;
    for (const signal of members) {
      if (signal.skew > 0) {
        notes.push(`"${signal.label}" is moved by its skew of ${signal.skew} frames; its end is missing`);
      }
      placed.push({ ...signal, file, position });
      position += signal.samplesPerFrame;
    }
    first = end;
  }
  return placed;
}

/**
 * Names under which a signal file may lie beside the header: as it is given, or without the folder that the record's own name
 * has in front, which is then that of both in another place.
 */
export function placesOf({ record }: Pick<WfdbHeader, 'record'>, fileName: string): string[] {
  const folder = record.slice(0, record.lastIndexOf('/') + 1);
  return folder !== '' && fileName.startsWith(folder)
    ? [fileName, fileName.slice(folder.length)]
    : [fileName];
}

async function findIn(
  header: WfdbHeader,
  fileName: string,
  findFile: FindFile,
): Promise<ByteSource | undefined> {
  for (const place of placesOf(header, fileName)) {
    const found = await findFile(place);
    if (found) return found;
  }
  return undefined;
}

/** Nothing says how the samples of a file lie in one another unless its signals follow each other and begin together. */
function requireTogether(members: readonly WfdbSignal[], known: Set<string>, name: string): void {
  const { fileName, byteOffset } = members[0] as WfdbSignal;
  if (known.has(fileName)) {
    throw new FormatError(
      name,
      `names the signal file "${fileName}" again after another one.`,
      'Put the lines of all signals of a file one after the other, in the order in which their samples are interleaved.',
      { field: 'file name', found: fileName },
    );
  }
  known.add(fileName);
  const other = members.find((signal) => signal.byteOffset !== byteOffset && signal.byteOffset !== 0);
  if (!other) return;
  throw new FormatError(
    name,
    `says that samples in "${fileName}" begin at byte ${byteOffset} and at byte ${other.byteOffset}.`,
    'Correct it: the signals of a file begin together.',
    { field: 'byte offset', found: other.byteOffset, expected: String(byteOffset) },
  );
}

async function openSignalFile(
  members: readonly WfdbSignal[],
  name: string,
  findFile: FindFile,
): Promise<SignalFile> {
  const { fileName, byteOffset } = members[0] as WfdbSignal;
  const format = formatOf(members, name);
  const source = await findFile(fileName);
  if (!source) {
    throw new MissingSamples(
      name,
      `names the signal file "${fileName}", which is not there.`,
      'Put it beside the header.',
      { field: 'file name', found: fileName },
    );
  }
  return new SignalFile(source, format, byteOffset, members);
}

function formatOf(members: readonly WfdbSignal[], name: string): SampleFormat {
  const lead = members[0] as WfdbSignal;
  const format = SAMPLE_FORMATS.get(lead.format);
  if (format && members.every((signal) => signal.format === lead.format)) return format;
  const found = [...new Set(members.map((signal) => signal.format))].join(', ');
  const bits = COMPRESSED.get(lead.format);
  throw new FormatError(
    name,
    `stores signals in ${bits ? 'the FLAC-compressed ' : ''}format ${found}, which cannot be read.`,
    bits
      ? `Convert it: ${conversion(name, bits)}`
      : `Convert it to format 16 with xform of the WFDB tools; readable: ${[...SAMPLE_FORMATS.keys()].join(', ')}.`,
    { field: 'format', found, expected: [...SAMPLE_FORMATS.keys()].join(', ') },
  );
}

/** A line for Python's wfdb package, which writes another record beside this one. */
function conversion(header: string, bits: number): string {
  const record = shellQuote(header.replace(/\.hea$/i, ''));
  return `\`python3 -c 'import os, sys, wfdb; r = wfdb.rdrecord(sys.argv[1], physical=False); folder, name = os.path.split(sys.argv[1]); wfdb.wrsamp(name + "_${bits}", r.fs, r.units, r.sig_name, d_signal=r.d_signal, fmt=["${bits}"] * r.n_sig, adc_gain=r.adc_gain, baseline=r.baseline, write_dir=folder)' ${record}\``;
}

/**
 * Samples start ... start+count-1 of signals with equally many samples a frame, in physical units, into `out` from
 * `at` on. Where a sample is missing or beyond the end, `out` stays as it is.
 */
export async function readSignals(
  signals: readonly PlacedSignal[],
  frames: number,
  start: number,
  count: number,
  out: readonly Float64Array[],
  at = 0,
): Promise<void> {
  const targets = signals.map((signal, i) => ({ signal, out: out[i] as Float64Array }));
  // Each file is decoded once for all its signals that lie at the same frames.
  const groups = new Map<SignalFile, Map<number, typeof targets>>();
  for (const target of targets) {
    const { file, skew } = target.signal;
    if (!file) continue;
    const bySkew = groups.get(file) ?? new Map<number, typeof targets>();
    groups.set(file, bySkew);
    bySkew.set(skew, [...(bySkew.get(skew) ?? []), target]);
  }
  for (const [file, bySkew] of groups) {
    for (const [skew, group] of bySkew) {
      const own = (group[0] as (typeof targets)[number]).signal.samplesPerFrame;
      const first = Math.floor(start / own) + skew;
      const end = Math.min(Math.ceil((start + count) / own) + skew, frames);
      for (let frame = first; frame < end; frame += file.blockFrames) {
        const digital = await file.read(frame, Math.min(file.blockFrames, end - frame));
        const index = (frame - skew) * own - start;
        for (const { signal, out: values } of group) {
          scatter(digital, file, signal, index, values.subarray(at, at + count));
        }
      }
    }
  }
}

/** One signal's samples of a block, the first of which belongs at `index` of `values` (before its start where negative). */
function scatter(
  digital: Int32Array,
  { samplesPerFrame, format: { invalid } }: SignalFile,
  { samplesPerFrame: own, position, gain, baseline }: PlacedSignal,
  index: number,
  values: Float64Array,
): void {
  for (let k = 0; k < own; k++) {
    let to = index + k;
    for (let from = position + k; from < digital.length; from += samplesPerFrame, to += own) {
      const value = digital[from] as number;
      if (value !== invalid && to >= 0 && to < values.length) values[to] = (value - baseline) / gain;
    }
  }
}
