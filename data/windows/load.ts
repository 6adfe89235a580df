/** Windows of many recordings, within a budget of memory. */
import { SignalError, whyPassedOver } from '../errors.ts';
import type { Recording } from '../recording.ts';
import { cutWindows, DEFAULT_MAXIMUM_BYTES, type RecordingWindows } from './cut.ts';
import type { WindowOptions } from './options.ts';
import { type Dropped, nothingDropped, sumOfDropped, whyEmpty } from './stream.ts';

export interface LoadOptions extends WindowOptions {
  /** Seconds in a window of a recording, whatever it holds, where they differ from `seconds`. */
  secondsOf?: (recording: Recording) => number | undefined;
  /** Seconds from one window's start to the next in a recording, where they differ from `stride`. */
  strideOf?: (recording: Recording) => number | undefined;
  /** Seconds at which windows of a recording begin, instead of every stride. */
  startsOf?: (recording: Recording) => readonly number[];
  /** Labels of the channels to use of a recording, where they differ from `channels`. */
  channelsOf?: (recording: Recording) => readonly string[] | undefined;
  /** Called after each recording, for a line of progress. */
  onRecording?: (done: number, of: number, recording: Recording) => void;
}

export interface LoadedWindows {
  recordings: RecordingWindows[];
  /** Recordings that gave no window, and why. */
  skipped: { path: string; reason: string }[];
  /** All windows that were dropped, by reason. */
  dropped: Dropped;
}

/**
 * Cuts recordings into windows one after the other; `maximumBytes` holds for all of them together, and windows of a
 * recording that does not fit any more stay in its file. Recordings whose channels cannot be used, or none of whose
 * windows can, are listed in `skipped`. Throws a SignalError where the options make no sense, and where no recording
 * gives a window.
 */
export async function loadWindows(
  recordings: readonly Recording[],
  options: LoadOptions,
): Promise<LoadedWindows> {
  const loaded: LoadedWindows = {
    recordings: [],
    skipped: [],
    dropped: nothingDropped(),
  };
  let left = options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
  for (const [index, recording] of recordings.entries()) {
    const channels = options.channelsOf?.(recording) ?? options.channels;
    const stride = options.strideOf?.(recording) ?? options.stride;
    const result = await cutOrReason(recording, {
      ...options,
      ...(stride !== undefined && { stride }),
      seconds: options.secondsOf?.(recording) ?? options.seconds,
      maximumBytes: left,
      ...(channels && { channels }),
      ...(options.startsOf && { starts: options.startsOf(recording) }),
    });
    if (typeof result === 'string') loaded.skipped.push({ path: recording.name, reason: result });
    else {
      loaded.dropped = sumOfDropped([loaded.dropped, result.dropped]);
      if (result.shape[0] > 0) loaded.recordings.push(result);
      else
        loaded.skipped.push({
          path: recording.name,
          reason: whyEmpty({ ...result, samples: result.shape[2] }),
        });
      left -= result.signal?.byteLength ?? 0;
    }
    options.onRecording?.(index + 1, recordings.length, recording);
  }
  if (loaded.recordings.length > 0) return loaded;
  throw noWindows(recordings.length, loaded.skipped);
}

/** Of recordings that all lack windows: the reasons of the first few. */
export function noWindows(
  recordings: number,
  skipped: readonly { readonly path: string; readonly reason: string }[],
): SignalError {
  const examples = skipped.slice(0, 3).map(({ path, reason }) => `${path}: ${reason}`);
  if (recordings === 1) return new SignalError(examples.join());
  return new SignalError(
    `None of ${recordings} recordings gives a window. ${examples.map((each) => each.replace(/\.$/, '')).join('; ')}.`,
  );
}

/** A recording that is unfit or cannot be read is passed over; options that are wrong for every recording are not. */
async function cutOrReason(recording: Recording, options: WindowOptions): Promise<RecordingWindows | string> {
  try {
    return await cutWindows(recording, options);
  } catch (error) {
    const reason = whyPassedOver(error, recording.name);
    if (reason === undefined) throw error;
    return reason;
  }
}
