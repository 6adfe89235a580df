/** Time-stamped annotation lists (TALs) of EDF+: the onset of every data record, and the annotations proper. */
import type { Annotation, Gap } from '../../recording.ts';
import type { ByteSource } from '../../source/bytes.ts';
import type { EdfHeader } from './header.ts';

export interface EdfTimeline {
  /** Seconds from the start of the file to each record, where its first TAL says so. */
  onsets: (number | undefined)[];
  annotations: Annotation[];
}

const BLOCK_BYTES = 1 << 22;

/** Reads the annotation channels of all data records. */
export async function readEdfTimeline(source: ByteSource, header: EdfHeader): Promise<EdfTimeline> {
  const timeline: EdfTimeline = { onsets: [], annotations: [] };
  const channels = header.signals.filter(({ isAnnotation }) => isAnnotation);
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / header.recordBytes));
  for (let first = 0; first < header.records; first += perBlock) {
    const count = Math.min(perBlock, header.records - first);
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
        timeline.annotations.push(...found.annotations);
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
  for (const list of new TextDecoder('utf-8').decode(bytes).split('\0')) {
    const [stamp, ...texts] = list.split('\x14');
    const [onsetText = '', durationText] = (stamp ?? '').split('\x15');
    if (!/^[+-]\d+(\.\d*)?$/.test(onsetText)) continue;
    const onset = Number(onsetText);
    const duration = Number(durationText ?? 0) || 0;
    if (texts[0] === '') timekeeping ??= onset;
    for (const text of texts) if (text !== '') annotations.push({ onset, duration, text });
  }
  return { timekeeping, annotations };
}

/** Jumps between the records of an EDF+D file, of more than `tolerance` seconds. */
export function gapsBetween(
  onsets: readonly (number | undefined)[],
  recordSeconds: number,
  tolerance: number,
): Gap[] {
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
