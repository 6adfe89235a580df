/** Reads stretches of EDF and BDF signals. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import type { EdfHeader } from './header.ts';
import { type EdfSignal, hasNoRange } from './signals.ts';

/** Bytes fetched at once, so that reading one channel of a long file does not load the file. */
const BLOCK_BYTES = 1 << 23;

/** Samples start ... start+count-1 of signals that have equally many a record, in physical units. */
export async function readEdfSamples(
  source: ByteSource,
  header: EdfHeader,
  signals: readonly EdfSignal[],
  start: number,
  count: number,
): Promise<Float64Array[]> {
  const out = signals.map(() => new Float64Array(count));
  const perRecord = signals[0]?.samplesPerRecord ?? 1;
  const { recordBytes, dataOffset, bytesPerSample } = header;
  const decode = bytesPerSample === 2 ? decode16 : decode24;
  const end = start + count;
  const lastRecord = count === 0 ? 0 : Math.ceil(end / perRecord);
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / recordBytes));
  for (let first = Math.floor(start / perRecord); first < lastRecord; first += perBlock) {
    const records = Math.min(perBlock, lastRecord - first);
    const bytes = await source.read(dataOffset + first * recordBytes, records * recordBytes);
    if (bytes.length < records * recordBytes) {
      throw new FormatError(source.name, 'became shorter while it was read.', 'Try again.', {
        byte: dataOffset + first * recordBytes,
      });
    }
    signals.forEach((signal, index) => {
      const calibrated = calibration(signal);
      const values = out[index] as Float64Array;
      for (let record = 0; record < records; record++) {
        const base = (first + record) * perRecord;
        const from = Math.max(0, start - base);
        const to = Math.min(perRecord, end - base);
        const at = record * recordBytes + signal.offset + from * bytesPerSample;
        decode(bytes, at, calibrated, values.subarray(base + from - start, base + to - start));
      }
    });
  }
  return out;
}

/** physical = scale * digital + shift. */
interface Calibration {
  scale: number;
  shift: number;
  isUnsigned: boolean;
}

/** The physical range may be inverted (a negative scale), as the standard allows. */
function calibration(signal: EdfSignal): Calibration {
  const { physicalMin, physicalMax, digitalMin, digitalMax, isUnsigned } = signal;
  if (hasNoRange(signal)) return { scale: 1, shift: 0, isUnsigned };
  const scale = (physicalMax - physicalMin) / (digitalMax - digitalMin);
  return { scale, shift: physicalMin - scale * digitalMin, isUnsigned };
}

/** Little-endian integers of 2 bytes, in two's complement where they have a sign. */
function decode16(bytes: Uint8Array, at: number, calibrated: Calibration, out: Float64Array): void {
  const { scale, shift, isUnsigned } = calibrated;
  // Bits that are shifted up and down again bring the sign with them.
  const sign = isUnsigned ? 0 : 16;
  for (let i = 0, b = at; i < out.length; i++, b += 2) {
    const digital = (((bytes[b] as number) | ((bytes[b + 1] as number) << 8)) << sign) >> sign;
    out[i] = scale * digital + shift;
  }
}

/** The same of 3 bytes, as BDF has them. */
function decode24(bytes: Uint8Array, at: number, calibrated: Calibration, out: Float64Array): void {
  const { scale, shift, isUnsigned } = calibrated;
  const sign = isUnsigned ? 0 : 8;
  for (let i = 0, b = at; i < out.length; i++, b += 3) {
    const low = (bytes[b] as number) | ((bytes[b + 1] as number) << 8);
    out[i] = scale * (((low | ((bytes[b + 2] as number) << 16)) << sign) >> sign) + shift;
  }
}
