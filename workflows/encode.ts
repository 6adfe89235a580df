/** From windows to tokens, batch by batch. */
import type { Engine, Step } from '../engine/index.ts';
import { type Encoder, ModelError } from '../model/index.ts';

/** Takes batches of windows, [batch, channels, samples], through an encoder. */
export class BatchEncoder {
  readonly #step: Step;

  constructor(engine: Engine, encoder: Pick<Encoder, 'embed'>) {
    this.#step = engine.step('embed', (signal) => engine.noGrad(() => [encoder.embed(signal)]));
  }

  /** The tokens of the windows, one after the other. @throws ModelError where one is not finite. */
  async encode(
    data: Float32Array<ArrayBuffer>,
    shape: readonly [batch: number, channels: number, samples: number],
  ): Promise<Float32Array> {
    const [values] = await this.#step.read({ data, shape });
    if (!values) throw new RangeError('The step "embed" gave no result.');
    if (values.every(Number.isFinite)) return values;
    throw new ModelError(
      'The vector of a window is not finite: its values are too large for the precision, or the weights are of no use.',
    );
  }

  close(): void {
    this.#step.destroy();
  }
}
