/** From recordings to batches of windows, one recording after the other, in the same memory however much there is. */
import {
  nothingDropped,
  type Recording,
  SignalError,
  type WindowOptions,
  WindowStream,
  whyPassedOver,
} from '../../../data/index.ts';
import { channelUse } from '../../../workflows/channel-contract.ts';
import type { Outcome, Place } from './journal.ts';

export interface WindowBatch {
  /** [batch, channels, samples], row-major; a batch may be empty, where recordings end without a window. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [batch: number, channels: number, samples: number];
  /** Seconds of stored signal before each window. */
  readonly starts: readonly number[];
  /** Of recordings whose last window is in this batch or was in one before. */
  readonly outcomes: readonly Outcome[];
  /** Where the batch after this one begins, whoever cuts it. */
  readonly next: Place;
}

type OptionsOf = (recording: Recording) => WindowOptions;

/** Windows of one shape that are not a whole batch yet. */
interface Begun {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [channels: number, samples: number];
  readonly starts: number[];
}

/**
 * Batches of up to `size` windows from a place on. Short recordings share one where their channels are as many
 * and their windows as long. Where a batch
 * ends depends on where it begins only: who goes on at the `next` of a batch gets those that were to come.
 */
export async function* batchesOf(
  recordings: readonly Recording[],
  from: Place,
  size: number,
  optionsOf: OptionsOf,
): AsyncGenerator<WindowBatch> {
  let begun: Begun | undefined;
  let outcomes: Outcome[] = [];
  const end = (next: Place): WindowBatch => {
    const { data = new Float32Array(0), shape = [0, 0], starts = [] } = begun ?? {};
    const [channels, samples] = shape;
    const batch = {
      data: data.subarray(0, starts.length * channels * samples),
      shape: [starts.length, channels, samples] as const,
      ...{ starts, outcomes, next },
    };
    begun = undefined;
    outcomes = [];
    return batch;
  };
  for (let place = from.recording; place < recordings.length; place++) {
    const recording = recordings[place] as Recording;
    const stream = await openOrOutcome(recording, optionsOf(recording));
    if (!(stream instanceof WindowStream)) {
      outcomes.push(stream);
      continue;
    }
    const skipped = place === from.recording ? from.window : 0;
    const [channels, samples] = stream.shape;
    let window = 0;
    let unread: string | undefined;
    try {
      for await (const { start, copy } of stream.windows()) {
        window++;
        if (window <= skipped) continue;
        if (begun && (begun.shape[0] !== channels || begun.shape[1] !== samples))
          yield end({ recording: place, window: window - 1 });
        begun ??= { data: new Float32Array(size * channels * samples), shape: stream.shape, starts: [] };
        copy(begun.data, begun.starts.length * channels * samples);
        begun.starts.push(start);
        if (begun.starts.length === size) yield end({ recording: place, window });
      }
    } catch (error) {
      unread = whyPassedOver(error, recording.name);
      if (unread === undefined) throw error;
    }
    outcomes.push({
      ...outcomeOf(stream, window, optionsOf(recording)),
      ...(unread !== undefined && { reason: unread }),
    });
  }
  if (begun || outcomes.length > 0) yield end({ recording: recordings.length, window: 0 });
}

async function openOrOutcome(recording: Recording, options: WindowOptions): Promise<WindowStream | Outcome> {
  try {
    return await WindowStream.open(recording, options);
  } catch (error) {
    const reason = whyPassedOver(error, recording.name);
    if (reason === undefined) throw error;
    return { windows: 0, channels: [], dropped: nothingDropped(), leftOut: [], reason };
  }
}

function outcomeOf(stream: WindowStream, windows: number, { trained }: WindowOptions): Outcome {
  const { labels: channels, dropped } = stream;
  const { leftOut } = stream.cutter;
  const { modality, fit } = stream.cutter;
  const { remarks } = stream;
  return {
    ...{ windows, channels, dropped, leftOut },
    ...(modality && modality !== stream.recording.modality && { modality }),
    ...(trained && fit && windows > 0 && { use: channelUse(fit, trained.contract) }),
    ...(windows === 0 && { reason: stream.whyEmpty }),
    ...(remarks.length > 0 && { remarks }),
  };
}

/**
 * Files that were named themselves must give a window.
 * @throws SignalError for the first that gives none, and why.
 */
export async function requireWindows(recordings: readonly Recording[], optionsOf: OptionsOf): Promise<void> {
  for (const recording of recordings) {
    const stream = await openOrOutcome(recording, optionsOf(recording));
    if (!(stream instanceof WindowStream)) throw new SignalError(`${recording.name}: ${stream.reason}`);
    const first = await stream.windows().next();
    if (first.done) throw new SignalError(`${recording.name}: ${stream.whyEmpty}`);
  }
}

/** Each batch is begun while the one before is in use. */
export async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  // In a turn of its own, so that whoever uses the batch before begins first.
  const begin = () => {
    const next = new Promise((resolve) => setTimeout(resolve, 0)).then(() => items.next());
    // A failure is reported when it is its turn.
    next.catch(() => {});
    return next;
  };
  let next = begin();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = begin();
      yield value;
    }
  } finally {
    await items.return(undefined);
  }
}
