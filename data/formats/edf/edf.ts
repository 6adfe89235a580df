import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { Annotation, ChannelInfo, Gap, Recording } from '../../recording.ts';
import type { ByteSource } from '../../source/bytes.ts';
import type { Format } from '../format.ts';
import { gapsBetween, readEdfTimeline } from './annotations.ts';
import { type EdfHeader, type EdfSignal, readEdfHeader } from './header.ts';

/** Bytes fetched at once, so that reading one channel of a long file does not load the file. */
const BLOCK_BYTES = 1 << 23;

export const edf: Format = {
  name: 'EDF',
  endings: ['edf', 'bdf', 'rec'],
  open: async (entry) => openEdf(await entry.open()),
};

/**
 * Opens an EDF, EDF+C, EDF+D or BDF file. Annotation channels are not among its channels; they give the gaps of
 * EDF+D files, and `annotations()`. Values outside the declared digital range are kept as they are. Throws a
 * FormatError where the header makes no sense or the file holds no signal.
 */
export async function openEdf(source: ByteSource): Promise<Recording> {
  const header = await readEdfHeader(source);
  const signals = header.signals.filter(({ isAnnotation }) => !isAnnotation);
  if (signals.length === 0) {
    throw new FormatError(
      source.name,
      'holds annotations only, no signals.',
      'Give the file with the signals.',
    );
  }
  if (header.records === 0) {
    throw new FormatError(source.name, 'ends before its first data record.', 'Copy it again.', {
      byte: source.size,
    });
  }
  const channels = signals.map(
    ({ label, unit, samplesPerRecord }): ChannelInfo => ({
      label,
      unit,
      rate: rateOf(samplesPerRecord, header.recordSeconds),
      length: samplesPerRecord * header.records,
    }),
  );
  const subject = subjectOf(header);
  const modality = modalityOfAll(channels.map(({ label }) => label));
  return {
    name: source.name,
    format: header.reserved.startsWith(`${header.kind}+`) ? header.reserved.slice(0, 5) : header.kind,
    ...(subject ? { subject } : {}),
    ...(modality ? { modality } : {}),
    ...(header.startTime ? { startTime: header.startTime } : {}),
    channels,
    gaps: await gapsOf(source, header, channels),
    notes: header.notes,
    read: async (asked, start, count) => {
      requireRange(source.name, channels, asked, start, count);
      return readSamples(
        source,
        header,
        asked.map((index) => signals[index] as EdfSignal),
        start,
        count,
      );
    },
    annotations: async (): Promise<Annotation[]> => (await readEdfTimeline(source, header)).annotations,
  };
}

async function gapsOf(
  source: ByteSource,
  header: EdfHeader,
  channels: readonly ChannelInfo[],
): Promise<Gap[]> {
  if (!/^[EB]DF\+D/.test(header.reserved)) return [];
  const { onsets } = await readEdfTimeline(source, header);
  const fastest = Math.max(...channels.map(({ rate }) => rate));
  return gapsBetween(onsets, header.recordSeconds, 0.5 / fastest);
}

/** Samples of signals that have equally many a record. */
async function readSamples(
  source: ByteSource,
  header: EdfHeader,
  signals: readonly EdfSignal[],
  start: number,
  count: number,
): Promise<Float64Array[]> {
  const out = signals.map(() => new Float64Array(count));
  const perRecord = signals[0]?.samplesPerRecord ?? 1;
  const { recordBytes, dataOffset, bytesPerSample } = header;
  const end = start + count;
  const lastRecord = Math.ceil(end / perRecord);
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
      const { scale, shift } = calibration(signal);
      const values = out[index] as Float64Array;
      for (let record = 0; record < records; record++) {
        const base = (first + record) * perRecord;
        const from = Math.max(0, start - base);
        const to = Math.min(perRecord, end - base);
        let at = record * recordBytes + signal.offset + from * bytesPerSample;
        for (let sample = from; sample < to; sample++, at += bytesPerSample) {
          values[base + sample - start] = scale * digitalAt(bytes, at, bytesPerSample) + shift;
        }
      }
    });
  }
  return out;
}

/** A little-endian two's complement integer of 2 or 3 bytes. */
function digitalAt(bytes: Uint8Array, at: number, width: 2 | 3): number {
  const low = bytes[at] as number;
  const middle = bytes[at + 1] as number;
  if (width === 2) return ((low | (middle << 8)) << 16) >> 16;
  return ((low | (middle << 8) | ((bytes[at + 2] as number) << 16)) << 8) >> 8;
}

/** physical = scale * digital + shift. The physical range may be inverted (a negative scale), as the standard allows. */
function calibration({ physicalMin, physicalMax, digitalMin, digitalMax }: EdfSignal): {
  scale: number;
  shift: number;
} {
  if (digitalMin === digitalMax || physicalMin === physicalMax) return { scale: 1, shift: 0 };
  const scale = (physicalMax - physicalMin) / (digitalMax - digitalMin);
  return { scale, shift: physicalMin - scale * digitalMin };
}

/** samples / seconds, without the rounding noise that makes 128 samples in 0.1 s a rate of 1279.9999999999998. */
function rateOf(samples: number, seconds: number): number {
  return Number((samples / seconds).toPrecision(12));
}

/** EDF+ has "code sex birthdate name" with X for unknown; plain EDF has free text, often in the same manner. */
function subjectOf({ reserved, patient }: EdfHeader): string | undefined {
  const words = patient.split(/\s+/);
  const name = /^[EB]DF\+/.test(reserved) ? (words[0] ?? '') : words.join(' ');
  return /^[x\s]*$/i.test(name) ? undefined : name;
}
