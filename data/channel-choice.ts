/** Which channels of a recording go into its windows. */
import { isSignal, modalityOf } from './channels.ts';
import { UnfitRecording } from './errors.ts';
import type { ChannelInfo, Recording } from './recording.ts';

/** As many channels as the model has rows for in its position table. */
export const MAXIMUM_CHANNELS = 128;
/** Hz. Slower channels hold temperatures, saturations and the like, not waves. */
export const SLOWEST_RATE = 10;

export interface ChannelChoice {
  /** Indices into the recording's channels, all of one rate. */
  channels: number[];
  leftOut: { label: string; reason: string }[];
}

const PROBES = 16;

/**
 * The channels named by `wished` in that order, or else all signals of the recording's main rate, at most 128. The
 * main rate is the one with most channels, among those whose label names a known kind of signal if there are any.
 * Channels that never change are left out. Throws UnfitRecording where nothing is left or a label is not there.
 */
export async function chooseChannels(
  recording: Recording,
  wished?: readonly string[],
): Promise<ChannelChoice> {
  const leftOut: ChannelChoice['leftOut'] = [];
  const channels = wished ? byLabel(recording, wished) : byRate(recording, leftOut);
  const alive: number[] = [];
  const constant = await constantChannels(recording, channels);
  for (const index of channels) {
    const label = recording.channels[index]?.label ?? '';
    if (constant.has(index)) leftOut.push({ label, reason: 'never changes' });
    else if (alive.length >= MAXIMUM_CHANNELS)
      leftOut.push({ label, reason: `comes after the first ${MAXIMUM_CHANNELS}` });
    else alive.push(index);
  }
  if (alive.length > 0) return { channels: alive, leftOut };
  const why = leftOut.map(({ label, reason }) => `"${label}" ${reason}`).join(', ');
  throw new UnfitRecording(
    `${recording.name}: no channel is left to use: ${why}. Name the channels that you want.`,
  );
}

function byLabel({ name, channels }: Recording, wished: readonly string[]): number[] {
  return wished.map((label) => {
    const index = channels.findIndex((channel) => channel.label.toLowerCase() === label.trim().toLowerCase());
    if (index >= 0) return index;
    throw new UnfitRecording(
      `${name}: there is no channel "${label}"; it has ${channels.map((channel) => channel.label).join(', ')}.`,
    );
  });
}

function byRate({ channels }: Recording, leftOut: ChannelChoice['leftOut']): number[] {
  const usable = ({ label, rate }: ChannelInfo) => isSignal(label) && rate >= SLOWEST_RATE;
  const known = channels.filter((channel) => usable(channel) && modalityOf(channel.label) !== undefined);
  const votes = new Map<number, number>();
  for (const { rate } of known.length > 0 ? known : channels.filter(usable))
    votes.set(rate, (votes.get(rate) ?? 0) + 1);
  const mainRate = [...votes].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0];
  const chosen: number[] = [];
  channels.forEach(({ label, rate }, index) => {
    if (!isSignal(label)) leftOut.push({ label, reason: 'holds marks, not a signal' });
    else if (rate < SLOWEST_RATE) leftOut.push({ label, reason: `has ${rate} Hz only` });
    else if (rate !== mainRate) leftOut.push({ label, reason: `has ${rate} Hz, most others ${mainRate} Hz` });
    else chosen.push(index);
  });
  return chosen;
}

/** Channels with one and the same value in every one of a few short stretches over the whole recording. */
async function constantChannels(recording: Recording, channels: readonly number[]): Promise<Set<number>> {
  const first = recording.channels[channels[0] ?? -1];
  const constant = new Set(channels);
  if (!first) return constant;
  const probe = Math.min(first.length, Math.ceil(first.rate));
  const step = (first.length - probe) / (PROBES - 1);
  const values = new Map<number, number>();
  for (let i = 0; i < PROBES && constant.size > 0; i++) {
    const left = [...constant];
    const stretches = await recording.read(left, Math.floor(i * step), probe);
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
  return constant;
}
