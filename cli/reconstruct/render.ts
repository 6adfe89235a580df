/** From windows of recordings to their reconstructions. */
import { type RecordingWindows, readWindows } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Spotr } from '../../model/index.ts';
import { type Reconstruction, Reconstructor } from '../../workflows/reconstruct.ts';
import { CommandError } from '../common/errors.ts';
import { nearPaths } from '../common/text.ts';

export interface Place {
  readonly recording: RecordingWindows;
  readonly window: number;
}

export interface RenderedWindow extends Place, Reconstruction {}

/** A model that renders windows. */
export class WindowRenderer {
  readonly #reconstructor: Reconstructor;

  constructor(engine: Engine, model: Spotr) {
    this.#reconstructor = new Reconstructor(engine, model);
  }

  /** Every window of the recordings, in their order, `batchSize` at a time. */
  async *all(recordings: readonly RecordingWindows[], batchSize: number): AsyncGenerator<RenderedWindow> {
    for (const recording of recordings) {
      const [count] = recording.shape;
      for (let first = 0; first < count; first += batchSize)
        yield* await this.#render(recording, first, Math.min(batchSize, count - first));
    }
  }

  async one({ recording, window }: Place): Promise<RenderedWindow> {
    const [rendered] = await this.#render(recording, window, 1);
    return rendered as RenderedWindow;
  }

  /** @throws CommandError where what comes back is not finite. */
  async #render(recording: RecordingWindows, first: number, batch: number): Promise<RenderedWindow[]> {
    const [, channels, samples] = recording.shape;
    const data = await readWindows(recording, first, batch);
    const rendered = await this.#reconstructor.reconstruct(data, [batch, channels, samples]);
    const broken = rendered.findIndex(({ reconstruction }) => !reconstruction.every(Number.isFinite));
    if (broken >= 0) {
      throw new CommandError(
        `The reconstruction of ${nearPaths(recording.name)} at ${recording.starts[first + broken]} s is not finite: the weights are unusable.`,
      );
    }
    return rendered.map((one, i) => ({ recording, window: first + i, ...one }));
  }
}
