/** Signals or settings that cannot be used: the message says which, why, and what would do. */
export class SignalError extends Error {
  override readonly name: string = 'SignalError';
}

/** A file that cannot be read as what it claims to be. */
export class FormatError extends SignalError {
  override readonly name = 'FormatError';
  readonly file: string;
  /** Where reading failed, if one place can be named: 'line 3', 'byte 252'. */
  readonly place: string | undefined;

  constructor(file: string, problem: string, fix: string, place?: string) {
    super(`${file}${place === undefined ? '' : `, ${place}`}: ${problem} ${fix}`);
    this.file = file;
    this.place = place;
  }
}

/** A recording that holds nothing to use under the given options, though another one may. */
export class UnfitRecording extends SignalError {
  override readonly name = 'UnfitRecording';
  /** The sentence without the recording's name, for lists that name it themselves. */
  readonly reason: string;

  constructor(recording: string, reason: string) {
    super(`${recording}: ${reason}`);
    this.reason = reason;
  }
}
