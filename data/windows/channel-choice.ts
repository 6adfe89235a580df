/** Which channels of a recording go into its windows. */
import { kindsOf } from '../channels/kinds-of.ts';
import { isAnotherSignal, MODALITY_NAMES, notOfKind, nounOf } from '../channels/wording.ts';
import { countsOrTimes, isVoltage } from '../counters.ts';
import { UnfitRecording } from '../errors.ts';
import { SLOWEST_RATE } from '../rate.ts';
import {
  CHANNEL_KINDS,
  type ChannelInfo,
  type ChannelKind,
  MODALITIES,
  type Modality,
  type Recording,
} from '../recording.ts';
import { conversionOf } from '../units.ts';
import { LEAST_CHANGE } from './checks.ts';

/** As many channels as the model has rows for in its position table. */
export const MAXIMUM_CHANNELS = 128;
/** Why a channel is left out that has not a single value. */
export const NO_NUMBERS = 'holds no numbers (all its samples are missing)';

export interface ChannelChoice {
  /** Indices into the recording's channels, all of one rate. */
  channels: number[];
  /** What they are: the recording's modality, unless a person named channels of another one. */
  modality: Modality | undefined;
  leftOut: { label: string; reason: string }[];
  /** What was taken though its name does not show what it is. */
  notes: string[];
}

const PROBES = 16;
const BLOCK_SECONDS = 60;

/**
 * The channels named by `wished` in that order, by their labels or by a kind ("ppg"), or else the signals of the
 * recording's modality: those that their names, units and the files beside them take for it. A name that shows nothing
 * is taken too, unless the recording holds signals of several kinds. At most 128, of the rate that most have. Channels
 * that never change, hold no numbers or are too slow are left out. Throws UnfitRecording where nothing is left or a label
 * is not there.
 */
export async function chooseChannels(
  recording: Recording,
  wished?: readonly string[],
): Promise<ChannelChoice> {
  const {
    channels,
    modality,
    leftOut,
    notes: said,
  } = wished ? byName(recording, wished) : byKind(recording, recording.modality);
  const alive: number[] = [];
  const sparse: number[] = [];
  const { constant, unseen } = await probe(recording, channels, modality);
  for (const index of channels) {
    const label = recording.channels[index]?.label ?? '';
    if (constant.has(index)) leftOut.push({ label, reason: 'never changes' });
    else if (unseen.has(index) && (await isEmpty(recording, index)))
      leftOut.push({ label, reason: NO_NUMBERS });
    else if (unseen.has(index)) sparse.push(index);
    else if (alive.length >= MAXIMUM_CHANNELS)
      leftOut.push({ label, reason: `comes after the first ${MAXIMUM_CHANNELS}` });
    else alive.push(index);
  }
  if (!wished) await leaveOutCounters(recording, alive, modality, leftOut);
  if (alive.length === 0) alive.push(...sparse.splice(0, MAXIMUM_CHANNELS));
  // Beside channels that are there, one that hardly ever is would cost nearly every window.
  for (const index of sparse)
    leftOut.push({ label: recording.channels[index]?.label ?? '', reason: 'is missing nearly everywhere' });
  // What was taken for something and then left out after all is not used.
  const notes = said.filter(({ channel }) => alive.includes(channel)).map(({ text }) => text);
  if (alive.length > 0) return { channels: alive, modality, leftOut, notes };
  const why = leftOut.map(({ label, reason }) => `"${label}" ${reason}`).join(', ');
  const fix = recording.channels.length > (wished?.length ?? 1) ? FIXES[wished ? 'wished' : 'chosen'] : '';
  throw new UnfitRecording(recording.name, `no channel is left to use: ${why}.${fix}`);
}

const FIXES = {
  wished: ' Name other channels.',
  chosen: ' Channels that are named are used whatever they are.',
};

const isModality = (kind: ChannelKind | undefined): kind is Modality =>
  MODALITIES.some((modality) => modality === kind);

/** A choice before any sample was looked at. */
interface Candidates extends Omit<ChannelChoice, 'notes'> {
  notes: { channel: number; text: string }[];
}

/** The channels that a person named. All of another modality, they make the recording one of that. */
function byName(recording: Recording, wished: readonly string[]): Candidates {
  const { name, channels } = recording;
  const { kinds, modality: own } = kindsOf(channels, recording.modality);
  const leftOut: ChannelChoice['leftOut'] = [];
  const taken = new Set<number>();
  const chosen = wished.flatMap((label) => {
    const named = (channel: ChannelInfo) => channel.label.toLowerCase() === label.trim().toLowerCase();
    // A label that stands there twice means the two channels that are called so.
    const free = channels.findIndex((channel, i) => named(channel) && !taken.has(i));
    const index = free >= 0 ? free : channels.findIndex(named);
    const channel = channels[index];
    if (!channel) {
      const alike = ofNamedKind(recording, label.trim().toLowerCase());
      leftOut.push(...alike.leftOut);
      return alike.channels;
    }
    taken.add(index);
    if (channel.rate >= SLOWEST_RATE) return [index];
    leftOut.push({ label: channel.label, reason: tooSlow(channel.rate) });
    return [];
  });
  const [only, ...others] = new Set(chosen.map((index) => kinds[index]));
  const modality = others.length === 0 && isModality(only) ? only : own;
  const notes = chosen.flatMap((index) => {
    const kind = kinds[index];
    return kind === undefined || kind === modality
      ? []
      : [
          {
            channel: index,
            text: `"${channels[index]?.label}" is ${nounOf(kind)} and used because it was named`,
          },
        ];
  });
  if (chosen.length === 0 && leftOut.length === 0)
    throw new UnfitRecording(name, 'no channel was named to be used.');
  return { channels: chosen, modality, leftOut, notes };
}

/** "ppg" where no channel is called so: all that are one. */
function ofNamedKind(recording: Recording, wish: string): Pick<ChannelChoice, 'channels' | 'leftOut'> {
  const { name, channels } = recording;
  const kind = CHANNEL_KINDS.find((each) => each === wish);
  const { kinds } = kindsOf(channels, isModality(kind) ? kind : recording.modality);
  if (kind !== undefined && kinds.includes(kind)) {
    const reasons: Reasons = new Map();
    const chosen = ofMainRate(channels, (index) => kinds[index] === kind, reasons);
    return { channels: chosen, leftOut: inOrder(channels, reasons) };
  }
  const known = channels.map(({ label }) => label).join(', ');
  throw new UnfitRecording(name, `there is no channel "${wish}"; it has ${known}.`);
}

function tooSlow(rate: number): string {
  return `is too slow: it has ${Number(rate.toPrecision(4))} Hz only, and waves need ${SLOWEST_RATE} Hz or more`;
}

const KIND_UNKNOWN =
  'has a name that shows no kind, beside signals of several kinds; it is used where it is named';

const calledLike = (kind: ChannelKind): string =>
  `is called as ${nounOf(kind)} may be; it is used where it is named`;

/** The channels that are used where a person names none, before any sample is looked at, and why others are not. */
export function channelsByKind(recording: Recording): Omit<ChannelChoice, 'notes'> {
  return byKind(recording, recording.modality);
}

/**
 * What the channels of recordings are that `chooseChannels` takes, by the headers alone: each kind once, undefined where they
 * do not say it. A recording without the channels that are wished of it has none.
 */
export function kindsOfChosen(
  recordings: readonly Recording[],
  wishedOf: (recording: Recording) => readonly string[] | undefined,
): Set<Modality | undefined> {
  const kinds = new Set<Modality | undefined>();
  for (const recording of recordings) {
    const wished = wishedOf(recording);
    try {
      kinds.add((wished ? byName(recording, wished) : byKind(recording, recording.modality)).modality);
    } catch (error) {
      if (!(error instanceof UnfitRecording)) throw error;
    }
  }
  return kinds;
}

function byKind({ channels }: Recording, given: Modality | undefined): Candidates {
  const { kinds, mayBe, modality } = kindsOf(channels, given);
  const reasons: Reasons = new Map();
  const isOwn = (index: number) => kinds[index] !== undefined && kinds[index] === modality;
  const usable = ({ bad, rate }: ChannelInfo) => !bad && rate >= SLOWEST_RATE;
  const hasOwn = channels.some((channel, index) => isOwn(index) && usable(channel));
  // Waves of one of the modalities are only left out for that where there is another one.
  const isOther = (kind: ChannelKind | undefined): kind is ChannelKind =>
    kind !== undefined && kind !== modality && !(modality === undefined && isModality(kind));
  const isMixed = kinds.some((kind) => isOther(kind) && isAnotherSignal(kind));
  const candidates = new Set<number>();
  for (const [index, kind] of kinds.entries()) {
    if (isOther(kind)) reasons.set(index, notOfKind(kind, modality));
    else if (kind === undefined && hasOwn && mayBe[index]) reasons.set(index, calledLike(mayBe[index]));
    else if (kind === undefined && hasOwn && isMixed) reasons.set(index, KIND_UNKNOWN);
    else candidates.add(index);
  }
  const main = hasOwn ? isOwn : (index: number) => candidates.has(index);
  const chosen = ofMainRate(channels, (index) => candidates.has(index), reasons, main);
  const notes = chosen.flatMap((index) =>
    hasOwn && !isOwn(index) && modality
      ? [
          {
            channel: index,
            text: `the name of "${channels[index]?.label}" shows no kind; it is taken for ${MODALITY_NAMES[modality]} like the others`,
          },
        ]
      : [],
  );
  return { channels: chosen, modality, leftOut: inOrder(channels, reasons), notes };
}

/** Why channels are left out, by their index. */
type Reasons = Map<number, string>;

function inOrder(channels: readonly ChannelInfo[], reasons: Reasons): ChannelChoice['leftOut'] {
  return channels.flatMap(({ label }, index) => {
    const reason = reasons.get(index);
    return reason === undefined ? [] : [{ label, reason }];
  });
}

/** Of some channels those of the rate that most of `main` have; why others are not among them goes to `reasons`. */
function ofMainRate(
  channels: readonly ChannelInfo[],
  isAmong: (index: number) => boolean,
  reasons: Reasons,
  isMain: (index: number) => boolean = isAmong,
): number[] {
  const votes = new Map<number, number>();
  channels.forEach(({ rate, bad }, index) => {
    if (isMain(index) && !bad && rate >= SLOWEST_RATE) votes.set(rate, (votes.get(rate) ?? 0) + 1);
  });
  const mainRate = [...votes].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0];
  return channels.flatMap(({ rate, bad }, index) => {
    if (!isAmong(index)) return [];
    if (!bad && rate === mainRate) return [index];
    const slow = rate < SLOWEST_RATE;
    reasons.set(index, bad ?? (slow ? tooSlow(rate) : `has ${rate} Hz, most others ${mainRate} Hz`));
    return [];
  });
}

/** Channels with one and the same value, or so nearly that no recorder could distinguish, and channels without any, in all of a few short stretches of the recording. */
async function probe(
  recording: Recording,
  channels: readonly number[],
  modality: Modality | undefined,
): Promise<{ constant: Set<number>; unseen: Set<number> }> {
  const first = recording.channels[channels[0] ?? -1];
  const constant = new Set(channels);
  if (!first) return { constant, unseen: new Set() };
  const length = Math.min(first.length, Math.ceil(first.rate));
  const step = (first.length - length) / (PROBES - 1);
  const least = new Map(
    channels.map((index) => {
      const factor = conversionOf(recording.channels[index] as ChannelInfo, modality)?.factor ?? 1;
      return [index, LEAST_CHANGE / factor];
    }),
  );
  const values = new Map<number, number>();
  for (let i = 0; i < PROBES && constant.size > 0; i++) {
    const left = [...constant];
    const stretches = await recording.read(left, Math.floor(i * step), length);
    left.forEach((index, k) => {
      for (const value of stretches[k] as Float64Array) {
        if (Number.isNaN(value)) continue;
        const known = values.get(index);
        if (known === undefined) values.set(index, value);
        else if (Math.abs(value - known) >= (least.get(index) ?? 0)) {
          constant.delete(index);
          return;
        }
      }
    });
  }
  const unseen = new Set([...constant].filter((index) => !values.has(index)));
  for (const index of unseen) constant.delete(index);
  return { constant, unseen };
}

/** Samples of a channel whose values are looked at. */
const LOOKED_AT = 4096;

/** Of the chosen channels those whose names show no kind and whose values are a counter's or times, in any format. */
async function leaveOutCounters(
  recording: Recording,
  chosen: number[],
  given: Modality | undefined,
  leftOut: ChannelChoice['leftOut'],
): Promise<void> {
  const { channels } = recording;
  const { kinds } = kindsOf(channels, given);
  for (const index of [...chosen]) {
    const { label, length, unit } = channels[index] as ChannelInfo;
    if (kinds[index] !== undefined || isVoltage(unit)) continue;
    const [values] = await recording.read([index], 0, Math.min(length, LOOKED_AT));
    const reason = values && countsOrTimes(values);
    if (reason === undefined) continue;
    leftOut.push({ label, reason });
    chosen.splice(chosen.indexOf(index), 1);
  }
}

async function isEmpty(recording: Recording, index: number): Promise<boolean> {
  const { length, rate } = recording.channels[index] as ChannelInfo;
  const block = Math.ceil(BLOCK_SECONDS * rate);
  for (let start = 0; start < length; start += block) {
    const [values] = await recording.read([index], start, Math.min(block, length - start));
    if (values?.some((value) => !Number.isNaN(value))) return false;
  }
  return true;
}
