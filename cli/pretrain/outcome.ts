/** What a finished run amounts to: the loss on windows it never trained on, beside that of predicting zero. */
import type { SignalBatch } from '../../data/index.ts';
import type { Pretrainer } from '../../model/index.ts';
import { CommandError } from '../errors.ts';
import { windowsAtFault } from './why-not-finite.ts';

/** A held-out window as it was (z-scored) and as the model gave it back, both [channels, samples]. */
export interface Example {
  readonly original: Float32Array;
  readonly reconstruction: Float32Array;
  readonly channels: number;
  readonly samples: number;
  /** Mean squared errors of this window. */
  readonly loss: number;
  readonly zeroLoss: number;
  /** Names of its channels, where the recording has them. */
  readonly labels?: readonly string[];
}

/** Means over the held-out windows of a source. */
export interface SourceLosses {
  readonly heldOutLoss: number;
  readonly predictZeroLoss: number;
  /** Held-out loss over that of predicting zero; not there where the filters leave nothing of the windows but zeros. */
  readonly ratio?: number;
  readonly windows: number;
}

export interface SourceOutcome extends SourceLosses {
  /** The window of median error in the first batch: neither the best nor the worst. */
  readonly example: Example;
}

/** Measures every held-out batch. Throws a CommandError where a loss is not finite. */
export async function measure(
  trainer: Pick<Pretrainer, 'evaluate'>,
  batches: readonly SignalBatch[],
): Promise<Map<string, SourceOutcome>> {
  const sums = new Map<string, { loss: number; zeroLoss: number; windows: number; example: Example }>();
  for (const batch of batches) {
    const result = await trainer.evaluate(batch);
    if (!Number.isFinite(result.loss)) {
      const fault = windowsAtFault([batch]);
      const why =
        fault === undefined
          ? 'the weights of this run are of no use; start again with a smaller --lr'
          : `${fault}; leave the recording out or mend it`;
      throw new CommandError(`The loss on held-out ${batch.source} windows is ${result.loss}: ${why}.`);
    }
    const windows = batch.shape[0];
    const known = sums.get(batch.source);
    sums.set(batch.source, {
      loss: (known?.loss ?? 0) + windows * result.loss,
      zeroLoss: (known?.zeroLoss ?? 0) + windows * result.zeroLoss,
      windows: (known?.windows ?? 0) + windows,
      example: known?.example ?? medianWindow(result, batch),
    });
  }
  return new Map(
    [...sums].map(([source, { loss, zeroLoss, windows, example }]) => {
      const [heldOutLoss, predictZeroLoss] = [loss / windows, zeroLoss / windows];
      return [
        source,
        {
          ...{ heldOutLoss, predictZeroLoss },
          ...(predictZeroLoss > 0 && { ratio: heldOutLoss / predictZeroLoss }),
          ...{ windows, example },
        },
      ];
    }),
  );
}

type Evaluated = Awaited<ReturnType<Pretrainer['evaluate']>>;

function medianWindow({ target, reconstruction, shape }: Evaluated, given: SignalBatch): Example {
  const [, , samples] = given.shape;

  const [batch, channels, length] = shape;
  const size = channels * length;
  const errors = Array.from({ length: batch }, (_, window) => {
    const from = window * size;
    return { window, loss: meanSquare(target, reconstruction, from, size) };
  }).sort((a, b) => a.loss - b.loss || a.window - b.window);
  const { window, loss } = errors[Math.floor((batch - 1) / 2)] ?? { window: 0, loss: Number.NaN };
  const take = (values: Float32Array) => unpadded(values, window, [channels, length], samples);
  const original = take(target);
  return {
    original,
    reconstruction: take(reconstruction),
    channels,
    samples,
    loss,
    zeroLoss: meanSquare(target, undefined, window * size, size),
    ...(given.labels && { labels: given.labels[window] ?? [] }),
  };
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

function meanSquare(a: Float32Array, b: Float32Array | undefined, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += ((a[i] ?? 0) - (b?.[i] ?? 0)) ** 2;
  return sum / count;
}

/** Mean over modalities, each counting the same whatever its number of windows. */
export function meanOf(
  outcomes: ReadonlyMap<string, SourceLosses>,
  key: 'heldOutLoss' | 'predictZeroLoss',
): number {
  const values = [...outcomes.values()].map((outcome) => outcome[key]);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
