/** From windows to tokens, batch by batch. */
import type { Engine, Step } from '../engine/index.ts';
import { type Encoder, ModelError } from '../model/index.ts';

/** Takes batches of windows, [batch, channels, samples], through an encoder. */
export class BatchEncoder {
  readonly #step: Step;

  constructor(engine: Engine, encoder: Pick<Encoder, 'embed'>) {
    this.#step = engine.step('embed', (signal) => engine.noGrad(() => [encoder.embed(signal)]));
  }

  /** The tokens of the windows, one after the other; not finite where values are too large for the precision. */
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

/** Of a window where no other may take its place. `start` in seconds. */
export function notFinite(window: {
  readonly recording: string;
  readonly start: number;
  readonly channels: readonly string[];
}): ModelError {
  const { recording, start, channels } = window;
  return new ModelError(
    `The vector of ${recording} at ${Number(start.toFixed(3))} s (${channels.join(', ')}) is not finite: the values there are too large for the precision, or the weights are of no use.`,
  );
}
