import { SpotrError } from '../../base/errors.ts';

/** Training left the finite numbers. */
export class DivergedError extends SpotrError {
  override readonly name = 'DivergedError';
  readonly code = 'diverged';
}
