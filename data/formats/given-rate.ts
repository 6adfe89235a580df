/** The rate that a person gives for a recording whose file declares its own. */
import { SignalError } from '../errors.ts';
import type { Recording } from '../recording.ts';

/**
 * The recording at `given` Hz instead of the one rate that all of its channels have: the same samples, with marks and pauses
 * where they were among them, and a note that names both. Channels of several rates keep theirs, with a note.
 */
export function atGivenRate(recording: Recording, given: number | undefined): Recording {
  const rates = [...new Set(recording.channels.map(({ rate }) => rate))];
  const [own] = rates;
  if (given === undefined || own === undefined || rates.includes(given)) return recording;
  if (!(given > 0 && Number.isFinite(given)))
    throw new SignalError(`${recording.name}: cannot have a rate of ${given} Hz. Give a positive number.`);
  const noted = (note: string) => [...recording.notes, note];
  if (rates.length > 1) {
    const range = `${Math.min(...rates)} to ${Math.max(...rates)}`;
    const note = `its channels have rates of their own, ${range} Hz, which are used, and not the ${given} Hz given`;
    return { ...recording, notes: noted(note) };
  }
  // All times come from counts of samples.
  const scale = own / given;
  const { annotations, startOffset } = recording;
  return {
    ...recording,
    channels: recording.channels.map((channel) => ({ ...channel, rate: given })),
    gaps: recording.gaps.map(({ at, seconds }) => ({ at: at * scale, seconds: seconds * scale })),
    ...(startOffset !== undefined && { startOffset: startOffset * scale }),
    ...(annotations && {
      annotations: async () =>
        (await annotations()).map(({ onset, duration, ...mark }) => ({
          ...mark,
          onset: onset * scale,
          duration: duration * scale,
        })),
    }),
    notes: noted(`it declares ${own} Hz; the ${given} Hz given are used`),
  };
}
