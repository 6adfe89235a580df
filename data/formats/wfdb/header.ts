/** The header (.hea) of WFDB records; see header(5) of the WFDB Applications Guide (George Moody, PhysioNet). */
import { FormatError } from '../../errors.ts';

export interface WfdbSignal {
  fileName: string;
  /** Storage format: 16, 212, ... */
  format: number;
  samplesPerFrame: number;
  /** Frames by which this signal was recorded late: its sample of frame i is stored in frame i + skew. */
  skew: number;
  /** Bytes before the first sample in the file. */
  byteOffset: number;
  /** Digital units per physical unit. */
  gain: number;
  /** Digital value of 0 physical units. */
  baseline: number;
  unit: string;
  /** 16-bit sum of all samples, if the header has one. */
  checksum: number | undefined;
  label: string;
}

export interface WfdbHeader {
  record: string;
  /** Frames a second. */
  rate: number;
  /** Frames, if the header tells. */
  frames: number | undefined;
  startTime: string | undefined;
  signals: WfdbSignal[];
  /** Lines that start with #, without it. */
  comments: string[];
  notes: string[];
}

const DEFAULT_RATE = 250;
const DEFAULT_GAIN = 200;

/** The records that a header joins to one of several segments; none where it is not such a header. */
export function wfdbSegments(text: string): string[] {
  const [first, ...rest] = splitLines(text).lines;
  if (!first?.text.split(/\s+/)[0]?.includes('/')) return [];
  // "~" is a pause.
  return rest.map((line) => line.text.split(/\s+/)[0] ?? '').filter((name) => name !== '~');
}

function splitLines(text: string): { comments: string[]; lines: { text: string; number: number }[] } {
  const comments: string[] = [];
  const lines: { text: string; number: number }[] = [];
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = raw.trim();
    if (line.startsWith('#')) comments.push(line.slice(1).trim());
    else if (line !== '') lines.push({ text: line, number: index + 1 });
  });
  return { comments, lines };
}

/** Takes a header apart. Throws a FormatError that names the line; records of several segments are refused by name. */
export function parseWfdbHeader(text: string, file: string): WfdbHeader {
  const { comments, lines } = splitLines(text);
  const first = lines[0];
  if (!first)
    throw new FormatError(
      file,
      'is an empty header.',
      'A WFDB header starts with "name signals rate length".',
    );

  const [name = '', countText = '', rateText, lengthText, time, date] = first.text.split(/\s+/);
  if (name.includes('/')) {
    throw new FormatError(
      file,
      `is a record of several segments ("${name}"), which cannot be read yet.`,
      'Give the headers of its segments instead.',
      { line: first.number },
    );
  }
  const count = Number(countText);
  if (!/^\d+$/.test(countText)) {
    throw new FormatError(file, `has "${countText}" as its number of signals.`, 'A whole number is needed.', {
      line: first.number,
    });
  }
  // "360/25(10)" is frames a second / counter frequency (counter at sample 0).
  const rate = rateText === undefined ? DEFAULT_RATE : Number(rateText.split('/')[0]);
  if (!(rate > 0)) {
    throw new FormatError(file, `has "${rateText}" as its sampling rate.`, 'A positive number is needed.', {
      line: first.number,
    });
  }
  const frames = Number(lengthText ?? 0);
  if (!Number.isInteger(frames) || frames < 0) {
    throw new FormatError(file, `has "${lengthText}" as its length.`, 'A whole number is needed.', {
      line: first.number,
    });
  }
  if (lines.length - 1 < count) {
    throw new FormatError(
      file,
      `declares ${count} signals but describes ${lines.length - 1}.`,
      'Every signal needs a line.',
      { line: first.number },
    );
  }
  const notes: string[] = [];
  const signals = lines
    .slice(1, count + 1)
    .map(({ text: line, number }) => parseSignal(line, number, file, notes));
  return {
    record: name,
    rate,
    frames: frames === 0 ? undefined : frames,
    startTime: isoTime(time, date),
    signals,
    comments,
    notes,
  };
}

function parseSignal(line: string, number: number, file: string, notes: string[]): WfdbSignal {
  const [fileName = '', formatText = '', gainText, , zeroText, , checksumText, , ...label] =
    line.split(/\s+/);
  const format = /^(\d+)(?:x([1-9]\d*))?(?::(-?\d+))?(?:\+(\d+))?$/.exec(formatText);
  if (!format) {
    throw new FormatError(
      file,
      `has "${formatText}" as a signal format.`,
      'Something like 16 or 212 is needed.',
      { line: number },
    );
  }
  const gain = /^([-+.\deE]+)(?:\((-?\d+)\))?(?:\/(\S+))?$/.exec(gainText ?? '0');
  if (!gain || !Number.isFinite(Number(gain[1]))) {
    throw new FormatError(file, `has "${gainText}" as a gain.`, 'Something like 200(0)/mV is needed.', {
      line: number,
    });
  }
  const description = label.join(' ');
  let perUnit = Number(gain[1]);
  if (perUnit === 0) {
    perUnit = DEFAULT_GAIN;
    notes.push(
      `"${description || fileName}" is not calibrated; the standard's ${DEFAULT_GAIN} units per mV are taken`,
    );
  }
  return {
    fileName,
    format: Number(format[1]),
    samplesPerFrame: Number(format[2] ?? 1),
    skew: Number(format[3] ?? 0),
    byteOffset: Number(format[4] ?? 0),
    gain: perUnit,
    baseline: Number(gain[2] ?? zeroText ?? 0),
    unit: gain[3] ?? 'mV',
    checksum: checksumText === undefined ? undefined : Number(checksumText),
    label: description,
  };
}

/** "10:44:18.529" and "04/05/2704"; without a date there is no point in time to name. */
function isoTime(time: string | undefined, date: string | undefined): string | undefined {
  const day = /^(\d\d?)\/(\d\d?)\/(\d{4})$/.exec(date ?? '');
  const clock = /^(\d\d?):(\d\d):(\d\d(?:\.\d+)?)$/.exec(time ?? '');
  if (!day || !clock) return undefined;
  const two = (text: string | undefined) => (text ?? '').padStart(2, '0');
  return `${day[3]}-${two(day[2])}-${two(day[1])}T${two(clock[1])}:${clock[2]}:${clock[3]}`;
}
