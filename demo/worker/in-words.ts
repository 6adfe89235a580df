import { OutOfMemoryError } from '../../engine/errors.ts';
import { remedyFor } from '../../workflows/remedy.ts';

/** What is said of an error; the page opens a lost device again by itself. */
export function inWords(error: unknown): string {
  if (error instanceof OutOfMemoryError) return `${error.message} ${remedyFor(error)}`;
  return error instanceof Error ? error.message : String(error);
}
