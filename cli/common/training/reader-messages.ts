/** What the program and its reading thread say to each other. */
import { type SamplePart, type SignalBatch, SignalError, type TrainedWindows } from '../../../data/index.ts';
import type { Row } from '../text.ts';
import type { PassedOver } from './data-rows.ts';

export interface Question {
  readonly id: number;
  /** A training step, the held-out batches, or some of a sample of the training windows. */
  readonly wanted: number | 'held-out' | SamplePart;
}

export type Answer =
  | {
      readonly kind: 'ready';
      readonly rows: readonly Row[];
      readonly passedOver: readonly PassedOver[];
      readonly description: Record<string, unknown>;
      readonly montages: readonly TrainedWindows[];
    }
  | { readonly kind: 'batches'; readonly id: number; readonly batches: readonly SignalBatch[] }
  /** `id` is null where opening failed. */
  | { readonly kind: 'failed'; readonly id: number | null; readonly error: ErrorMessage };

export interface ErrorMessage {
  readonly isForeseen: boolean;
  readonly message: string;
  readonly stack: string | undefined;
}

export function describeError(error: unknown): ErrorMessage {
  const isError = error instanceof Error;
  return {
    isForeseen: error instanceof SignalError,
    message: isError ? error.message : String(error),
    stack: isError ? error.stack : undefined,
  };
}

/** The error again: of its kind where a person can mend it, and with the place in the thread where not. */
export function errorOf({ isForeseen, message, stack }: ErrorMessage): Error {
  if (isForeseen) return new SignalError(message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
