/** From windows to tokens, batch by batch. */
import type { Engine, Step } from '../engine/index.ts';
import { type Encoder, ModelError } from '../model/index.ts';

/** Takes batches of windows, [batch, channels, samples], through an encoder. */
export class BatchEncoder implements Disposable {
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

  dispose(): void {
    this.#step.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What is read of a window: its one token, and the mean of its others. */
export interface ReadOut {
  readonly token: Float32Array;
  readonly others: Float32Array;
}

/** Takes batches of windows, [batch, channels, samples], through an encoder, to all of their tokens. */
export class TokenEncoder implements Disposable {
  readonly #step: Step;
  readonly #dim: number;

  constructor(engine: Engine, encoder: Pick<Encoder, 'encode' | 'dim'>) {
    this.#step = engine.step('tokens', (signal) => engine.noGrad(() => [encoder.encode(signal)]));
    this.#dim = encoder.dim;
  }

  /** Of each window; not finite where values are too large for the precision. */
  async encode(
    data: Float32Array<ArrayBuffer>,
    shape: readonly [batch: number, channels: number, samples: number],
  ): Promise<ReadOut[]> {
    const values = await this.tokens(data, shape);
    const size = values.length / shape[0];
    return Array.from({ length: shape[0] }, (_, i) =>
      readOutOf(values.subarray(i * size, (i + 1) * size), this.#dim),
    );
  }

  /** All tokens of the windows, [batch, 1 + others, dim]. */
  async tokens(
    data: Float32Array<ArrayBuffer>,
    shape: readonly [batch: number, channels: number, samples: number],
  ): Promise<Float32Array> {
    const [values] = await this.#step.read({ data, shape });
    if (!values) throw new RangeError('The step "tokens" gave no result.');
    return values;
  }

  dispose(): void {
    this.#step.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Of the tokens of one window, [1 + others, dim]. */
export function readOutOf(tokens: Float32Array, dim: number): ReadOut {
  const count = tokens.length / dim - 1;
  const others = Float32Array.from({ length: dim }, (_, i) => {
    let sum = 0;
    for (let at = dim + i; at < tokens.length; at += dim) sum += tokens[at] as number;
    return sum / count;
  });
  return { token: tokens.slice(0, dim), others };
}

/** Of a window where no other may take its place. `start` in seconds. */
export function notFinite(window: {
  readonly recording: string;
  readonly start: number;
  readonly channels: readonly string[];
}): ModelError {
  const { recording, start, channels } = window;
  return new ModelError(
    `The embedding of ${recording} at ${Number(start.toFixed(3))} s (${channels.join(', ')}) is not finite: the values there are too large for the precision, or the weights are unusable.`,
  );
}
