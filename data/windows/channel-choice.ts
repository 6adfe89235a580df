/** Which channels of a recording go into its windows. */
import { isSignal, modalityOf } from '../channels.ts';
import { UnfitRecording } from '../errors.ts';
import { SLOWEST_RATE } from '../rate.ts';
import type { ChannelInfo, Recording } from '../recording.ts';

/** As many channels as the model has rows for in its position table. */
export const MAXIMUM_CHANNELS = 128;
/** Why a channel is left out that has not a single value. */
export const NO_NUMBERS = 'holds no numbers (all its samples are missing)';

export interface ChannelChoice {
  /** Indices into the recording's channels, all of one rate. */
  channels: number[];
  leftOut: { label: string; reason: string }[];
}

const PROBES = 16;
const BLOCK_SECONDS = 60;

/**
 * The channels named by `wished` in that order, or else all signals of the recording's main rate, at most 128. The
 * main rate is the one with most channels, among those whose label names a known kind of signal if there are any.
 * Channels that never change, hold no numbers or are too slow are left out. Throws UnfitRecording where nothing is left or a label is not there.
 */
export async function chooseChannels(
  recording: Recording,
  wished?: readonly string[],
): Promise<ChannelChoice> {
  const leftOut: ChannelChoice['leftOut'] = [];
  const channels = wished ? byLabel(recording, wished, leftOut) : byRate(recording, leftOut);
  const alive: number[] = [];
  const sparse: number[] = [];
  const { constant, unseen } = await probe(recording, channels);
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
  if (alive.length === 0) alive.push(...sparse.splice(0, MAXIMUM_CHANNELS));
  // Beside channels that are there, one that hardly ever is would cost nearly every window.
  for (const index of sparse)
    leftOut.push({ label: recording.channels[index]?.label ?? '', reason: 'is missing nearly everywhere' });
  if (alive.length > 0) return { channels: alive, leftOut };
  const why = leftOut.map(({ label, reason }) => `"${label}" ${reason}`).join(', ');
  const fix = wished && recording.channels.length > wished.length ? ' Name other channels.' : '';
  throw new UnfitRecording(recording.name, `no channel is left to use: ${why}.${fix}`);
}

function byLabel(
  { name, channels }: Recording,
  wished: readonly string[],
  leftOut: ChannelChoice['leftOut'],
): number[] {
  const taken = new Set<number>();
  return wished.flatMap((label) => {
    const named = (channel: ChannelInfo) => channel.label.toLowerCase() === label.trim().toLowerCase();
    // A label that stands there twice means the two channels that are called so.
    const free = channels.findIndex((channel, i) => named(channel) && !taken.has(i));
    const index = free >= 0 ? free : channels.findIndex(named);
    taken.add(index);
    const channel = channels[index];
    if (!channel) {
      const known = channels.map((other) => other.label).join(', ');
      throw new UnfitRecording(name, `there is no channel "${label}"; it has ${known}.`);
    }
    if (channel.rate >= SLOWEST_RATE) return [index];
    leftOut.push({ label: channel.label, reason: tooSlow(channel.rate) });
    return [];
  });
}

function tooSlow(rate: number): string {
  return `is too slow: it has ${Number(rate.toPrecision(4))} Hz only, and waves need ${SLOWEST_RATE} Hz or more`;
}

function byRate({ channels }: Recording, leftOut: ChannelChoice['leftOut']): number[] {
  const isWave = ({ label, kind }: ChannelInfo) => (kind ? kind !== 'other' : isSignal(label));
  const usable = (channel: ChannelInfo) => isWave(channel) && !channel.bad && channel.rate >= SLOWEST_RATE;
  const known = channels.filter(
    (channel) => usable(channel) && (channel.kind ?? modalityOf(channel.label)) !== undefined,
  );
  const votes = new Map<number, number>();
  for (const { rate } of known.length > 0 ? known : channels.filter(usable))
    votes.set(rate, (votes.get(rate) ?? 0) + 1);
  const mainRate = [...votes].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0];
  const chosen: number[] = [];
  channels.forEach((channel, index) => {
    const { label, rate, bad } = channel;
    if (!isWave(channel)) leftOut.push({ label, reason: notAWave(channel) });
    else if (bad) leftOut.push({ label, reason: bad });
    else if (rate < SLOWEST_RATE) leftOut.push({ label, reason: tooSlow(rate) });
    else if (rate !== mainRate) leftOut.push({ label, reason: `has ${rate} Hz, most others ${mainRate} Hz` });
    else chosen.push(index);
  });
  return chosen;
}

function notAWave({ kind }: ChannelInfo): string {
  return kind === 'other' ? 'is of another kind, as a file beside it says' : 'holds marks, not a signal';
}

/** Channels with one and the same value, and channels without any, in all of a few short stretches of the recording. */
async function probe(
  recording: Recording,
  channels: readonly number[],
): Promise<{ constant: Set<number>; unseen: Set<number> }> {
  const first = recording.channels[channels[0] ?? -1];
  const constant = new Set(channels);
  if (!first) return { constant, unseen: new Set() };
  const length = Math.min(first.length, Math.ceil(first.rate));
  const step = (first.length - length) / (PROBES - 1);
  const values = new Map<number, number>();
  for (let i = 0; i < PROBES && constant.size > 0; i++) {
    const left = [...constant];
    const stretches = await recording.read(left, Math.floor(i * step), length);
    left.forEach((index, k) => {
      for (const value of stretches[k] as Float64Array) {
        if (Number.isNaN(value)) continue;
        const known = values.get(index);
        if (known === undefined) values.set(index, value);
        else if (known !== value) {
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

async function isEmpty(recording: Recording, index: number): Promise<boolean> {
  const { length, rate } = recording.channels[index] as ChannelInfo;
  const block = Math.ceil(BLOCK_SECONDS * rate);
  for (let start = 0; start < length; start += block) {
    const [values] = await recording.read([index], start, Math.min(block, length - start));
    if (values?.some((value) => !Number.isNaN(value))) return false;
  }
  return true;
}
