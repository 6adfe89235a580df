import { SpotrError } from '../../base/errors.ts';

/** What a person can mend by other words on the command line. Exit code 2. */
export class UsageError extends SpotrError {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

/** A job that cannot go on, through no fault of the program. The message says why and what would do. Exit code 1. */
export class CommandError extends SpotrError {
  override readonly name: string = 'CommandError';
  readonly code: string = 'command';
}
