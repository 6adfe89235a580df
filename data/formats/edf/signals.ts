/** What the header of an EDF file says of each signal. */
import { FormatError } from '../../errors.ts';
import type { ByteSource } from '../../source/bytes.ts';
import { Fields } from './fields.ts';

export interface EdfSignal {
  label: string;
  unit: string;
  physicalMin: number;
  physicalMax: number;
  digitalMin: number;
  digitalMax: number;
  samplesPerRecord: number;
  /** Byte offset of this signal within a data record. */
  offset: number;
  isAnnotation: boolean;
}

/** Bytes of the header before the signals, and of each signal's part. */
export const FIXED_BYTES = 256;
const FIELD_WIDTHS = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32] as const;

export async function readSignals(
  source: ByteSource,
  count: number,
  bytesPerSample: number,
  notes: string[],
): Promise<EdfSignal[]> {
  if (source.size < FIXED_BYTES * (1 + count)) {
    throw new FormatError(source.name, `ends inside the header of its ${count} signals.`, 'Copy it again.', {
      byte: source.size,
    });
  }
  const bytes = await source.read(FIXED_BYTES, FIXED_BYTES * count);
  const fields = new Fields(source.name, bytes, FIXED_BYTES);
  const starts = FIELD_WIDTHS.map(
    (_, field) => count * FIELD_WIDTHS.slice(0, field).reduce((a, b) => a + b, 0),
  );
  const place = (field: number, signal: number) =>
    [
      (starts[field] as number) + signal * (FIELD_WIDTHS[field] as number),
      FIELD_WIDTHS[field] as number,
    ] as const;

  let offset = 0;
  return Array.from({ length: count }, (_, i) => {
    const label = fields.text(...place(0, i));
    const isAnnotation = label === 'EDF Annotations' || label === 'BDF Annotations';
    // Annotation channels carry no numbers worth failing for.
    const read = (name: string, field: number) =>
      isAnnotation ? 0 : fields.number(`${name} of signal ${i + 1} ("${label}")`, ...place(field, i));
    const signal: EdfSignal = {
      label,
      isAnnotation,
      unit: fields.text(...place(2, i)),
      physicalMin: read('physical minimum', 3),
      physicalMax: read('physical maximum', 4),
      digitalMin: read('digital minimum', 5),
      digitalMax: read('digital maximum', 6),
      samplesPerRecord: fields.number(`samples per record of signal ${i + 1} ("${label}")`, ...place(8, i)),
      offset,
    };
    if (!Number.isInteger(signal.samplesPerRecord) || signal.samplesPerRecord < 1) {
      throw new FormatError(
        source.name,
        `signal ${i + 1} ("${label}") has ${signal.samplesPerRecord} samples per record.`,
        'A whole number of at least 1 is needed.',
        {
          byte: FIXED_BYTES + place(8, i)[0],
          field: 'samples per record',
          found: signal.samplesPerRecord,
          expected: 'a whole number of at least 1',
        },
      );
    }
    requireScale(signal, i, source.name, FIXED_BYTES + place(3, i)[0]);
    if (
      !isAnnotation &&
      (signal.digitalMin === signal.digitalMax || signal.physicalMin === signal.physicalMax)
    ) {
      notes.push(`"${label}" has an empty physical or digital range, so its values are the stored integers`);
    }
    offset += signal.samplesPerRecord * bytesPerSample;
    return signal;
  });
}

/** Refuses ranges whose quotient makes infinite numbers of stored ones. */
function requireScale(signal: EdfSignal, index: number, file: string, byte: number): void {
  const { label, physicalMin, physicalMax, digitalMin, digitalMax } = signal;
  const scale = (physicalMax - physicalMin) / (digitalMax - digitalMin || 1);
  const largest = Math.max(2 ** 24, Math.abs(digitalMin));
  if (Number.isFinite(scale * largest)) return;
  throw new FormatError(
    file,
    `signal ${index + 1} ("${label}") has the physical range ${physicalMin} to ${physicalMax} for the digital one ${digitalMin} to ${digitalMax}.`,
    'Correct these fields of the header.',
    { byte, field: 'physical minimum', found: physicalMin, expected: 'a range in which values are finite' },
  );
}
