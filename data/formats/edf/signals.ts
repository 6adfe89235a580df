/** What the header of an EDF file says of each signal. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
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
  /** The stored integers have no sign: the digital range says numbers that one with a sign cannot have. */
  isUnsigned: boolean;
  /** Why it is no channel; undefined where it is one. */
  leftOut: string | undefined;
}

/** Bytes of the header before the signals, and of each signal's part. */
export const FIXED_BYTES = 256;
const FIELD_WIDTHS = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32] as const;

export async function readSignals(
  source: ByteSource,
  count: number,
  bytesPerSample: number,
  isInPlace: boolean,
  notes: string[],
): Promise<EdfSignal[]> {
  if (source.size < FIXED_BYTES * (1 + count)) {
    throw new FormatError(source.name, `ends inside the header of its ${count} signals.`, 'Copy it again.', {
      byte: source.size,
    });
  }
  const bytes = await source.read(FIXED_BYTES, FIXED_BYTES * count);
  const fields = new Fields(source.name, bytes, FIXED_BYTES, isInPlace);
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
    const samplesPerRecord = fields.number(
      `samples per record of signal ${i + 1} ("${label}")`,
      ...place(8, i),
    );
    if (!Number.isInteger(samplesPerRecord) || samplesPerRecord < 0) {
      throw new FormatError(
        source.name,
        `signal ${i + 1} ("${label}") has ${samplesPerRecord} samples per record.`,
        'A whole number is needed.',
        {
          byte: FIXED_BYTES + place(8, i)[0],
          field: 'samples per record',
          found: samplesPerRecord,
          expected: 'a whole number',
        },
      );
    }
    // Annotation channels and those without samples carry no numbers worth failing for.
    const isRead = !isAnnotation && samplesPerRecord > 0;
    const read = (name: string, field: number) =>
      isRead ? fields.number(`${name} of signal ${i + 1} ("${label}")`, ...place(field, i)) : 0;
    const ranges = {
      physicalMin: read('physical minimum', 3),
      physicalMax: read('physical maximum', 4),
      digitalMin: read('digital minimum', 5),
      digitalMax: read('digital maximum', 6),
    };
    const stored = storedAs(ranges, bytesPerSample);
    const signal: EdfSignal = {
      label,
      isAnnotation,
      unit: fields.text(...place(2, i)),
      ...ranges,
      samplesPerRecord,
      offset,
      isUnsigned: stored === 'unsigned',
      leftOut:
        samplesPerRecord === 0
          ? 'has no samples'
          : stored === 'neither'
            ? beyond(ranges, bytesPerSample)
            : undefined,
    };
    requireScale(signal, i, source.name, FIXED_BYTES + place(3, i)[0]);
    if (isRead && hasNoRange(signal)) {
      signal.unit = '';
      notes.push(
        `"${label}" has an empty physical or digital range, so its values are the stored integers, without a unit`,
      );
    }
    if (signal.leftOut !== undefined && !isAnnotation)
      notes.push(`"${label}" is left out: it ${signal.leftOut}`);
    else if (signal.isUnsigned) {
      const { digitalMin, digitalMax } = signal;
      notes.push(
        `"${label}" has the digital range ${digitalMin} to ${digitalMax}, so its numbers are read without a sign`,
      );
    }
    offset += signal.samplesPerRecord * bytesPerSample;
    return signal;
  });
}

type Ranges = Pick<EdfSignal, 'physicalMin' | 'physicalMax' | 'digitalMin' | 'digitalMax'>;

/** Then nothing shows what a stored number stands for. */
export function hasNoRange({ physicalMin, physicalMax, digitalMin, digitalMax }: Ranges): boolean {
  return digitalMin === digitalMax || physicalMin === physicalMax;
}

/** What the stored integers are, by the digital range: the standard wants them signed, and some writers do otherwise. */
function storedAs({ digitalMin, digitalMax }: Ranges, bytes: number): 'signed' | 'unsigned' | 'neither' {
  const values = 2 ** (8 * bytes);
  const [least, most] = [Math.min(digitalMin, digitalMax), Math.max(digitalMin, digitalMax)];
  // One too many at an end is a slip of the writer, and changes the scale as it says.
  if (least >= -values / 2 - 1 && most <= values / 2) return 'signed';
  return least >= 0 && most <= values ? 'unsigned' : 'neither';
}

function beyond({ digitalMin, digitalMax }: Ranges, bytes: number): string {
  return `has the digital range ${digitalMin} to ${digitalMax}, which numbers of ${8 * bytes} bits cannot have`;
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
