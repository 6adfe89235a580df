/** Where the windows of a recording lie, and how any of them is had from its samples. */
import { kindsOf } from '../channels/kinds-of.ts';
import type { TrainedChannel } from '../contract/contract.ts';
import { type ChannelFit, fitChannels } from '../contract/fit.ts';
import { eachLength, secondsOfKind } from '../contract/lengths.ts';
import { otherKind } from '../contract/words.ts';
import { SignalError, UnfitRecording } from '../errors.ts';
import { FilterChain } from '../preprocess/filter-chain.ts';
import { mainsOfRecording } from '../preprocess/mains.ts';
import { type Resampler, resamplerFor } from '../preprocess/resample.ts';
import { MAXIMUM_SAMPLES, MODEL_RATE, windowSamples } from '../rate.ts';
import type { ChannelInfo, Modality, Recording } from '../recording.ts';
import { type Conversion, conversionOf, largestPossible, usualUnitOf } from '../units.ts';
import { judgeUnits } from './amplitude.ts';
import { type ChannelChoice, chooseChannels } from './channel-choice.ts';
import { bridgeMissing, type Defect, dropBeyond, findDefect, firstBeyond, LARGEST_VALUE } from './checks.ts';
import type { WindowOptions } from './options.ts';

/** About a minute of windows is filtered at once: enough to make the overlap cheap, little enough for any memory. */
const BLOCK_SAMPLES = 60 * MODEL_RATE;

/** A stretch without a gap, in samples of the source. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  /** Samples at the model's rate. */
  readonly available: number;
  /** Windows that fit, and where window i of them begins, in samples at the model's rate. */
  readonly count: number;
  readonly at: (i: number) => number;
  /** Number of its first window in the recording. */
  readonly firstWindow: number;
}

/** Why a window cannot be used, and the first of its channels (a place among the chosen ones) that is to blame. */
export interface FoundDefect {
  readonly kind: Defect;
  readonly channel: number;
  /** Of an impossible value: seconds of stored signal before it, and the value itself. */
  readonly second?: number;
  readonly value?: number;
}

/** A window that was looked at. */
export interface CutWindow {
  /** Its number among all windows of the recording, usable or not. */
  readonly index: number;
  /** Seconds of stored signal before it. */
  readonly start: number;
  readonly defect: FoundDefect | undefined;
  /** Copies its values, [channels, samples] row-major, to `out` from `at` on. */
  copy(out: Float32Array, at: number): void;
}

/** What opening a recording finds out about it. */
interface Prepared extends Omit<ChannelChoice, 'notes'> {
  /** In a window. */
  readonly seconds: number;
  readonly signals: readonly TrainedChannel[];
  readonly fit: ChannelFit | undefined;
  /** The largest magnitude of each channel's samples. */
  readonly largest: readonly number[];
  readonly conversions: readonly (Conversion | undefined)[];
  readonly filters: FilterChain;
  readonly notes: readonly string[];
}

export class WindowCutter {
  readonly recording: Recording;
  readonly leftOut: ChannelChoice['leftOut'];
  readonly labels: readonly string[];
  /** The same with their kinds, and units after conversion. */
  readonly signals: readonly TrainedChannel[];
  /** How they go with what the weights were trained on, where that is known. */
  readonly fit: ChannelFit | undefined;
  /** What the channels are. */
  readonly modality: Modality | undefined;
  readonly conversions: readonly (Conversion | undefined)[];
  readonly samples: number;
  /** Windows, usable or not. */
  readonly total: number;
  /** Windows that were asked for where there is no whole one: over a gap, or beyond the end. */
  readonly outside: number;
  /** Stretches between gaps that are too short for a window. */
  readonly shortStretches: number;
  /** What was found out about the recording on the way. */
  readonly notes: readonly string[];
  readonly #channels: readonly number[];
  readonly #rate: number;
  readonly #resampler: Resampler;
  readonly #filters: FilterChain;
  readonly #stretches: readonly Stretch[];
  readonly #largest: readonly number[];

  /**
   * @throws SignalError where the options make no sense.
   * @throws UnfitRecording where no channel can be used.
   */
  static async open(recording: Recording, options: WindowOptions): Promise<WindowCutter> {
    for (const seconds of eachLength(options.seconds)) requireSamples('window', seconds);
    if (options.stride !== undefined) requireSamples('stride', options.stride);
    const choice = await chooseChannels(recording, options.channels);
    const { leftOut, modality } = choice;
    const { channels, signals, fit } = arranged(recording, choice, options);
    const infos = channels.map((index) => recording.channels[index] as ChannelInfo);
    const declared = infos.map((channel) => conversionOf(channel, modality));
    const policy = options.units ?? 'correct';
    const { modality: _, ...rest } = recording;
    const judged = await judgeUnits(modality ? { ...rest, modality } : rest, channels, declared, policy);
    const { conversions } = judged;
    const notes = [...choice.notes, ...judged.notes];
    // Who trusts the units of the file does not have its values judged by them.
    const largest = infos.map((channel) =>
      policy === 'trust' ? LARGEST_VALUE : largestPossible(channel, modality),
    );
    let { mains } = options;
    if (mains === 'auto') {
      const known = recording.mains === 50 || recording.mains === 60 ? recording.mains : undefined;
      const found = known ? undefined : await mainsOfRecording(recording, channels);
      mains = known ?? found?.mains ?? 'none';
      notes.push(found?.sentence ?? `mains of ${mains} Hz, as a file beside the recording says`);
    }
    const filters = new FilterChain({ ...options, mains }, MODEL_RATE);
    return new WindowCutter(recording, options, {
      seconds: secondsOfKind(options.seconds, modality),
      ...{ channels, signals, fit },
      modality,
      leftOut,
      conversions,
      largest,
      filters,
      notes,
    });
  }

  private constructor(recording: Recording, options: WindowOptions, prepared: Prepared) {
    const { channels } = prepared;
    const infos = channels.map((index) => recording.channels[index] as ChannelInfo);
    const { rate, length } = infos[0] as ChannelInfo;
    this.recording = recording;
    this.leftOut = prepared.leftOut;
    this.labels = infos.map(({ label }) => label);
    this.signals = prepared.signals;
    this.fit = prepared.fit;
    this.modality = prepared.modality;
    this.conversions = prepared.conversions;
    this.#largest = prepared.largest;
    this.notes = prepared.notes;
    this.samples = requireSamples('window', prepared.seconds);
    this.#channels = channels;
    this.#rate = rate;
    this.#resampler = resamplerFor(rate, MODEL_RATE, { constants: 'kept' });
    this.#filters = prepared.filters;
    let total = 0;
    const stride = requireSamples('stride', options.stride ?? prepared.seconds);
    this.#stretches = withoutGaps(recording, rate, length).map(({ start, end }) => {
      const available = this.#resampler.outputLength(end - start);
      const last = available - this.samples;
      const chosen = options.starts && placesWithin(options.starts, start / rate, last);
      const count = chosen ? chosen.length : Math.max(0, Math.floor(last / stride) + 1);
      const at = chosen ? (i: number) => chosen[i] as number : (i: number) => i * stride;
      const stretch = { start, end, available, count, at, firstWindow: total };
      total += count;
      return stretch;
    });
    this.total = total;
    this.outside = options.starts ? options.starts.length - total : 0;
    this.shortStretches = options.starts ? 0 : this.#stretches.filter(({ count }) => count === 0).length;
  }

  /** Of a window in bytes. */
  get windowBytes(): number {
    return this.#channels.length * this.samples * Float32Array.BYTES_PER_ELEMENT;
  }

  /** All windows in order, a minute of signal in memory at a time. */
  async *all(): AsyncGenerator<CutWindow> {
    for (const stretch of this.#stretches) {
      for (let first = 0; first < stretch.count; ) {
        const end = stretch.at(first) + BLOCK_SAMPLES - this.samples;
        let count = 1;
        while (first + count < stretch.count && stretch.at(first + count) <= end) count++;
        yield* await this.#cut(stretch, first, count);
        first += count;
      }
    }
  }

  /** One window, read by itself. */
  async one(index: number): Promise<CutWindow> {
    const stretch = this.#stretches.findLast(({ firstWindow, count }) => count > 0 && firstWindow <= index);
    const [window] = stretch ? await this.#cut(stretch, index - stretch.firstWindow, 1) : [];
    if (window && index < this.total) return window;
    throw new RangeError(`${this.recording.name} has no window ${index}, but ${this.total} from 0.`);
  }

  /** Windows first ... first+count-1 of a stretch. */
  async #cut(stretch: Stretch, first: number, count: number): Promise<CutWindow[]> {
    const { samples } = this;
    const { start, available } = stretch;
    const length = stretch.end - start;
    const from = stretch.at(first);
    const to = stretch.at(first + count - 1) + samples;
    const { settling } = this.#filters;
    const [wide, wideEnd] = [Math.max(0, from - settling), Math.min(available, to + settling)];
    const reach = sourceRange(this.#resampler, wide, wideEnd, length);
    const raw = await this.recording.read(this.#channels, start + reach.from, reach.to - reach.from);
    for (const [channel, signal] of raw.entries()) scale(signal, this.conversions[channel]?.factor);
    // Only once a window is wanted: whoever merely looks for defects filters nothing.
    let filtered: readonly Float64Array[] | undefined;
    const filter = () =>
      raw.map((signal, channel) => {
        dropBeyond(signal, this.#largest[channel] as number);
        const resampled = resample(signal, reach.from, length, this.#resampler, wide, wideEnd - wide);
        return this.#filters.filter(resampled);
      });
    return Array.from({ length: count }, (_, i): CutWindow => {
      const at = stretch.at(first + i);
      const span = sourceSpan(this.#resampler, at, at + samples, length);
      return {
        index: stretch.firstWindow + first + i,
        start: start / this.#rate + at / MODEL_RATE,
        defect: this.#firstDefect(raw, start + reach.from, span.from - reach.from, span.to - reach.from),
        copy: (out, place) => {
          filtered ??= filter();
          for (const [channel, signal] of filtered.entries())
            out.set(this.#filters.window(signal, at - wide, at - wide + samples), place + channel * samples);
        },
      };
    });
  }

  /** In samples from ... to-1 of what was read from sample `first` of the recording on. */
  #firstDefect(
    raw: readonly Float64Array[],
    first: number,
    from: number,
    to: number,
  ): FoundDefect | undefined {
    for (const [channel, signal] of raw.entries()) {
      const at = firstBeyond(signal, from, to, this.#largest[channel] as number);
      if (at >= 0) {
        const second = (first + at) / this.#rate;
        return { kind: 'impossible', channel, second, value: signal[at] as number };
      }
      const kind = findDefect(signal, from, to);
      if (kind) return { kind, channel };
    }
    return undefined;
  }
}

/**
 * The chosen channels in the order in which they go into the model.
 * @throws UnfitRecording, or SignalError, where the weights were trained on other kinds of signal.
 */
function arranged(
  recording: Recording,
  { channels, modality }: ChannelChoice,
  { trained, channels: named }: WindowOptions,
): Pick<Prepared, 'channels' | 'signals' | 'fit'> {
  const { kinds } = kindsOf(recording.channels, modality);
  const signals = channels.map((index): TrainedChannel => {
    const channel = recording.channels[index] as ChannelInfo;
    const [kind, unit] = [kinds[index], usualUnitOf(channel, modality)?.unit ?? channel.unit];
    return { name: channel.label, ...(kind && { kind }), ...(unit && { unit }) };
  });
  const fit = trained && fitChannels(trained.contract, signals, { kind: modality, isOrdered: !!named });
  if (!trained || !fit) return { channels, signals, fit };
  if (modality && !fit.isTrainedKind && trained.otherKinds !== 'use') {
    const reason = otherKind(modality, trained.contract);
    throw trained.otherKinds === 'refuse'
      ? new SignalError(`${recording.name}: ${reason}`)
      : new UnfitRecording(recording.name, reason);
  }
  return {
    channels: fit.order.map((place) => channels[place] as number),
    signals: fit.order.map((place) => signals[place] as TrainedChannel),
    fit,
  };
}

/** Starts, in seconds of stored signal, as places in a stretch from `from` on, of those that are there up to the last. */
function placesWithin(starts: readonly number[], from: number, last: number): number[] {
  return starts
    .map((seconds) => Math.round((seconds - from) * MODEL_RATE))
    .filter((place) => place >= 0 && place <= last)
    .sort((a, b) => a - b);
}

function requireSamples(name: string, seconds: number): number {
  const samples = windowSamples(seconds);
  if (samples !== undefined) return samples;
  throw new SignalError(
    `A ${name} of ${seconds} s makes ${seconds * MODEL_RATE} samples at ${MODEL_RATE} Hz; a whole number from 1 to ${MAXIMUM_SAMPLES} is needed.`,
  );
}

function scale(signal: Float64Array, factor: number | undefined): void {
  if (factor !== undefined) for (let i = 0; i < signal.length; i++) (signal[i] as number) *= factor;
}

/** Stretches of samples without a gap. */
function withoutGaps({ gaps }: Recording, rate: number, length: number): { start: number; end: number }[] {
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
  values.fill(inner[0] as number, 0, before);
  values.fill(inner.at(-1) as number, before + signal.length);
  return resampler.range({ values, start: start - before }, first, count);
}
