/** From windows to what comes back of them. */
import { type RecordingWindows, readWindows } from '../../data/index.ts';
import type { Engine, Step } from '../../engine/index.ts';
import type { Spotr } from '../../model/index.ts';
import { CommandError } from '../common/errors.ts';
import { unpadded } from '../common/run/outcome.ts';
import { nearPaths } from '../common/text.ts';

export interface Place {
  readonly recording: RecordingWindows;
  readonly window: number;
}

/** A window as the model sees it and as it gives it back, both [channels, samples] in standard deviations. */
export interface RenderedWindow extends Place {
  readonly original: Float32Array;
  readonly reconstruction: Float32Array;
}

/** A model that renders windows. */
export class WindowRenderer {
  readonly #step: Step;

  constructor(engine: Engine, model: Spotr) {
    this.#step = engine.step('reconstruct', (signal) =>
      engine.noGrad(() => {
        const { target, reconstruction } = model.forward(signal);
        return [target, reconstruction];
      }),
    );
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
    if (!rendered) throw new RangeError('The step "reconstruct" gave no result.');
    return rendered;
  }

  /** @throws CommandError where what comes back is not finite. */
  async #render(recording: RecordingWindows, first: number, batch: number): Promise<RenderedWindow[]> {
    const [, channels, samples] = recording.shape;
    const data = await readWindows(recording, first, batch);
    const [target, reconstruction] = await this.#step.read({ data, shape: [batch, channels, samples] });
    if (!target || !reconstruction) throw new RangeError('The step "reconstruct" gave no result.');
    const shape = [channels, target.length / batch / channels] as const;
    return Array.from({ length: batch }, (_, i) => {
      const rendered = unpadded(reconstruction, i, shape, samples);
      if (!rendered.every(Number.isFinite)) {
        throw new CommandError(
          `The reconstruction of ${nearPaths(recording.name)} at ${recording.starts[first + i]} s is not finite: the weights are unusable.`,
        );
      }
      return {
        recording,
        window: first + i,
        original: unpadded(target, i, shape, samples),
        reconstruction: rendered,
      };
    });
  }
}
