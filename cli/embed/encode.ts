/** From windows to vectors. */
import { type RecordingWindows, readWindows } from '../../data/index.ts';
import { type Engine, openEngine } from '../../engine/index.ts';
import { checkBatchShape, type Encoder, loadEncoder, type SpotrConfig } from '../../model/index.ts';
import { nearPaths } from '../text.ts';
import type { EmbedValues } from './options.ts';
import type { EmbeddedWindow } from './tables.ts';
import type { FoundEncoder } from './weights.ts';

/** Every window of the recordings, in their order, through the encoder of a checkpoint. */
export async function embedAll(
  recordings: readonly RecordingWindows[],
  { config, tensors }: FoundEncoder,
  { adapter, batchSize, precision }: Pick<EmbedValues, 'adapter' | 'batchSize' | 'precision'>,
): Promise<EmbeddedWindow[]> {
  checkShapes(recordings, config);
  const engine = await openEngine(adapter === 'auto' ? {} : { adapter });
  try {
    const { encoder } = loadEncoder(engine, config, tensors, { precision });
    return await embedWith(engine, encoder, recordings, batchSize);
  } finally {
    engine.close();
  }
}

/** @throws ModelError for windows that the model cannot take. */
export function checkShapes(recordings: readonly RecordingWindows[], config: SpotrConfig): void {
  for (const { shape } of recordings) checkBatchShape([1, shape[1], shape[2]], config);
}

/** The same with an encoder at hand. */
export async function embedWith(
  engine: Engine,
  encoder: Encoder,
  recordings: readonly RecordingWindows[],
  batchSize: number,
): Promise<EmbeddedWindow[]> {
  const step = engine.step('embed', (signal) => engine.noGrad(() => [encoder.embed(signal)]));
  const windows: EmbeddedWindow[] = [];
  for (const recording of recordings) {
    const { name, labels, starts, shape } = recording;
    const [count, channels, samples] = shape;
    for (let first = 0; first < count; first += batchSize) {
      const batch = Math.min(batchSize, count - first);
      const data = await readWindows(recording, first, batch);
      const [tokens] = await step.run({ data, shape: [batch, channels, samples] });
      if (!tokens) throw new RangeError('The step "embed" gave no result.');
      const values = await engine.read(tokens);
      const dim = values.length / batch;
      for (let i = 0; i < batch; i++) {
        windows.push({
          recording: nearPaths(name),
          start: starts[first + i] ?? 0,
          channels: labels,
          values: values.subarray(i * dim, (i + 1) * dim),
        });
      }
    }
  }
  step.destroy();
  return windows;
}
