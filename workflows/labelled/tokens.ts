/** The one token of every window of a task. */
import { type RecordingWindows, readWindows } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Encoder } from '../../model/index.ts';
import { BatchEncoder, notFinite } from '../encode.ts';
import { type Columns, joined } from './baselines.ts';
import type { Task } from './task.ts';

/**
 * Takes the windows of a task through an encoder, `batchSize` at a time: a row each, in the order of the task.
 * @throws ModelError that names the first window whose token is not finite.
 */
export async function tokensOf(
  engine: Engine,
  encoder: Encoder,
  { recordings, places }: Pick<Task, 'recordings' | 'places'>,
  batchSize: number,
): Promise<Columns> {
  const batches = new BatchEncoder(engine, encoder);
  const rows: Float32Array[] = [];
  try {
    for (let first = 0; first < places.length; first = rows.length) {
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
      const values = await batches.encode(data, [end - first, channels, samples]);
      const dim = values.length / (end - first);
      for (let row = first; row < end; row++) {
        const token = values.slice((row - first) * dim, (row - first + 1) * dim);
        const { window } = places[row] as Task['places'][number];
        // Labels stay with their windows, so none can be left out here.
        if (!token.every(Number.isFinite))
          throw notFinite({ recording: own.name, start: own.starts[window] ?? 0, channels: own.labels });
        rows.push(token);
      }
    }
  } finally {
    batches.close();
  }
  return joined(rows);
}
