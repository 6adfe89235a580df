/** A WFDB record of several segments as one: fixed layout (the same signals throughout) and variable layout. */
import { FormatError } from '../../errors.ts';
import { parseWfdbHeader, type WfdbHeader, type WfdbSignal } from './header.ts';
import { PAUSE, parseWfdbMaster, type SegmentLine, type WfdbMaster } from './master.ts';
import {
  type FindFile,
  largestFrame,
  MissingSamples,
  openSegment,
  type PlacedSignal,
  readHeaderText,
  readSignals,
  type Segment,
} from './segment.ts';

/** A segment in its place. */
interface PlacedSegment {
  /** Frames of the record before it, and its own. */
  start: number;
  frames: number;
  segment: Segment;
  /** For each signal of the record, the segment's own or undefined. */
  signals: (PlacedSignal | undefined)[];
}

export interface JoinedRecord {
  master: WfdbMaster;
  /** What the record's channels are. */
  signals: readonly Pick<WfdbSignal, 'label' | 'unit' | 'samplesPerFrame'>[];
  startTime: string | undefined;
  files: string[];
  comments: string[];
  notes: string[];
  /** Samples start ... start+count-1 of some signals; those in pauses and of signals that a segment lacks are NaN. */
  read(asked: readonly number[], start: number, count: number): Promise<Float64Array[]>;
}

/**
 * Opens all segments. One whose files are not there is a pause, with a note; throws a FormatError where all are, or where one
 * cannot be read or does not fit the others, naming it.
 */
export async function openSegments(text: string, name: string, findFile: FindFile): Promise<JoinedRecord> {
  const master = parseWfdbMaster(text, name);
  const declared = master.layout && (await readLayout(master.layout, name, findFile).catch(lacking));
  const opened: { line: SegmentLine; start: number; segment: Segment }[] = [];
  const missing: { line: SegmentLine; why: FormatError }[] = [];
  let start = 0;
  for (const line of master.segments) {
    if (line.name !== PAUSE) {
      const segment = await openPart(line, name, findFile).catch(lacking);
      if (segment instanceof FormatError) missing.push({ line, why: segment });
      else opened.push({ line, start, segment });
    }
    start += line.frames;
  }
  if (opened.length === 0 && missing[0]) throw missing[0].why;
  // What a layout that is not there would say is what its segments have.
  const layout =
    declared instanceof FormatError ? allSignals(opened.map(({ segment }) => segment.header)) : declared;
  const lead = layout ?? opened[0]?.segment.header;
  if (!lead || opened.length === 0) {
    throw new FormatError(name, 'has no segment with samples.', 'Give a record with some.');
  }
  const placed = opened.map(({ line, start: at, segment }): PlacedSegment => {
    requireFit(segment, lead, master, name, line);
    const signals = layout ? byLabel(segment, layout) : segment.signals;
    signals.forEach((signal, i) => {
      requireSame(signal, lead.signals[i] as WfdbSignal, name, line);
    });
    return { start: at, frames: Math.min(line.frames, segment.frames), segment, signals };
  });
  requireKnownRates(lead, placed, name);
  const counts = lead.signals.map(({ samplesPerFrame }) => samplesPerFrame);
  return {
    master,
    signals: lead.signals,
    startTime: master.startTime ?? (placed[0]?.start === 0 ? placed[0].segment.header.startTime : undefined),
    files: [...new Set(placed.flatMap(({ segment }) => segment.files))],
    comments: [...master.comments, ...placed.flatMap(({ segment }) => segment.header.comments)],
    notes: [
      ...master.notes,
      ...(declared instanceof FormatError
        ? [`its layout "${master.layout?.name}" is not there; it has the signals that its segments have`]
        : []),
      ...missingNote(missing, master),
      ...notesOf(opened),
    ],
    read: (asked, from, count) => readAcross(placed, counts, asked, from, count),
  };
}

/** The layout's signals have no samples; its labels say which signals of the segments are the same. */
async function readLayout(line: SegmentLine, master: string, findFile: FindFile): Promise<WfdbHeader> {
  const source = await findHeader(line, master, findFile);
  return parseWfdbHeader(await readHeaderText(source), source.name);
}

async function openPart(line: SegmentLine, master: string, findFile: FindFile): Promise<Segment> {
  const source = await findHeader(line, master, findFile);
  const folder = line.name.slice(0, line.name.lastIndexOf('/') + 1);
  const segment = await openSegment(await readHeaderText(source), source.name, (file) =>
    findFile(folder + file),
  );
  return { ...segment, files: segment.files.map((file) => folder + file) };
}

async function findHeader({ name, line }: SegmentLine, master: string, findFile: FindFile) {
  const source = await findFile(`${name}.hea`);
  if (source) return source;
  throw new MissingSamples(
    master,
    `names the segment "${name}", whose header "${name}.hea" is not there.`,
    'Put it beside this one, or give the headers of the segments that are there.',
    { line, field: 'segment', found: name },
  );
}

function requireFit(
  { header, frames: present }: Segment,
  lead: WfdbHeader,
  master: WfdbMaster,
  name: string,
  { name: segment, line, frames }: SegmentLine,
): void {
  if (Math.abs(header.rate - master.rate) > 1e-6 * master.rate) {
    throw new FormatError(
      name,
      `has ${master.rate} frames a second, its segment "${segment}" ${header.rate}.`,
      'Give the segments one by one.',
      { line, field: 'sampling frequency', found: header.rate, expected: String(master.rate) },
    );
  }
  const declared = header.frames ?? present;
  if (frames > declared) {
    throw new FormatError(
      name,
      `gives its segment "${segment}" ${frames} samples, but that has ${declared}.`,
      'Correct the length here.',
      { line, field: 'length of a segment', found: frames, expected: String(declared) },
    );
  }
  if (!master.layout && header.signals.length !== lead.signals.length) {
    throw new FormatError(
      name,
      `has no layout, and its segment "${segment}" has ${header.signals.length} signals where the first has ${lead.signals.length}.`,
      'Give the segments one by one.',
      {
        line,
        field: 'number of signals',
        found: header.signals.length,
        expected: String(lead.signals.length),
      },
    );
  }
}

/** As in one segment: a signal that no segment has must not be longer than those that are there. */
function requireKnownRates(lead: WfdbHeader, placed: readonly PlacedSegment[], name: string): void {
  const most = largestFrame(placed.flatMap(({ segment }) => segment.signals));
  const odd = lead.signals.find(({ samplesPerFrame }) => samplesPerFrame > most);
  if (!odd) return;
  throw new FormatError(
    name,
    `has a layout with ${odd.samplesPerFrame} samples a frame of "${odd.label}", more than any segment has.`,
    'Correct the layout.',
    { field: 'samples per frame', found: odd.samplesPerFrame, expected: `at most ${most}` },
  );
}

function requireSame(
  signal: PlacedSignal | undefined,
  { label, unit, samplesPerFrame }: WfdbSignal,
  name: string,
  { name: segment, line }: SegmentLine,
): void {
  if (!signal || (signal.unit === unit && signal.samplesPerFrame === samplesPerFrame)) return;
  throw new FormatError(
    name,
    `has "${label}" in ${unit} with ${samplesPerFrame} samples a frame, its segment "${segment}" in ${signal.unit} with ${signal.samplesPerFrame}.`,
    'Give the segments one by one.',
    { line, field: 'signal', found: signal.unit, expected: unit },
  );
}

/** The n-th signal of a label in the layout is the n-th of that label in the segment. */
function byLabel({ signals }: Segment, layout: WfdbHeader): (PlacedSignal | undefined)[] {
  const left = [...signals];
  return layout.signals.map(({ label }) => {
    const place = left.findIndex((signal) => signal.label === label);
    return place < 0 ? undefined : left.splice(place, 1)[0];
  });
}

function notesOf(opened: readonly { line: SegmentLine; segment: Segment }[]): string[] {
  const notes = opened.flatMap(({ segment }) => segment.header.notes);
  const short = opened.filter(({ line, segment }) => segment.frames < line.frames);
  const moved = opened.filter(({ segment }) => segment.signals.some(({ skew }) => skew > 0));
  if (short.length > 0) {
    notes.push(
      `cut short: ${short.length} of ${opened.length} segments, first "${short[0]?.line.name}"; what is not there counts as missing`,
    );
  }
  if (moved.length > 0) notes.push(`signals of ${moved.length} segments are moved by their skew`);
  return [...new Set(notes)];
}

/** A header with each signal that some segment has, as often as one of them has it. */
function allSignals([first, ...others]: readonly WfdbHeader[]): WfdbHeader | undefined {
  if (!first) return undefined;
  const signals = [...first.signals];
  for (const header of others) {
    const known = [...signals];
    for (const signal of header.signals) {
      const at = known.findIndex(({ label }) => label === signal.label);
      if (at >= 0) known.splice(at, 1);
      else signals.push(signal);
    }
  }
  return { ...first, signals };
}

/** What is missing instead of what was opened. */
function lacking(error: unknown): FormatError {
  if (isMissing(error)) return error;
  throw error;
}

/** Files that are listed and then not given, links to nothing among them, are as good as not there. */
function isMissing(error: unknown): error is FormatError {
  if (error instanceof MissingSamples) return true;
  return error instanceof FormatError && /^E(NOENT|ACCES|PERM)$/.test(String(error.details.found));
}

function missingNote(
  missing: readonly { line: SegmentLine; why: FormatError }[],
  { segments, rate }: WfdbMaster,
): string[] {
  const [first] = missing;
  if (!first) return [];
  const all = segments.filter(({ name }) => name !== PAUSE).length;
  const seconds = missing.reduce((sum, { line }) => sum + line.frames, 0) / rate;
  return [
    `${missing.length} of ${all} segments ${missing.length === 1 ? 'is' : 'are'} not there, first "${first.line.name}"; the ${Number(seconds.toFixed(3))} s that they hold count as missing`,
  ];
}

async function readAcross(
  placed: readonly PlacedSegment[],
  samplesPerFrame: readonly number[],
  asked: readonly number[],
  start: number,
  count: number,
): Promise<Float64Array[]> {
  const out = asked.map(() => new Float64Array(count).fill(Number.NaN));
  const own = samplesPerFrame[asked[0] ?? 0] ?? 1;
  for (const { start: first, frames, segment, signals } of placed) {
    const begin = Math.max(start, first * own);
    const end = Math.min(start + count, (first + frames) * own);
    if (begin >= end) continue;
    const there = asked.flatMap((index, i) => {
      const signal = signals[index];
      return signal ? [{ signal, values: out[i] as Float64Array }] : [];
    });
    await readSignals(
      there.map(({ signal }) => signal),
      segment.frames,
      begin - first * own,
      end - begin,
      there.map(({ values }) => values),
      begin - start,
    );
  }
  return out;
}
