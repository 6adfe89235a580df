import { SpotrError } from '../base/errors.ts';

/** Sizes, batches or weights that do not fit the model; the message names them and the fix. */
export class ModelError extends SpotrError {
  override readonly name = 'ModelError';
  readonly code = 'model';
}
