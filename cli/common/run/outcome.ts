/** What a finished run amounts to: the loss on windows it never trained on, beside that of predicting zero. */
import type { BatchSource, SignalBatch } from '../../../data/index.ts';
import type { Evaluation, Pretrainer, SpotrConfig } from '../../../model/index.ts';
import { heldOutLosses, type SourceLosses, withYardsticks, yardsticksOf } from '../../../workflows/index.ts';
import { windowsAtFault } from '../../../workflows/pretraining/why-not-finite.ts';
import { unpadded } from '../../../workflows/reconstruct.ts';
import { CommandError } from '../errors.ts';

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

export interface SourceOutcome extends SourceLosses {
  /** The window of median error in the first batch: neither the best nor the worst. */
  readonly example: Example;
}

/** Measures every held-out batch, P being the model's `patch`. Throws a CommandError where a loss is not finite. */
export async function measure(
  trainer: Pick<Pretrainer, 'evaluate'>,
  batches: readonly SignalBatch[],
  patch: number,
): Promise<Map<string, SourceOutcome>> {
  const examples = new Map<string, Example>();
  const losses = await heldOutLosses(trainer, batches, patch, (batch, evaluation) => {
    requireFinite(batch, evaluation);
    if (!examples.has(batch.source)) examples.set(batch.source, medianWindow(evaluation, batch));
  });
  return new Map(
    [...losses].map(([source, own]) => [source, { ...own, example: examples.get(source) as Example }]),
  );
}

export interface ComparisonWatch {
  /** Aborts the comparison, with its reason. */
  readonly signal: AbortSignal;
  /** Told now and then which part is done. */
  readonly onPart: (part: number) => void;
}

/**
 * The outcomes with their yardsticks, of the same held-out windows.
 * @throws the signal's reason where that says to stop.
 */
export async function compare(
  outcomes: ReadonlyMap<string, SourceOutcome>,
  source: Pick<BatchSource, 'trainSample'>,
  heldOut: readonly SignalBatch[],
  { config, signal, onPart }: ComparisonWatch & { readonly config: SpotrConfig },
): Promise<Map<string, SourceOutcome>> {
  const pause = async (part: number) => {
    onPart(part);
    // Signals of the system are heard between turns.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };
  return withYardsticks(outcomes, await yardsticksOf(source, heldOut, { config, pause }));
}

function requireFinite(batch: SignalBatch, { loss }: Evaluation): void {
  if (Number.isFinite(loss)) return;
  const fault = windowsAtFault([batch]);
  const why =
    fault === undefined
      ? 'the weights of this run are unusable; start again with a smaller --learning-rate'
      : `${fault}; leave the recording out or repair it`;
  throw new CommandError(`The loss on held-out ${batch.source} windows is ${loss}: ${why}.`);
}

function medianWindow({ target, reconstruction, shape }: Evaluation, given: SignalBatch): Example {
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

function meanSquare(a: Float32Array, b: Float32Array | undefined, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += ((a[i] ?? 0) - (b?.[i] ?? 0)) ** 2;
  return sum / count;
}
