/** What helps against failures that the engine states in terms of tensors and devices. */
import { DeviceLostError, OutOfMemoryError } from '../engine/errors.ts';

/** One sentence for a person with recordings and a model; null where the message says all there is. */
export function remedyFor(error: unknown): string | null {
  if (error instanceof OutOfMemoryError)
    return 'Use a smaller batch, a smaller model, fewer channels or shorter windows.';
  if (error instanceof DeviceLostError) return 'Continue from the last checkpoint.';
  return null;
}
