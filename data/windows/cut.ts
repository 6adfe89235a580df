/** From a recording to windows at the model's rate: resampled, freed of mains hum, checked. */
import type { TrainedChannel, TrainedWindows } from '../contract/contract.ts';
import type { ChannelFit } from '../contract/fit.ts';
import { MODEL_RATE } from '../rate.ts';
import type { Kin, Modality, Recording } from '../recording.ts';
import type { WindowOptions } from './options.ts';
import { type Blamed, type Dropped, WindowStream } from './stream.ts';

/** The usable windows of one recording. */
export interface RecordingWindows {
  name: string;
  dataset?: string;
  subject?: string;
  kin?: Kin;
  modality?: Modality;
  labels: readonly string[];
  /** The same with their kinds, and units after conversion, where these are known. */
  signals?: readonly TrainedChannel[];
  /** How they go with the channels that the weights were trained on, where `WindowOptions.trained` says it. */
  fit?: ChannelFit;
  shape: readonly [windows: number, channels: number, samples: number];
  /** [windows, channels, samples], row-major, in the recording's physical units, as `converted` says; undefined where windows stay in the file. */
  signal: Float32Array<ArrayBuffer> | undefined;
  /** One window, [channels, samples] row-major, at once where it is in memory. */
  read(window: number): Float32Array | Promise<Float32Array>;
  /** Start of each window in seconds of stored signal. */
  starts: Float64Array;
  dropped: Dropped;
  /** Channels whose defects made windows drop, worst first: leaving such a channel out may save a recording. */
  blamed: Blamed[];
  leftOut: { label: string; reason: string }[];
  /** Channels that were brought to the usual unit of their modality, and how: "V to uV: x 1e6". */
  converted: { label: string; how: string }[];
  notes: readonly string[];
}

/** The channels and the length of a recording's windows, `windows` of which were trained on. */
export function montageOf(
  { modality, labels, signals, shape }: Pick<RecordingWindows, 'modality' | 'labels' | 'signals' | 'shape'>,
  windows: number,
): TrainedWindows {
  const channels = signals ?? labels.map((name) => ({ name }));
  return { ...(modality && { kind: modality }), channels, windows, seconds: shape[2] / MODEL_RATE };
}

/** Of windows in memory: 2 GiB. */
export const DEFAULT_MAXIMUM_BYTES = 2 ** 31;

/**
 * Cuts a recording into windows. None crosses a gap; windows with missing samples, impossible
 * values, or a flat or clipped stretch in any channel are dropped and counted. Where all would take more than `maximumBytes`, none is kept in memory: each is read from the
 * file, with what the filters need around it, when it is asked for; its values are the same to rounding.
 * @throws SignalError where the options make no sense; UnfitRecording where no channel can be used.
 */
export async function cutWindows(recording: Recording, options: WindowOptions): Promise<RecordingWindows> {
  const stream = await WindowStream.open(recording, options);
  const { cutter } = stream;
  const fits = cutter.total * cutter.windowBytes <= (options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES);
  const found = await collect(stream, fits);
  const { labels } = cutter;
  const count = found.starts.length;
  const size = cutter.windowBytes / Float32Array.BYTES_PER_ELEMENT;
  const { signal } = found;
  return {
    name: recording.name,
    ...(recording.dataset === undefined ? {} : { dataset: recording.dataset }),
    ...(recording.subject ? { subject: recording.subject } : {}),
    ...(recording.kin ? { kin: recording.kin } : {}),
    ...(cutter.modality ? { modality: cutter.modality } : {}),
    labels,
    signals: cutter.signals,
    ...(cutter.fit && { fit: cutter.fit }),
    shape: [count, labels.length, cutter.samples],
    signal,
    read: signal
      ? (window) => signal.subarray(requireWindow(window, count) * size, (window + 1) * size)
      : async (window) => {
          const values = new Float32Array(size);
          (await cutter.one(found.indices[requireWindow(window, count)] as number)).copy(values, 0);
          return values;
        },
    starts: found.starts,
    dropped: stream.dropped,
    blamed: stream.blamed,
    leftOut: cutter.leftOut,
    converted: cutter.conversions.flatMap((conversion, i) =>
      conversion ? [{ label: labels[i] ?? '', how: conversion.how }] : [],
    ),
    notes: [...stream.remarks, ...recording.notes, ...cutter.notes],
  };
}

/** Windows first ... first+count-1 of a recording, [count, channels, samples] row-major. */
export async function readWindows(
  { signal, shape: [, channels, samples], read }: RecordingWindows,
  first: number,
  count: number,
): Promise<Float32Array<ArrayBuffer>> {
  const size = channels * samples;
  if (signal) return signal.subarray(first * size, (first + count) * size);
  const values = new Float32Array(count * size);
  for (let i = 0; i < count; i++) values.set(await read(first + i), i * size);
  return values;
}

function requireWindow(window: number, count: number): number {
  if (Number.isInteger(window) && window >= 0 && window < count) return window;
  throw new RangeError(`There is no window ${window}: windows are numbers from 0 to ${count - 1}.`);
}

/** Looks at all windows, and keeps the usable ones where they fit. */
async function collect(stream: WindowStream, keep: boolean) {
  const { cutter } = stream;
  const size = cutter.windowBytes / Float32Array.BYTES_PER_ELEMENT;
  const signal = keep ? new Float32Array(cutter.total * size) : undefined;
  const starts = new Float64Array(cutter.total);
  const indices = new Uint32Array(cutter.total);
  let count = 0;
  for await (const { index, start, copy } of stream.windows()) {
    if (signal) copy(signal, count * size);
    starts[count] = start;
    indices[count] = index;
    count++;
  }
  return {
    // A copy only where windows were dropped, so that their room is given back.
    signal: signal && count < cutter.total ? signal.slice(0, count * size) : signal,
    starts: starts.slice(0, count),
    indices: indices.slice(0, count),
  };
}
