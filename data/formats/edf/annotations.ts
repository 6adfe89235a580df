/** Time-stamped annotation lists (TALs) of EDF+: the onset of every data record, and the annotations proper. */

import type { ByteSource } from '../../../base/bytes.ts';
import type { Annotation, Gap } from '../../recording.ts';
import { decodeText } from '../../source/text.ts';
import { type EdfHeader, readEdfHeader } from './header.ts';

export interface EdfTimeline {
  /** Seconds from the start of the file to each record, where its first TAL says so. */
  onsets: (number | undefined)[];
  annotations: Annotation[];
}

/** The annotations of an EDF+ or BDF+ file, which need not hold any signal. */
export async function readEdfAnnotations(source: ByteSource): Promise<Annotation[]> {
  return (await readEdfTimeline(source, await readEdfHeader(source))).annotations;
}

const BLOCK_BYTES = 1 << 22;

/** Reads the annotation channels of all data records, or of the first `records`. */
export async function readEdfTimeline(
  source: ByteSource,
  header: EdfHeader,
  records: number = header.records,
): Promise<EdfTimeline> {
  const timeline: EdfTimeline = { onsets: [], annotations: [] };
  const channels = header.signals.filter(({ isAnnotation }) => isAnnotation);
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / header.recordBytes));
  for (let first = 0; first < records; first += perBlock) {
    const count = Math.min(perBlock, records - first);
    const bytes = await source.read(
      header.dataOffset + first * header.recordBytes,
      count * header.recordBytes,
    );
    for (let record = 0; record < count; record++) {
      let onset: number | undefined;
      for (const { offset, samplesPerRecord } of channels) {
        const start = record * header.recordBytes + offset;
        const found = parseTals(bytes.subarray(start, start + samplesPerRecord * header.bytesPerSample));
        onset ??= found.timekeeping;
        for (const annotation of found.annotations) timeline.annotations.push(annotation);
      }
      timeline.onsets.push(onset);
    }
  }
  return timeline;
}

/**
 * Takes one record's worth of an annotation channel apart: `+onset[\x15duration]\x14text\x14...\x14\0`. A list whose
 * first text is empty keeps the time of its record.
 */
export function parseTals(bytes: Uint8Array): { timekeeping: number | undefined; annotations: Annotation[] } {
  let timekeeping: number | undefined;
  const annotations: Annotation[] = [];
  for (const list of listsIn(bytes)) {
    // UTF-8 by the standard, but each list for itself, so that one in Latin-1 spoils no other.
    const [stamp, ...texts] = decodeText(list).split('\x14');
    const [onsetText = '', durationText] = (stamp ?? '').split('\x15');
    if (!/^[+-]\d+(\.\d*)?$/.test(onsetText)) continue;
    const onset = Number(onsetText);
    if (!Number.isFinite(onset)) continue;
    const duration = /^\d+(\.\d*)?$/.test(durationText ?? '') ? Number(durationText) : 0;
    if (texts[0] === '') timekeeping ??= onset;
    for (const text of texts) if (text !== '') annotations.push({ onset, duration, text });
  }
  return { timekeeping, annotations };
}

/** What lies between NUL bytes. */
function listsIn(bytes: Uint8Array): Uint8Array[] {
  const lists: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    const stop = end < 0 ? bytes.length : end;
    if (stop > start) lists.push(bytes.subarray(start, stop));
    start = stop + 1;
  }
  return lists;
}

/** Jumps between the records of an EDF+D file, of more than half a sample at `rate`, and more than onsets are rounded. */
export function gapsBetween(
  onsets: readonly (number | undefined)[],
  recordSeconds: number,
  rate: number,
): Gap[] {
  const tolerance = Math.max(0.5 / rate, roundingOf(onsets, recordSeconds));
  const gaps: Gap[] = [];
  let [lastRecord, lastOnset] = [0, onsets[0] ?? 0];
  onsets.forEach((onset, record) => {
    if (onset === undefined || record === 0) return;
    const seconds = onset - lastOnset - (record - lastRecord) * recordSeconds;
    if (Math.abs(seconds) > tolerance) gaps.push({ at: record * recordSeconds, seconds });
    [lastRecord, lastOnset] = [record, onset];
  });
  return gaps;
}

/** By how much two onsets may be off together: a unit of their last decimal, where records are no multiple of it. */
function roundingOf(onsets: readonly (number | undefined)[], recordSeconds: number): number {
  const decimals = onsets.reduce<number>(
    (most, onset) => Math.max(most, String(onset ?? 0).split('.')[1]?.length ?? 0),
    0,
  );
  const units = recordSeconds * 10 ** decimals;
  return Math.abs(units - Math.round(units)) < 1e-6 * units ? 0 : 1.01 * 10 ** -decimals;
}
