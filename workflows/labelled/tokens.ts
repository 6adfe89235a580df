/** The one token of every window of a task. */
import { type RecordingWindows, readWindows } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Encoder } from '../../model/index.ts';
import { BatchEncoder } from '../encode.ts';
import { type Columns, joined } from './baselines.ts';
import type { Task } from './task.ts';

/** Takes the windows of a task through an encoder, `batchSize` at a time: a row each, in the order of the task. */
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
      for (let i = 0; i < end - first; i++) rows.push(values.slice(i * dim, (i + 1) * dim));
    }
  } finally {
    batches.close();
  }
  return joined(rows);
}
