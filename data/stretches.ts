import type { ChannelInfo, Recording } from './recording.ts';
import { dropBeyond, LARGEST_VALUE } from './windows/checks.ts';

/** Enough to see what a recording is like, however long it is. */
const [STRETCHES, SECONDS] = [4, 12];

/**
 * A few stretches from all over a recording, of all of some channels of one rate; the whole of a short one. Samples that no
 * converter delivers are missing in them.
 */
export async function readStretches(
  recording: Recording,
  channels: readonly number[],
): Promise<Float64Array[]> {
  const { rate, length } = recording.channels[channels[0] ?? -1] as ChannelInfo;
  const count = Math.min(length, Math.round(SECONDS * rate));
  const stretches = Math.max(1, Math.min(STRETCHES, Math.floor(length / Math.max(1, count))));
  const read: Float64Array[] = [];
  for (let i = 0; i < stretches; i++) {
    const start = stretches === 1 ? 0 : Math.floor(((length - count) * i) / (stretches - 1));
    read.push(...(await recording.read(channels, start, count)));
  }
  for (const stretch of read) dropBeyond(stretch, LARGEST_VALUE);
  return read;
}
