/** What a person can mend by other words on the command line. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A job that cannot go on, through no fault of the program. The message says why and what would do. Exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** Training that left the finite numbers. */
export class DivergedError extends CommandError {
  override readonly name = 'DivergedError';
}
