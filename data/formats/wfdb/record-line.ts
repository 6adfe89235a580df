/** The first line of WFDB headers, and how they divide into lines; see header(5) of the WFDB Applications Guide. */
import { FormatError } from '../../errors.ts';
import { foundNumber, shownNumber } from '../shown-number.ts';

export interface HeaderLine {
  text: string;
  /** In the file, from 1. */
  number: number;
}

/** Lines that say something, and comments (lines that start with #, without it), which may hold a patient's data. */
export interface HeaderLines {
  comments: string[];
  lines: HeaderLine[];
}

export interface RecordLine {
  /** Without the number of segments. */
  record: string;
  /** Undefined where the record is one segment. */
  segments: number | undefined;
  signals: number;
  /** Frames a second. */
  rate: number;
  /** Frames, if the header says. */
  frames: number | undefined;
  startTime: string | undefined;
}

const DEFAULT_RATE = 250;

export function splitHeader(text: string): HeaderLines {
  const comments: string[] = [];
  const lines: HeaderLine[] = [];
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = raw.trim();
    if (line.startsWith('#')) comments.push(line.slice(1).trim());
    else if (line !== '') lines.push({ text: line, number: index + 1 });
  });
  return { comments, lines };
}

/**
 * Where the number of segments stands in the first word, if it does: "name/3". What is behind the last / can also be the
 * record itself, in a folder ("folder/00001"): then lines of signals follow, which have more words than "segment length".
 */
function segmentsIn(lines: readonly HeaderLine[]): { record: string; segments: number | undefined } {
  const [name = ''] = lines[0]?.text.split(/\s+/) ?? [];
  const [, record = name, digits] = /^(.*)\/(\d+)$/.exec(name) ?? [];
  const isSegment = (lines[1]?.text.split(/\s+/).length ?? 0) <= 2;
  const segments = Number(digits);
  return digits === undefined || !isSegment || !Number.isSafeInteger(segments)
    ? { record: name, segments: undefined }
    : { record, segments };
}

/** Does a header join several segments? */
export function joinsSegments(lines: readonly HeaderLine[]): boolean {
  return segmentsIn(lines).segments !== undefined;
}

/** Takes "name/segments signals rate/counter(base) length time date" apart; all from the rate on may be missing. */
export function parseRecordLine(lines: readonly HeaderLine[], file: string): RecordLine {
  const [line] = lines;
  if (!line) {
    throw new FormatError(
      file,
      'is an empty header.',
      'A WFDB header starts with "name signals rate length".',
    );
  }
  const [, signals, rateText, frames, time, date] = line.text.split(/\s+/);
  const whole = (what: string, text: string | undefined) => wholeNumber(what, text, line.number, file);
  // "360/25(10)" is frames a second / counter frequency (counter at sample 0).
  const rate = rateText === undefined ? DEFAULT_RATE : Number(rateText.split('/')[0]);
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw new FormatError(
      file,
      `has ${shownNumber(rateText ?? '')} as its sampling rate.`,
      'A positive number is needed.',
      {
        line: line.number,
        field: 'sampling frequency',
        ...foundNumber(rateText ?? ''),
        expected: 'a positive number',
      },
    );
  }
  return {
    ...segmentsIn(lines),
    signals: whole('number of signals', signals ?? ''),
    rate,
    frames: whole('length', frames ?? '0') || undefined,
    startTime: isoTime(time, date),
  };
}

/** Reads a count, or says in which line something else stands. */
export function wholeNumber(what: string, text: string | undefined, line: number, file: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text ?? '') && Number.isSafeInteger(value)) return value;
  throw new FormatError(file, `has ${shownNumber(text ?? '')} as its ${what}.`, 'A whole number is needed.', {
    line,
    field: what,
    ...foundNumber(text ?? ''),
    expected: 'a whole number',
  });
}

/** "13:5:0" or "10:44:18.529" and "04/05/2704"; without a date there is no point in time to name. */
function isoTime(time: string | undefined, date: string | undefined): string | undefined {
  const day = /^(\d\d?)\/(\d\d?)\/(\d{4})$/.exec(date ?? '');
  const clock = /^(\d\d?):(\d\d?):(\d\d?)(\.\d+)?$/.exec(time ?? '');
  if (!day || !clock) return undefined;
  const two = (text: string | undefined) => (text ?? '').padStart(2, '0');
  const hms = `${two(clock[1])}:${two(clock[2])}:${two(clock[3])}${clock[4] ?? ''}`;
  return `${day[3]}-${two(day[2])}-${two(day[1])}T${hms}`;
}
