/** From a recording to windows at the model's rate: resampled, freed of mains hum, checked. */
import { chooseChannels } from './channel-choice.ts';
import { SignalError } from './errors.ts';
import { filtfilt, type Mains, mainsNotches } from './preprocess/notch.ts';
import { type Resampler, resamplerFor } from './preprocess/resample.ts';
import { MODEL_RATE, wholeSamples } from './rate.ts';
import type { ChannelInfo, Kin, Modality, Recording } from './recording.ts';
import { conversionOf } from './units.ts';
import { bridgeMissing, type Defect, findDefect } from './window-checks.ts';

/** Samples: as far as the position table of the model reaches. */
export const MAXIMUM_SAMPLES = 12_800;

export interface WindowOptions {
  /** Seconds in a window. */
  seconds: number;
  /** Seconds from the start of a window to that of the next. Default: `seconds`. */
  stride?: number;
  /** Mains frequency to remove. */
  mains: Mains;
  /** Labels of the channels to use, in this order. Default: all signals of the main rate. */
  channels?: readonly string[];
  /** Memory that the windows of a recording may take. Default 2 GiB. */
  maximumBytes?: number;
}

/** The usable windows of one recording. */
export interface RecordingWindows {
  name: string;
  subject?: string;
  kin?: Kin;
  modality?: Modality;
  labels: string[];
  /** [windows, channels, samples], row-major, in the recording's physical units, as `converted` says. */
  signal: Float32Array<ArrayBuffer>;
  shape: readonly [windows: number, channels: number, samples: number];
  /** Start of each window in seconds of stored signal. */
  starts: Float64Array;
  /** Windows that were not used, by reason, and stretches between gaps that are shorter than a window. */
  dropped: Record<Defect, number> & { shortStretches: number };
  /** Channels whose defects made windows drop, worst first: leaving such a channel out may save a recording. */
  blamed: { label: string; windows: number }[];
  leftOut: { label: string; reason: string }[];
  /** Channels that were brought to the usual unit of their modality, and how: "V to uV: x 1e6". */
  converted: { label: string; how: string }[];
  notes: readonly string[];
}

/** About a minute of windows is filtered at once: enough to make the overlap cheap, little enough for any memory. */
const BLOCK_SAMPLES = 60 * MODEL_RATE;
/** Samples of overlap, in which the start of the notch filter fades to below 1e-11. */
const NOTCH_SETTLING = 5 * MODEL_RATE;
/** Of windows in memory: 2 GiB. */
export const DEFAULT_MAXIMUM_BYTES = 2 ** 31;

/**
 * Cuts a recording into windows. None crosses a gap; windows with a missing, flat or clipped stretch in any channel
 * are dropped and counted. Throws a SignalError where the options or the channels make no sense.
 */
export async function cutWindows(recording: Recording, options: WindowOptions): Promise<RecordingWindows> {
  const samples = requireSamples('window', options.seconds);
  const stride = requireSamples('stride', options.stride ?? options.seconds);
  const { channels, leftOut } = await chooseChannels(recording, options.channels);
  const { rate, length } = recording.channels[channels[0] as number] as { rate: number; length: number };
  const resampler = resamplerFor(rate, MODEL_RATE);
  const conversions = channels.map((index) =>
    conversionOf(recording.channels[index] as ChannelInfo, recording.modality),
  );
  const notches = mainsNotches(options.mains, MODEL_RATE);
  const windowsPerBlock = Math.max(1, Math.floor((BLOCK_SAMPLES - samples) / stride) + 1);
  const parts = stretches(recording, rate, length).map((part) => {
    const available = resampler.outputLength(part.end - part.start);
    return { ...part, available, count: Math.max(0, Math.floor((available - samples) / stride) + 1) };
  });
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  requireRoom(
    recording.name,
    total * channels.length * samples * 4,
    options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES,
  );
  const result = new Collector(total, channels.length, samples);
  for (const { start, end, available, count } of parts) {
    if (count === 0) result.dropped.shortStretches++;
    for (let first = 0; first < count; first += windowsPerBlock) {
      const block = Math.min(windowsPerBlock, count - first);
      const from = first * stride;
      const to = from + (block - 1) * stride + samples;
      const settle = notches.length > 0 ? NOTCH_SETTLING : 0;
      const [wide, wideEnd] = [Math.max(0, from - settle), Math.min(available, to + settle)];
      const reach = sourceRange(resampler, wide, wideEnd, end - start);
      const raw = await recording.read(channels, start + reach.from, reach.to - reach.from);
      raw.forEach((signal, channel) => {
        const factor = conversions[channel]?.factor;
        if (factor !== undefined) for (let i = 0; i < signal.length; i++) (signal[i] as number) *= factor;
      });
      const filtered = raw.map((signal) => {
        let values = resample(signal, reach.from, end - start, resampler, wide, wideEnd - wide);
        for (const filter of notches) values = filtfilt(filter, values);
        return values;
      });
      for (let i = 0; i < block; i++) {
        const at = from + i * stride;
        const span = sourceSpan(resampler, at, at + samples, end - start);
        const defect = firstDefect(raw, span.from - reach.from, span.to - reach.from);
        if (defect) result.drop(defect.kind, defect.channel);
        else result.add(filtered, at - wide, start / rate + at / MODEL_RATE);
      }
    }
  }
  const labels = channels.map((index) => recording.channels[index]?.label ?? '');
  return {
    name: recording.name,
    ...(recording.subject ? { subject: recording.subject } : {}),
    ...(recording.kin ? { kin: recording.kin } : {}),
    ...(recording.modality ? { modality: recording.modality } : {}),
    labels,
    ...result.finish(labels),
    leftOut,
    converted: conversions.flatMap((conversion, i) =>
      conversion ? [{ label: labels[i] ?? '', how: conversion.how }] : [],
    ),
    notes: recording.notes,
  };
}

function requireSamples(name: string, seconds: number): number {
  const samples = wholeSamples(seconds);
  if (samples !== undefined && samples >= 1 && samples <= MAXIMUM_SAMPLES) return samples;
  throw new SignalError(
    `A ${name} of ${seconds} s makes ${seconds * MODEL_RATE} samples at ${MODEL_RATE} Hz; a whole number from 1 to ${MAXIMUM_SAMPLES} is needed.`,
  );
}

/** Stretches of samples without a gap. */
function stretches({ gaps }: Recording, rate: number, length: number): { start: number; end: number }[] {
  const cuts = [0, ...gaps.map(({ at }) => Math.round(at * rate)), length];
  return cuts.slice(1).flatMap((end, i) => {
    const start = cuts[i] as number;
    return end > start ? [{ start, end }] : [];
  });
}

/** Samples of the source that lie in outputs from ... to-1. */
function sourceSpan(
  { up, down }: Resampler,
  from: number,
  to: number,
  length: number,
): { from: number; to: number } {
  return {
    from: Math.floor((from * down) / up),
    to: Math.min(length, Math.floor(((to - 1) * down) / up) + 1),
  };
}

/** Samples of the source that the filter needs for them. */
function sourceRange(
  resampler: Resampler,
  from: number,
  to: number,
  length: number,
): { from: number; to: number } {
  const span = sourceSpan(resampler, from, to, length);
  const reach = resampler.reach + 1;
  return { from: Math.max(0, span.from - reach), to: Math.min(length, span.to + reach) };
}

/** Outputs first ... first+count-1 of a stretch; beyond its two ends the first and the last value go on. */
function resample(
  signal: Float64Array,
  start: number,
  length: number,
  resampler: Resampler,
  first: number,
  count: number,
): Float64Array {
  const before = start === 0 ? resampler.reach + 1 : 0;
  const after = start + signal.length === length ? resampler.reach + 1 : 0;
  const values = new Float64Array(before + signal.length + after);
  values.set(signal, before);
  const inner = values.subarray(before, before + signal.length);
  bridgeMissing(inner);
  // The phases of the filter sum to one only within 1e-3 or so, which would turn the large offset of a DC-coupled
  // amplifier into a tone. So the offset goes around the filter.
  let offset = 0;
  for (const value of inner) offset += value / inner.length;
  for (let i = 0; i < inner.length; i++) inner[i] = (inner[i] as number) - offset;
  values.fill(inner[0] as number, 0, before);
  values.fill(inner.at(-1) as number, before + signal.length);
  const out = resampler.range({ values, start: start - before }, first, count);
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + offset;
  return out;
}

function firstDefect(
  raw: readonly Float64Array[],
  from: number,
  to: number,
): { kind: Defect; channel: number } | undefined {
  for (const [channel, signal] of raw.entries()) {
    const kind = findDefect(signal, from, to);
    if (kind) return { kind, channel };
  }
  return undefined;
}

function requireRoom(name: string, bytes: number, maximum: number): void {
  if (bytes <= maximum) return;
  const megabytes = (count: number) => Math.ceil(count / 1e6);
  throw new SignalError(
    `${name}: its windows take ${megabytes(bytes)} MB of memory, more than the ${megabytes(maximum)} MB that are left for them; use a longer stride, fewer channels or fewer recordings.`,
  );
}

/** Windows as they come, in one array. */
class Collector {
  readonly dropped = { missing: 0, flat: 0, clipped: 0, shortStretches: 0 };
  private readonly signal: Float32Array<ArrayBuffer>;
  private readonly starts: Float64Array;
  private readonly blamed: number[];
  private readonly channels: number;
  private readonly samples: number;
  private count = 0;

  constructor(windows: number, channels: number, samples: number) {
    this.signal = new Float32Array(windows * channels * samples);
    this.starts = new Float64Array(windows);
    this.blamed = new Array<number>(channels).fill(0);
    this.channels = channels;
    this.samples = samples;
  }

  drop(defect: Defect, channel: number): void {
    this.dropped[defect]++;
    this.blamed[channel] = (this.blamed[channel] as number) + 1;
  }

  add(signals: readonly Float64Array[], offset: number, start: number): void {
    const { samples } = this;
    const base = this.count * this.channels * samples;
    signals.forEach((signal, channel) => {
      this.signal.set(signal.subarray(offset, offset + samples), base + channel * samples);
    });
    this.starts[this.count] = start;
    this.count++;
  }

  finish(
    labels: readonly string[],
  ): Pick<RecordingWindows, 'signal' | 'shape' | 'starts' | 'dropped' | 'blamed'> {
    const { count, channels, samples, signal } = this;
    const length = count * channels * samples;
    return {
      // A copy only where windows were dropped, so that their room is given back.
      signal: length === signal.length ? signal : signal.slice(0, length),
      shape: [count, channels, samples],
      starts: this.starts.slice(0, count),
      dropped: this.dropped,
      blamed: this.blamed
        .flatMap((windows, channel) => (windows > 0 ? [{ label: labels[channel] ?? '', windows }] : []))
        .sort((a, b) => b.windows - a.windows),
    };
  }
}
