/** Signals or settings that cannot be used: the message says which, why, and what would do. */
export class SignalError extends Error {
  override readonly name: string = 'SignalError';
}

/** A file that cannot be read as what it claims to be. */
export class FormatError extends SignalError {
  override readonly name = 'FormatError';
  readonly file: string;
  /** Byte (or line, where the format is text) at which reading failed, if one place can be named. */
  readonly offset: number | undefined;

  constructor(file: string, problem: string, fix: string, offset?: number) {
    const place = offset === undefined ? '' : ` (at ${offset})`;
    super(`${file}${place}: ${problem} ${fix}`);
    this.file = file;
    this.offset = offset;
  }
}

/** A recording that holds nothing to use under the given options, though another one may. */
export class UnfitRecording extends SignalError {
  override readonly name = 'UnfitRecording';
}
