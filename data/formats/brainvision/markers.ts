/** The marker file (.vmrk) of the BrainVision Core Data Format 1.0. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import type { Annotation, Gap } from '../../recording.ts';
import { numbered, readSections } from './sections.ts';

export interface Marker {
  /** "Stimulus", "Response", "Comment", "New Segment", ... */
  type: string;
  description: string;
  /** Sample, from 0. */
  position: number;
  /** Samples that it lasts; 0 and 1 are moments. */
  size: number;
  /** From 1; 0 for all. */
  channel: number;
  /** Microseconds since 1970 by local time, of markers that open a segment. */
  date: number | undefined;
}

const NEW_SEGMENT = 'New Segment';

/** "Mk1=type,description,position,size,channel,date". Throws a FormatError that names the line. */
export async function readMarkers(source: ByteSource): Promise<Marker[]> {
  const sections = await readSections(source, 'Marker');
  return numbered(sections, 'marker infos', 'mk').map(({ number, parts, line }) => {
    const [type = '', description = '', position = '', size = '', channel = '', date] = parts;
    const whole = (field: string, text: string, otherwise: number) => {
      if (text === '') return otherwise;
      if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
      throw new FormatError(
        source.name,
        `gives marker ${number} the ${field} "${text}".`,
        'A whole number is needed.',
        { line, field, found: text, expected: 'a whole number' },
      );
    };
    return {
      type,
      description,
      // Positions count from 1; some programs write 0 for the first.
      position: Math.max(0, whole('position', position, 1) - 1),
      size: whole('size', size, 1),
      channel: whole('channel', channel, 0),
      date: date ? microseconds(date) : undefined,
    };
  });
}

/** "20131113161403794232" is a date, a time and microseconds; years of zero stand for an unknown date. */
function microseconds(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts[0] === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) * 1000 + micro;
}

/** Marks as they are; the starts of segments are given by `gapsOf` and `startOf` besides. */
export function annotationsOf(markers: readonly Marker[], rate: number): Annotation[] {
  return markers.map(({ type, description, position, size, channel }) => ({
    onset: position / rate,
    duration: size > 1 ? size / rate : 0,
    text: description || type,
    sample: position,
    symbol: type,
    ...(channel > 0 ? { channel } : {}),
  }));
}

/**
 * The breaks in a recording: at each new segment but the first, and after every `segmentPoints` samples where it is cut
 * into equal parts. How long a break is, only the dates of both segments show.
 */
export function gapsOf(
  markers: readonly Marker[],
  rate: number,
  length: number,
  segmentPoints: number | undefined,
): Gap[] {
  const dates = new Map<number, number | undefined>([[0, undefined]]);
  for (const { type, position, date } of markers)
    if (type === NEW_SEGMENT && position < length) dates.set(position, date);
  for (let at = 0; segmentPoints !== undefined && at < length; at += segmentPoints)
    if (!dates.has(at)) dates.set(at, undefined);
  const starts = [...dates].sort((a, b) => a[0] - b[0]);
  return starts.slice(1).map(([position, date], i) => {
    const [before, dateBefore] = starts[i] as [number, number | undefined];
    const stored = (position - before) / rate;
    const passed = date === undefined || dateBefore === undefined ? Number.NaN : (date - dateBefore) / 1e6;
    // Dates have microseconds.
    return { at: position / rate, seconds: Math.round((passed - stored) * 1e6) / 1e6 };
  });
}

/** When the first segment began, as ISO 8601 without zone. */
export function startOf(markers: readonly Marker[]): string | undefined {
  const first = markers.find(({ type, position }) => type === NEW_SEGMENT && position === 0);
  if (first?.date === undefined) return undefined;
  const whole = new Date(Math.floor(first.date / 1000)).toISOString().slice(0, 19);
  // The remainder of a date before 1970 is negative.
  const micro = String(((first.date % 1e6) + 1e6) % 1e6)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return micro === '' ? whole : `${whole}.${micro}`;
}
