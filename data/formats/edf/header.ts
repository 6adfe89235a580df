/**
 * The header of EDF and EDF+ files (Kemp et al., Electroenceph. Clin. Neurophysiol. 82:391, 1992; Kemp and Olivan,
 * Clin. Neurophysiol. 114:1755, 2003; https://www.edfplus.info/specs) and of BDF, the same in 24 bits.
 */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { Fields } from './fields.ts';
import { type EdfSignal, FIXED_BYTES, readSignals } from './signals.ts';
import { isoTime } from './start-time.ts';

export interface EdfHeader {
  kind: 'EDF' | 'BDF';
  bytesPerSample: 2 | 3;
  /** "EDF+C", "EDF+D", "BDF+C", ..., or whatever else the reserved field says. */
  reserved: string;
  /** Patient and recording identification: never for names, notes or messages. */
  patient: string;
  recording: string;
  startTime: string | undefined;
  dataOffset: number;
  recordBytes: number;
  /** As declared; -1 or 0 in a file whose recording never ended properly. */
  declaredRecords: number;
  /** Whole records that the file really holds (no more than declared). */
  records: number;
  /** Seconds in a record. */
  recordSeconds: number;
  signals: EdfSignal[];
  notes: string[];
}

/** The two fields of 8 letters at byte 168. Where neither they nor the header's size are right, fields have moved. */
const DATE_AND_TIME = /^\d\d[.:/-]\d\d[.:/-](\d\d|yy)\d\d[.:/-]\d\d[.:/-]\d\d$/;

/** Reads and checks the header. Throws a FormatError that names the field and its content. */
export async function readEdfHeader(source: ByteSource): Promise<EdfHeader> {
  const bytes = await source.read(0, FIXED_BYTES);
  const unsure = new Fields(source.name, bytes, 0, false);
  if (unsure.length < FIXED_BYTES) {
    throw new FormatError(
      source.name,
      `is ${source.size} bytes long, shorter than an EDF header.`,
      'Copy it again.',
    );
  }
  const kind = kindOf(unsure);
  const headerBytes = unsure.number('header size', 184, 8);
  const signalCount = unsure.number('number of signals', 252, 4);
  const isSized = headerBytes === FIXED_BYTES * (1 + signalCount);
  const hasDates = DATE_AND_TIME.test(unsure.text(168, 16));
  const fixed = new Fields(source.name, bytes, 0, isSized && hasDates);
  const patient = fixed.text(8, 80);
  const recordingField = fixed.text(88, 80);
  const startDate = fixed.text(168, 8);
  const startTime = fixed.text(176, 8);
  const reserved = fixed.text(192, 44);
  const declaredRecords = fixed.number('number of data records', 236, 8);
  const recordSeconds = fixed.number('duration of a data record', 244, 8);
  if (!hasDates && !isSized) {
    throw new FormatError(
      source.name,
      'has a header whose fields are not where they should be: bytes are missing before them, or too many.',
      'Copy it again, or export it anew.',
      { byte: 168, field: 'start date', expected: 'dd.mm.yyhh.mm.ss' },
    );
  }
  if (!Number.isInteger(signalCount) || signalCount < 1) {
    throw new FormatError(
      source.name,
      `declares ${signalCount} signals.`,
      'A recording needs at least one.',
      { byte: 252, field: 'number of signals', found: signalCount, expected: 'at least 1' },
    );
  }
  if (!Number.isInteger(declaredRecords)) {
    throw new FormatError(
      source.name,
      `declares ${declaredRecords} data records.`,
      'Correct it to a whole number, or to -1 where it is not known.',
      { byte: 236, field: 'number of data records', found: declaredRecords, expected: 'a whole number' },
    );
  }

  const notes: string[] = [];
  const bytesPerSample = kind === 'BDF' ? 3 : 2;
  const signals = await readSignals(source, signalCount, bytesPerSample, isSized && hasDates, notes);
  const recordBytes = signals.reduce((sum, signal) => sum + signal.samplesPerRecord * bytesPerSample, 0);
  if (recordBytes === 0) {
    throw new FormatError(source.name, 'has no signal with a sample.', 'Give a file that has one.');
  }
  const computed = FIXED_BYTES * (1 + signalCount);
  const dataOffset = dataOffsetOf(source.size, headerBytes, computed, declaredRecords * recordBytes);
  if (headerBytes !== computed) {
    notes.push(
      `the header says that it is ${headerBytes} bytes long, but ${signalCount} signals make ${computed}; the data are taken to begin at byte ${dataOffset}`,
    );
  }
  const hasRates =
    recordSeconds > 0 && signals.every((signal) => Number.isFinite(signal.samplesPerRecord / recordSeconds));
  if (!hasRates && signals.some(({ isAnnotation }) => !isAnnotation)) {
    throw new FormatError(
      source.name,
      `declares data records of ${recordSeconds} seconds, so the sampling rates are unknown.`,
      'Correct the duration field of the header.',
      { byte: 244, field: 'duration of a data record', found: recordSeconds, expected: 'more than 0' },
    );
  }
  const present = Math.max(0, Math.floor((source.size - dataOffset) / recordBytes));
  // -1 by the standard; some programs leave a 0 until they close the file.
  const isStated = declaredRecords > 0;
  const records = isStated ? Math.min(declaredRecords, present) : present;
  if (!isStated) notes.push(`the number of records is not stated; the file holds ${present}`);
  else if (present < declaredRecords)
    notes.push(`cut short: ${present} of ${declaredRecords} data records are there`);
  else if (source.size > dataOffset + records * recordBytes) {
    notes.push(
      `${source.size - dataOffset - records * recordBytes} bytes after the last declared record are left out`,
    );
  }
  return {
    kind,
    bytesPerSample,
    reserved,
    patient,
    recording: recordingField,
    startTime: isoTime(startDate, startTime, recordingField),
    dataOffset,
    recordBytes,
    declaredRecords,
    records,
    recordSeconds,
    signals,
    notes,
  };
}

/** What the header's size should be, unless the data fill the file from what it says. */
function dataOffsetOf(size: number, stated: number, computed: number, dataBytes: number): number {
  const isPadded = stated > computed && dataBytes > 0 && size - stated === dataBytes;
  return isPadded ? stated : computed;
}

function kindOf(fixed: Fields): 'EDF' | 'BDF' {
  if (fixed.byte(0) === 0xff && fixed.text(1, 7) === 'BIOSEMI') return 'BDF';
  if (fixed.text(0, 8) === '0') return 'EDF';
  // What stands there is not shown: where a file has lost its first bytes, it is the name of the patient.
  throw new FormatError(
    fixed.file,
    'does not start as EDF does (with "0") nor as BDF does (with byte 255 and "BIOSEMI").',
    'It may be compressed, damaged, or of another format.',
    { byte: 0, field: 'version', expected: '"0" or byte 255 and "BIOSEMI"' },
  );
}
