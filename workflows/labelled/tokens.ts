/** The tokens of every window of a task. */
import { type RecordingWindows, readWindows } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Encoder } from '../../model/index.ts';
import { notFinite, TokenEncoder } from '../encode.ts';
import { SAY_NOTHING, type Say } from '../progress.ts';
import { type Columns, joined } from './columns.ts';
import type { Task } from './task.ts';

/** Of every window its one token, and the mean of its other tokens. */
export interface TokenColumns {
  readonly token: Columns;
  readonly others: Columns;
}

/**
 * Takes the windows of a task through an encoder, `batchSize` at a time: a row each, in the order of the task.
 * @throws ModelError that names the first window whose token is not finite.
 */
export async function tokensOf(
  engine: Engine,
  encoder: Pick<Encoder, 'encode' | 'dim'>,
  { recordings, places }: Pick<Task, 'recordings' | 'places'>,
  batchSize: number,
  say: Say = SAY_NOTHING,
  what = 'tokens',
): Promise<TokenColumns> {
  const batches = new TokenEncoder(engine, encoder);
  const token: Float32Array[] = [];
  const others: Float32Array[] = [];
  try {
    for (let first = 0; first < places.length; first = token.length) {
      await say(what, first, places.length);
      const { recording } = places[first] as Task['places'][number];
      const own = recordings[recording] as RecordingWindows;
      const [, channels, samples] = own.shape;
      let end = first;
      while (end < first + batchSize && places[end]?.recording === recording) end++;
      const data = new Float32Array((end - first) * channels * samples);
      for (let row = first; row < end; row++) {
        const { window } = places[row] as Task['places'][number];
        data.set(await readWindows(own, window, 1), (row - first) * channels * samples);
      }
      for (const [i, found] of (await batches.encode(data, [end - first, channels, samples])).entries()) {
        const { window } = places[first + i] as Task['places'][number];
        // Labels stay with their windows, so none can be left out here.
        if (![found.token, found.others].every((values) => values.every(Number.isFinite)))
          throw notFinite({ recording: own.name, start: own.starts[window] ?? 0, channels: own.labels });
        token.push(found.token);
        others.push(found.others);
      }
    }
  } finally {
    batches.dispose();
  }
  return { token: joined(token), others: joined(others) };
}
