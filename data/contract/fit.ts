/** How the channels of a recording go with those that a model was trained on, and which of them takes which place. */
import { foldedName } from '../channels/folded-name.ts';
import type { Modality } from '../recording.ts';
import type { ChannelContract, Montage, TrainedChannel } from './contract.ts';

export interface ChannelFit {
  /** Of all trained montages the one that fits best. */
  readonly montage: Montage;
  /** Whether the recording is of a kind that was trained; true where it does not say its own, or none that was trained is known. */
  readonly isTrainedKind: boolean;
  /** The channel at each place: an index into the channels that were given. */
  readonly order: readonly number[];
  /** Whether the recording says what it holds; where not, its names alone were compared. */
  readonly isKindKnown: boolean;
  /** Whether the channels were put into another order. */
  readonly isReordered: boolean;
  /** Of each place the trained channel whose place it is; undefined where the montage has fewer. */
  readonly rows: readonly {
    readonly name: string;
    readonly of: string | undefined;
    readonly isOwn: boolean;
  }[];
  /** Trained channels that are not there. */
  readonly missing: readonly string[];
  /** Channels that are none of those trained. */
  readonly extra: readonly string[];
  /** Channels whose unit is not the one of training. */
  readonly otherUnits: readonly string[];
}

export interface FitOptions {
  /** What the recording holds. */
  readonly kind?: Modality | undefined;
  /** Whether somebody named the channels: then they stay in that order. */
  readonly isOrdered?: boolean;
}

/**
 * Each channel that was trained takes its own place, as far as there are as many channels; the others fill the places that are
 * left, in their order. So the channels of training come in its order, and one that is missing shifts none of those before
 * it and, where another fills its place, none at all.
 *
 * Of several montages the best is that of the recording's kind, then that with most names in common, then that with fewest
 * missing and extra, then that of most windows in training.
 */
export function fitChannels(
  contract: ChannelContract,
  channels: readonly TrainedChannel[],
  { kind, isOrdered = false }: FitOptions = {},
): ChannelFit | undefined {
  const isAlike = (montage: Montage) => !kind || !montage.kind || montage.kind === kind;
  const [best] = contract.montages
    .map((montage) => {
      const own = matched(montage, channels);
      const common = own.filter((place) => place !== undefined).length;
      const odd = montage.channels.length + channels.length - 2 * common;
      return { montage, own, common, odd, alike: isAlike(montage) ? 1 : 0 };
    })
    .sort((a, b) => b.alike - a.alike || b.common - a.common || a.odd - b.odd);
  if (!best) return undefined;
  const { montage, own } = best;
  const { order, isReordered } = isOrdered
    ? { order: channels.map((_, i) => i), isReordered: false }
    : placed(own);
  const there = new Set(own);
  return {
    montage,
    isTrainedKind: isTrainedKind(contract, kind),
    isKindKnown: kind !== undefined,
    order,
    isReordered,
    rows: order.map((index, place) => ({
      name: channels[index]?.name ?? '',
      of: montage.channels[place]?.name,
      isOwn: own[index] === place,
    })),
    missing: montage.channels.filter((_, place) => !there.has(place)).map(({ name }) => name),
    extra: channels.filter((_, index) => own[index] === undefined).map(({ name }) => name),
    otherUnits: channels
      .filter(({ unit }, index) => {
        const trained = montage.channels[own[index] ?? -1]?.unit;
        return unit && trained && unit !== trained;
      })
      .map(({ name }) => name),
  };
}

export function isTrainedKind({ kinds }: ChannelContract, kind: Modality | undefined): boolean {
  // Signals that nobody named may be of this kind; beside kinds that were named they are no leave for every other.
  return kind === undefined || kinds.includes(kind) || kinds.every((one) => one === 'unknown');
}

/** Of each channel its place in a montage, by the name as it is spelled, else as it is folded; the n-th of a name is the n-th. */
function matched(montage: Montage, channels: readonly TrainedChannel[]): (number | undefined)[] {
  const own = new Array<number | undefined>(channels.length).fill(undefined);
  const folded = ({ name, kind }: TrainedChannel) => foldedName(name, (kind ?? montage.kind) === 'eeg');
  for (const spelling of [({ name }: TrainedChannel) => name, folded]) {
    const taken = new Set(own);
    const free = new Map<string, number[]>();
    for (const [place, channel] of montage.channels.entries()) {
      if (taken.has(place)) continue;
      const name = spelling(channel);
      const places = free.get(name) ?? [];
      places.push(place);
      free.set(name, places);
    }
    for (const [index, channel] of channels.entries())
      if (own[index] === undefined) own[index] = free.get(spelling(channel))?.shift();
  }
  return own;
}

function placed(own: readonly (number | undefined)[]): Pick<ChannelFit, 'order' | 'isReordered'> {
  const order = new Array<number | undefined>(own.length).fill(undefined);
  for (const [index, place] of own.entries())
    if (place !== undefined && place < own.length) order[place] = index;
  const others = own.flatMap((place, index) => (place === undefined || place >= own.length ? [index] : []));
  const filled = order.map((index) => index ?? (others.shift() as number));
  return { order: filled, isReordered: filled.some((index, place) => index !== place) };
}
