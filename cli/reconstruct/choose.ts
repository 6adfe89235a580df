/** Which windows are drawn, and why these. */
import { MODEL_RATE, type RecordingWindows } from '../../data/index.ts';
import { CommandError, UsageError } from '../common/errors.ts';
import { nearPaths, plural } from '../common/text.ts';
import type { WindowError } from './errors.ts';
import type { Place } from './render.ts';

export interface ChosenWindow extends WindowError {
  /** Why it is drawn, in a few words. */
  readonly why: string;
}

/** The window of median error, the best, the worst, then such as lie between these at equal distances in rank. */
export function chooseByError(windows: readonly WindowError[], count: number): ChosenWindow[] {
  const ranked = [...windows].sort((a, b) => a.normalizedError - b.normalizedError);
  const last = ranked.length - 1;
  const between = Math.max(0, count - 3);
  const ranks = [
    Math.floor(last / 2),
    0,
    last,
    ...Array.from({ length: between }, (_, i) => Math.round(((i + 1) * last) / (between + 1))),
  ].slice(0, count);
  return [...new Set(ranks)].map((rank) => ({
    ...(ranked[rank] as WindowError),
    why: reason(rank, windows.length),
  }));
}

function reason(rank: number, count: number): string {
  if (count === 1) return 'the only window';
  const of = `of ${plural(count, 'window')}`;
  if (rank === Math.floor((count - 1) / 2)) return `median error ${of}`;
  if (rank === 0) return `the least error ${of}`;
  if (rank === count - 1) return `the largest error ${of}`;
  return `number ${rank + 1} by error ${of}`;
}

/**
 * The window at a place of the only recording, that in whose middle the place is most.
 * @throws UsageError where there are several recordings, CommandError where no window is there.
 */
export function placeAt(recordings: readonly RecordingWindows[], seconds: number): Place {
  const [recording] = recordings;
  if (!recording || recordings.length > 1)
    throw new UsageError(
      `--at is a place in one recording, but there are ${recordings.length}; name one of them.`,
    );
  const length = recording.shape[2] / MODEL_RATE;
  const distances = recording.starts.map((start) => Math.abs(start + length / 2 - seconds));
  const window = distances.indexOf(distances.reduce((a, b) => Math.min(a, b)));
  const start = recording.starts[window] as number;
  if (seconds >= start && seconds < start + length) return { recording, window };
  throw new CommandError(
    `${nearPaths(recording.name)}: there is no usable window at ${seconds} s; the nearest starts at ${start} s.`,
  );
}
