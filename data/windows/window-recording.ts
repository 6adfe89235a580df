/** Windows that were cut by somebody else, as a recording. */
import { requireRange } from '../channels.ts';
import type { ChannelKind, Modality, Recording } from '../recording.ts';

export interface GivenWindows {
  readonly name: string;
  readonly format: string;
  readonly subject?: string;
  readonly dataset?: string;
  readonly modality?: Modality;
  /** Samples a second. */
  readonly rate: number;
  /** Of the channels; empty units where they are not known. */
  readonly labels: readonly string[];
  readonly unit: string;
  /** Of all channels, where it is known whatever they are called. */
  readonly kind?: ChannelKind;
  /** Each [channels, samples], row-major, all of one shape. */
  readonly windows: readonly Float32Array[];
}

/** One after the other, with a gap of unknown length between any two: nothing is filtered or cut across them. */
export function recordingOfWindows(given: GivenWindows): Recording {
  const { name, format, subject, dataset, modality, rate, labels, unit, kind, windows } = given;
  const samples = (windows[0]?.length ?? 0) / labels.length;
  const channels = labels.map((label) => ({
    ...{ label, unit, rate, length: samples * windows.length },
    ...(kind && { kind }),
  }));
  return {
    name,
    format,
    ...(subject !== undefined && { subject }),
    ...(dataset !== undefined && { dataset }),
    ...(modality && { modality }),
    channels,
    gaps: windows.slice(1).map((_, i) => ({ at: ((i + 1) * samples) / rate, seconds: Number.NaN })),
    notes: [],
    read: async (asked, start, count) => {
      requireRange(name, channels, asked, start, count);
      return asked.map((channel) =>
        Float64Array.from({ length: count }, (_, i) => {
          const place = start + i;
          const window = windows[Math.floor(place / samples)] as Float32Array;
          return window[channel * samples + (place % samples)] as number;
        }),
      );
    },
  };
}
