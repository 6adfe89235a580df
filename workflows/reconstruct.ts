/** Windows as the model sees them and as it reconstructs them. */
import type { Engine, Step } from '../engine/index.ts';
import type { Spotr } from '../model/index.ts';

/** A window and its reconstruction, both [channels, samples], in standard deviations of each channel. */
export interface Reconstruction {
  readonly original: Float32Array;
  readonly reconstruction: Float32Array;
}

/** Takes batches of windows, [batch, channels, samples], through a whole model. */
export class Reconstructor implements Disposable {
  readonly #step: Step;

  constructor(engine: Engine, model: Pick<Spotr, 'forward'>) {
    this.#step = engine.step('reconstruct', (signal) =>
      engine.noGrad(() => {
        const { target, reconstruction } = model.forward(signal);
        return [target, reconstruction];
      }),
    );
  }

  /** Each window of a batch. The reconstruction is not finite where the weights are unusable. */
  async reconstruct(
    data: Float32Array<ArrayBuffer>,
    [batch, channels, samples]: readonly [batch: number, channels: number, samples: number],
  ): Promise<Reconstruction[]> {
    const [target, reconstruction] = await this.#step.read({ data, shape: [batch, channels, samples] });
    if (!target || !reconstruction) throw new RangeError('The step "reconstruct" gave no result.');
    const shape = [channels, target.length / batch / channels] as const;
    return Array.from({ length: batch }, (_, i) => ({
      original: unpadded(target, i, shape, samples),
      reconstruction: unpadded(reconstruction, i, shape, samples),
    }));
  }

  dispose(): void {
    this.#step.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** One window of [windows, channels, length] as [channels, samples]: without the zeros that fill it up to whole seconds. */
export function unpadded(
  values: Float32Array,
  window: number,
  [channels, length]: readonly [number, number],
  samples: number,
): Float32Array {
  const out = new Float32Array(channels * samples);
  for (let channel = 0; channel < channels; channel++) {
    const from = (window * channels + channel) * length;
    out.set(values.subarray(from, from + samples), channel * samples);
  }
  return out;
}

/** Squares of a signal and of what its reconstruction lacks, summed. */
export interface Squares {
  readonly error: number;
  readonly power: number;
}

/** Of each channel of a window. */
export function squaresByChannel({ original, reconstruction }: Reconstruction, channels: number): Squares[] {
  const samples = original.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    let [error, power] = [0, 0];
    for (let i = channel * samples; i < (channel + 1) * samples; i++) {
      const value = original[i] as number;
      error += (value - (reconstruction[i] as number)) ** 2;
      power += value * value;
    }
    return { error, power };
  });
}

/** Mean squared error over variance of all channels together; 1 for predicting zero. */
export function normalizedErrorOf(channels: readonly Squares[]): number {
  const sum = (of: keyof Squares) => channels.reduce((total, squares) => total + squares[of], 0);
  return sum('error') / sum('power');
}
