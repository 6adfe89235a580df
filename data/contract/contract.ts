/**
 * What the weights of a model were trained on: the channels in their order, and how windows were cut of them. The model
 * distinguishes channels by their place alone, so this goes along with weights and is compared with recordings before use.
 */
import { SignalError } from '../errors.ts';
import { groupBy } from '../group-by.ts';
import type { Band } from '../preprocess/band-pass.ts';
import type { Detrend } from '../preprocess/detrend.ts';
import type { Mains } from '../preprocess/notch.ts';
import { MODEL_RATE } from '../rate.ts';
import type { ChannelKind, Modality } from '../recording.ts';
import {
  type CountedWindows,
  type Lengths,
  lengthsBeyond,
  lengthsOf,
  MOST_LENGTHS,
  type TrainedLengths,
} from './lengths.ts';

/** A channel as it goes into the model. */
export interface TrainedChannel {
  /** As the files spell it. */
  readonly name: string;
  /** What it records, where that is known. */
  readonly kind?: ChannelKind;
  /** Of its values, after conversion; absent where the files name none. */
  readonly unit?: string;
}

/** Channels in one order, as some of the windows had them. */
export interface Montage {
  readonly kind?: Modality;
  readonly channels: readonly TrainedChannel[];
  /** Windows that were trained on; absent where they are generated without end. */
  readonly windows?: number;
  /** Of these windows; absent where they are those of all windows, or not known. */
  readonly lengths?: Lengths;
}

/** Windows that are trained on, with their channels. */
export interface TrainedWindows extends Omit<Montage, 'lengths' | 'windows'>, CountedWindows {}

/** How windows were cut. */
export interface TrainedCut {
  readonly windows: Lengths;
  readonly bandPass?: Band | undefined;
  readonly detrend?: Detrend | undefined;
  /** Absent where signals were generated. */
  readonly mains?: Mains | 'auto' | undefined;
}

export interface ChannelContract extends TrainedCut, TrainedLengths {
  /** Samples a second, after resampling. */
  readonly rate: number;
  /** Those of most windows first, as many as go into the metadata of a file. */
  readonly montages: readonly Montage[];
  /** Montages that are not listed. */
  readonly more: number;
  /** Channels of the largest montage, so rows of the position table that were trained. */
  readonly rows: number;
}

/** Bytes that montages may take in the metadata of weights: more than a hundred of 19 channels. */
export const MOST_MONTAGE_BYTES = 2 ** 16;

/**
 * Alike montages are counted together, of whatever length their windows are. `cut.windows` is needed where these do not say
 * their lengths.
 * @throws SignalError where there is none, or none says how long it is.
 */
export function contractOf(
  trained: readonly TrainedWindows[],
  cut: Omit<TrainedCut, 'windows'> & { readonly windows?: Lengths },
): ChannelContract {
  if (trained.length === 0) throw new SignalError('Nothing was trained on: there is no montage.');
  const windows = cut.windows ?? (lengthsOf(trained)?.slice(0, MOST_LENGTHS) as Lengths | undefined);
  if (!windows) throw new SignalError('None of the windows that were trained on says how long it is.');
  const merged = [...groupBy(trained, ({ kind, channels }) => JSON.stringify([kind, channels])).values()]
    .map((alike) => mergedMontage(alike, windows))
    .sort((a, b) => (b.windows ?? 0) - (a.windows ?? 0));
  let left = MOST_MONTAGE_BYTES;
  const listed = merged.filter((montage) => {
    const bytes = new TextEncoder().encode(JSON.stringify(packedMontage(montage))).length + 1;
    if (bytes > left) return false;
    left -= bytes;
    return true;
  });
  const kinds = [...new Set(merged.map(({ kind }) => kind ?? 'unknown'))];
  // Of all montages, those too that are not listed.
  const byKind = groupBy(trained, ({ kind }) => kind ?? 'unknown');
  const lengths = kinds.flatMap((kind) => {
    const own = lengthsBeyond(byKind.get(kind) ?? [], windows);
    return own ? [[kind, own] as const] : [];
  });
  return {
    rate: MODEL_RATE,
    ...definedCut({ ...cut, windows }),
    kinds,
    ...(lengths.length > 0 && { lengths: Object.fromEntries(lengths) }),
    montages: listed,
    more: merged.length - listed.length,
    rows: Math.max(...merged.map(({ channels }) => channels.length)),
  };
}

function mergedMontage(alike: readonly TrainedWindows[], all: Lengths): Montage {
  const [{ kind, channels }] = alike as [TrainedWindows];
  const counts = alike.flatMap(({ windows }) => (windows === undefined ? [] : [windows]));
  const windows = counts.reduce((sum, count) => sum + count, 0);
  const lengths = lengthsBeyond(alike, all);
  return {
    ...(kind && { kind }),
    channels,
    ...(counts.length > 0 && { windows }),
    ...(lengths && { lengths }),
  };
}

/** Fields that are not set are not there, so that a contract is what JSON makes of it. */
export function definedCut({ windows, bandPass, detrend, mains }: TrainedCut): TrainedCut {
  return {
    windows,
    ...(bandPass && { bandPass }),
    ...(detrend && { detrend }),
    ...(mains !== undefined && { mains }),
  };
}

/** A montage as JSON has it: what all channels have in common stands there once. */
export interface PackedMontage {
  readonly kind?: Modality;
  readonly windows?: number;
  readonly lengths?: readonly number[];
  readonly channels: readonly string[];
  /** One for all, or one for each; null where it is not known. */
  readonly units?: string | readonly (string | null)[];
  /** Where they are not all of the montage's kind. */
  readonly kinds?: readonly (ChannelKind | null)[];
}

export function packedMontage({ kind, channels, windows, lengths }: Montage): PackedMontage {
  const units = channels.map(({ unit }) => unit ?? null);
  const [unit] = units;
  const isOne = units.every((each) => each === unit);
  const kinds = channels.map((channel) => channel.kind ?? null);
  return {
    ...(kind && { kind }),
    ...(windows !== undefined && { windows }),
    ...(lengths && { lengths }),
    channels: channels.map(({ name }) => name),
    ...(!(isOne && unit === null) && { units: isOne && typeof unit === 'string' ? unit : units }),
    ...(kinds.some((each) => each !== (kind ?? null)) && { kinds }),
  };
}
