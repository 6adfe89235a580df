/** Headers that join several segments, each a record of its own, to one; see header(5) of the WFDB Applications Guide. */
import { FormatError } from '../../errors.ts';
import { joinsSegments, parseRecordLine, type RecordLine, splitHeader, wholeNumber } from './record-line.ts';

/** The name of a pause: a segment without samples. */
export const PAUSE = '~';
/** A longer pause is a damaged number: nobody leaves a monitor running without a signal for a year. */
const LONGEST_PAUSE_SECONDS = 366 * 86_400;

export interface SegmentLine {
  /** Of the segment's record, or PAUSE. */
  name: string;
  /** 0 of a layout. */
  frames: number;
  line: number;
}

export interface WfdbMaster extends Omit<RecordLine, 'frames' | 'segments'> {
  /** Record with the signals of all segments; a record without one has the same signals in all its segments. */
  layout: SegmentLine | undefined;
  /** In the order of time, pauses among them. */
  segments: SegmentLine[];
  /** Of all segments. */
  frames: number;
  comments: string[];
  notes: string[];
}

/** Does the header join several segments? */
export function isMaster(text: string): boolean {
  return joinsSegments(splitHeader(text).lines);
}

/** The records that a header joins to one of several segments, its layout among them; none where it is not such a header. */
export function segmentNames(text: string): string[] {
  if (!isMaster(text)) return [];
  const names = splitHeader(text)
    .lines.slice(1)
    .map((line) => line.text.split(/\s+/)[0] ?? '');
  return names.filter((name) => name !== PAUSE);
}

/** Takes a header of several segments apart. Throws a FormatError that names the line. */
export function parseWfdbMaster(text: string, file: string): WfdbMaster {
  const { comments, lines } = splitHeader(text);
  const { segments: count = 0, frames: declared, ...record } = parseRecordLine(lines, file);
  if (lines.length - 1 < count || count === 0) {
    throw new FormatError(
      file,
      `declares ${count} segments but names ${lines.length - 1}.`,
      'Every segment needs a line, and there must be one.',
      { line: lines[0]?.number ?? 1, field: 'number of segments', found: count },
    );
  }
  const all = lines.slice(1, count + 1).map(({ text: line, number }): SegmentLine => {
    const [name = '', length] = line.split(/\s+/);
    const frames = wholeNumber('length of a segment', length, number, file);
    return { name, frames, line: number };
  });
  const hasLayout = all[0]?.frames === 0 && all[0].name !== PAUSE;
  const segments = (hasLayout ? all.slice(1) : all).filter(({ frames }) => frames > 0);
  for (const { name, frames, line } of segments) {
    if (name !== PAUSE || frames / record.rate <= LONGEST_PAUSE_SECONDS) continue;
    throw new FormatError(
      file,
      `has a pause of ${frames} samples, ${Math.round(frames / record.rate / 86_400)} days.`,
      'Correct its length: a pause of up to a year is read.',
      { line, field: 'length of a pause', found: frames, expected: 'at most a year' },
    );
  }
  const frames = segments.reduce((sum, segment) => sum + segment.frames, 0);
  const notes =
    declared === undefined || declared === frames
      ? []
      : [`the header says ${declared} samples, but its segments make ${frames}`];
  return { ...record, frames, layout: hasLayout ? all[0] : undefined, segments, comments, notes };
}
