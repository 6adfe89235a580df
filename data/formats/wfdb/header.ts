/** The header (.hea) of a WFDB record of one segment; see header(5) of the WFDB Applications Guide. */
import { FormatError } from '../../errors.ts';
import { foundNumber, shownNumber } from '../shown-number.ts';
import { type HeaderLine, parseRecordLine, splitHeader } from './record-line.ts';

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
  /** Digital value that the first difference of format 8 is added to. */
  initial: number;
  /** 16-bit sum of all samples, if the header has one. */
  checksum: number | undefined;
  label: string;
}

export interface WfdbHeader {
  record: string;
  /** Frames a second. */
  rate: number;
  /** Frames, if the header says. */
  frames: number | undefined;
  startTime: string | undefined;
  signals: WfdbSignal[];
  /** Lines that start with #, without it; they may hold a patient's data. */
  comments: string[];
  notes: string[];
}

const DEFAULT_GAIN = 200;

/** Takes a header of one segment apart. Throws a FormatError that names the line. */
export function parseWfdbHeader(text: string, file: string): WfdbHeader {
  const { comments, lines } = splitHeader(text);
  const { record, segments, signals: count, rate, frames, startTime } = parseRecordLine(lines, file);
  const line = lines[0]?.number ?? 1;
  if (segments !== undefined) {
    throw new FormatError(
      file,
      `is a record of several segments ("${record}") where one of a single segment is needed.`,
      'Segments cannot have segments themselves.',
      { line, field: 'record name', found: record },
    );
  }
  if (lines.length - 1 < count) {
    throw new FormatError(
      file,
      `declares ${count} signals but describes ${lines.length - 1}.`,
      'Every signal needs a line.',
      { line, field: 'number of signals', found: count, expected: String(lines.length - 1) },
    );
  }
  const notes: string[] = [];
  const signals = lines.slice(1, count + 1).map((one) => parseSignal(one, file, notes));
  return { record, rate, frames, startTime, signals, comments, notes };
}

/** "file format gain ADC-resolution ADC-zero initial-value checksum block-size description". */
function parseSignal({ text, number: line }: HeaderLine, file: string, notes: string[]): WfdbSignal {
  const fields = text.split(/\s+/);
  const [fileName = '', formatText = '', gainText, , zeroText, initialText, checksumText] = fields;
  const format = /^(\d+)(?:x([1-9]\d*))?(?::(-?\d+))?(?:\+(\d+))?$/.exec(formatText);
  if (!format) {
    throw new FormatError(
      file,
      `has ${shownFormat(formatText)} as a signal format.`,
      'Something like 16 or 212 is needed.',
      { line, field: 'format', ...foundNumber(formatText), expected: 'FORMAT[xSAMPLES][:SKEW][+OFFSET]' },
    );
  }
  const gain = /^([-+.\deE]+)(?:\((-?\d+)\))?(?:\/(\S+))?$/.exec(gainText ?? '0');
  // A value of 32 bits over a gain near 0 would be infinite.
  const isGain =
    gain && Number.isFinite(Number(gain[1])) && Number.isFinite(2 ** 33 / (Number(gain[1]) || 1));
  if (!isGain) {
    const shown = shownNumber(gainText ?? '');
    throw new FormatError(file, `has ${shown} as a gain.`, 'Something like 200(0)/mV is needed.', {
      line,
      field: 'ADC gain',
      ...foundNumber(gainText ?? ''),
      expected: 'GAIN[(BASELINE)][/UNIT]',
    });
  }
  const label = fields.slice(8).join(' ');
  let perUnit = Number(gain[1]);
  if (perUnit === 0) {
    perUnit = DEFAULT_GAIN;
    notes.push(
      `"${label || fileName}" is not calibrated; the standard's ${DEFAULT_GAIN} units per mV are taken`,
    );
  }
  const zero = zeroText === undefined ? 0 : integer('ADC zero', zeroText, line, file);
  return {
    fileName,
    format: Number(format[1]),
    samplesPerFrame: Number(format[2] ?? 1),
    skew: skewOf(format[3], line, file),
    byteOffset: Number(format[4] ?? 0),
    gain: perUnit,
    baseline: gain[2] === undefined ? zero : Number(gain[2]),
    unit: gain[3] ?? 'mV',
    initial: initialText === undefined ? zero : integer('initial value', initialText, line, file),
    checksum: checksumText === undefined ? undefined : Number(checksumText),
    label,
  };
}

/** The letters that a format may have beside digits are shown as well. */
function shownFormat(text: string): string {
  return /^[\dx:+-]+$/.test(text) ? `"${text}"` : shownNumber(text);
}

function integer(field: string, text: string, line: number, file: string): number {
  // C programs read up to the decimal point, which some programs write.
  const value = Math.trunc(Number(text));
  if (/^[-+]?\d+(\.\d*)?$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new FormatError(file, `has ${shownNumber(text)} as its ${field}.`, 'A whole number is needed.', {
    line,
    field,
    ...foundNumber(text),
    expected: 'a whole number',
  });
}

function skewOf(text: string | undefined, line: number, file: string): number {
  const skew = Number(text ?? 0);
  if (skew >= 0) return skew;
  throw new FormatError(file, `has a skew of ${skew} frames.`, 'A skew of at least 0 is needed.', {
    line,
    field: 'skew',
    found: skew,
    expected: 'at least 0',
  });
}
