/** From windows to vectors. */
import { type RecordingWindows, readWindows } from '../../data/index.ts';
import type { Engine, Step } from '../../engine/index.ts';
import { checkBatchShape, type Encoder, type SpotrConfig } from '../../model/index.ts';
import { CommandError } from '../errors.ts';
import { nearPaths } from '../text.ts';

/** One window: where it was, and its vector. */
export interface EmbeddedWindow {
  readonly recording: string;
  /** Seconds of stored signal before it. */
  readonly start: number;
  readonly channels: readonly string[];
  readonly values: Float32Array;
}

/** @throws ModelError for windows that the model cannot take. */
export function checkShapes(
  recordings: readonly Pick<RecordingWindows, 'shape'>[],
  config: SpotrConfig,
): void {
  for (const { shape } of recordings) checkBatchShape([1, shape[1], shape[2]], config);
}

/** Of a window where no other may take its place. */
export function notFinite({ recording, start, channels }: Omit<EmbeddedWindow, 'values'>): CommandError {
  return new CommandError(
    `The vector of ${recording} at ${Number(start.toFixed(3))} s (${channels.join(', ')}) is not finite: the values there are too large for the precision, or the weights are of no use.`,
  );
}

/** Takes batches of windows, [batch, channels, samples], through an encoder. */
export class BatchEncoder {
  readonly #step: Step;

  constructor(engine: Engine, encoder: Pick<Encoder, 'embed'>) {
    this.#step = engine.step('embed', (signal) => engine.noGrad(() => [encoder.embed(signal)]));
  }

  /** The vectors of the windows, one after the other; not finite where values are too large for the precision. */
  async encode(
    data: Float32Array<ArrayBuffer>,
    shape: readonly [batch: number, channels: number, samples: number],
  ): Promise<Float32Array> {
    const [values] = await this.#step.read({ data, shape });
    if (!values) throw new RangeError('The step "embed" gave no result.');
    return values;
  }

  close(): void {
    this.#step.destroy();
  }
}

/**
 * Every window of recordings that are cut already, in their order, with an encoder at hand.
 * @throws CommandError that names the first window whose vector is not finite.
 */
export async function embedWith(
  engine: Engine,
  encoder: Encoder,
  recordings: readonly RecordingWindows[],
  batchSize: number,
): Promise<EmbeddedWindow[]> {
  const batches = new BatchEncoder(engine, encoder);
  const windows: EmbeddedWindow[] = [];
  for (const recording of recordings) {
    const { name, labels, starts, shape } = recording;
    const [count, channels, samples] = shape;
    for (let first = 0; first < count; first += batchSize) {
      const batch = Math.min(batchSize, count - first);
      const data = await readWindows(recording, first, batch);
      const values = await batches.encode(data, [batch, channels, samples]);
      const dim = values.length / batch;
      for (let i = 0; i < batch; i++) {
        const window = {
          recording: nearPaths(name),
          start: starts[first + i] ?? 0,
          channels: labels,
          values: values.subarray(i * dim, (i + 1) * dim),
        };
        if (!window.values.every(Number.isFinite)) throw notFinite(window);
        windows.push(window);
      }
    }
  }
  batches.close();
  return windows;
}
