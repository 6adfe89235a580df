/** What requests for samples mean. Kinds of channels are in `channels/`. */
import { SignalError } from './errors.ts';
import type { ChannelInfo } from './recording.ts';

export { modalityOf, modalityOfAll } from './channels/kinds-of.ts';

/** Checks the arguments of `Recording.read`, for every reader alike. Returns the channels asked for. */
export function requireRange(
  name: string,
  channels: readonly ChannelInfo[],
  asked: readonly number[],
  start: number,
  count: number,
): ChannelInfo[] {
  const infos = asked.map((index) => {
    const info = channels[index];
    if (info) return info;
    throw new SignalError(`${name}: there is no channel ${index}; ask for 0 to ${channels.length - 1}.`);
  });
  for (const { label, rate, length } of infos) {
    if (rate !== infos[0]?.rate) {
      throw new SignalError(
        `${name}: channels "${infos[0]?.label}" (${infos[0]?.rate} Hz) and "${label}" (${rate} Hz) cannot be read together; read each rate by itself.`,
      );
    }
    if (
      !Number.isInteger(start) ||
      !Number.isInteger(count) ||
      start < 0 ||
      count < 0 ||
      start + count > length
    ) {
      throw new SignalError(
        `${name}: samples ${start} to ${start + count} of "${label}" were asked for, but it has samples 0 to ${length}.`,
      );
    }
  }
  return infos;
}
