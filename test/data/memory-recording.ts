import { requireRange } from '../../data/channels.ts';
import type { Gap, Kin, Modality, Recording } from '../../data/recording.ts';
import type { RecordingWindows } from '../../data/windows/cut.ts';
import { nothingDropped } from '../../data/windows/stream.ts';

/** A recording of one rate in memory. */
export function memoryRecording(spec: {
  name?: string;
  subject?: string;
  modality?: Modality;
  rate: number;
  signals: readonly ArrayLike<number>[];
  labels?: readonly string[];
  unit?: string;
  gaps?: Gap[];
}): Recording {
  const name = spec.name ?? 'memory';
  const channels = spec.signals.map((signal, i) => ({
    label: spec.labels?.[i] ?? `c${i}`,
    unit: spec.unit ?? 'uV',
    rate: spec.rate,
    length: signal.length,
  }));
  return {
    name,
    format: 'memory',
    ...(spec.subject ? { subject: spec.subject } : {}),
    ...(spec.modality ? { modality: spec.modality } : {}),
    channels,
    gaps: spec.gaps ?? [],
    notes: [],
    read: async (asked, start, count) => {
      requireRange(name, channels, asked, start, count);
      return asked.map((index) =>
        Float64Array.from(spec.signals[index] as ArrayLike<number>).slice(start, start + count),
      );
    },
  };
}

let serial = 0;

/** Windows whose every sample is a number of its own, so that a test can tell which window it got. */
export function markedWindows(spec: {
  name: string;
  dataset?: string;
  subject?: string;
  kin?: Kin;
  modality?: Modality;
  windows: number;
  channels?: number;
  samples?: number;
  /** Seconds from window to window; default one window length. */
  stride?: number;
}): RecordingWindows & { signal: Float32Array<ArrayBuffer> } {
  const { name, dataset, subject, kin, modality, windows, channels = 1, samples = 200 } = spec;
  const size = channels * samples;
  const signal = new Float32Array(windows * size);
  for (let window = 0; window < windows; window++) signal.fill(serial++, window * size, (window + 1) * size);
  return {
    name,
    ...(dataset ? { dataset } : {}),
    ...(subject ? { subject } : {}),
    ...(kin ? { kin } : {}),
    ...(modality ? { modality } : {}),
    labels: Array.from({ length: channels }, (_, i) => `c${i}`),
    signal,
    read: (window) => signal.subarray(window * size, (window + 1) * size),
    shape: [windows, channels, samples],
    starts: Float64Array.from({ length: windows }, (_, i) => i * (spec.stride ?? samples / 200)),
    dropped: nothingDropped(),
    blamed: [],
    leftOut: [],
    converted: [],
    notes: [],
  };
}
