import type { ByteFault, Refuse } from '../base/bytes.ts';
import { SpotrError } from '../base/errors.ts';

/** Signals or settings that cannot be used: the message says which, why, and what would do. */
export class SignalError extends SpotrError {
  override readonly name: string = 'SignalError';
  readonly code: string = 'signal';
}

/** Where and over what reading failed, as far as it is known. */
export interface FormatErrorDetails {
  /** Offset of the byte, from 0. */
  readonly byte?: number;
  /** Number of the line, from 1. */
  readonly line?: number;
  /** The header field or column. */
  readonly field?: string;
  /** What stands there. */
  readonly found?: string | number;
  /** What should. */
  readonly expected?: string;
}

/** A file that cannot be read as what it claims to be. */
export class FormatError extends SignalError {
  override readonly name = 'FormatError';
  override readonly code = 'format';
  readonly file: string;
  readonly details: FormatErrorDetails;

  /** `problem` and `fix` are sentences for people; `details` are the same for programs, and give the place. */
  constructor(file: string, problem: string, fix: string, details: FormatErrorDetails = {}) {
    const { byte, line } = details;
    const place = byte !== undefined ? `, byte ${byte}` : line !== undefined ? `, line ${line}` : '';
    super(`${file}${place}: ${problem} ${fix}`);
    this.file = file;
    this.details = details;
  }
}

const FIXES: Readonly<Record<ByteFault, string>> = {
  truncated: 'Copy it again.',
  damaged: 'Copy it again.',
  unsupported: 'Save it again in another way.',
  'too-large': 'Save it without compression (then it is read by seeking), or in several files.',
};

/** Makes FormatErrors of what readers of bytes find in a file; `fixes` are those of its format. */
export function formatRefuser(file: string, fixes: Partial<typeof FIXES> = {}): Refuse {
  return (fault, byte, problem) => {
    throw new FormatError(file, problem, fixes[fault] ?? FIXES[fault], { byte });
  };
}

/** A recording that holds nothing to use under the given options, though another one may. */
export class UnfitRecording extends SignalError {
  override readonly name = 'UnfitRecording';
  override readonly code = 'unfit-recording';
  /** The sentence without the recording's name, for lists that name it themselves. */
  readonly reason: string;

  constructor(recording: string, reason: string) {
    super(`${recording}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Why one recording of several is passed over, without its name: it holds nothing of use, or its file cannot be read.
 * Undefined for what is wrong whichever recording it is.
 */
export function whyPassedOver(error: unknown, recording: string): string | undefined {
  if (error instanceof UnfitRecording) return error.reason;
  return error instanceof FormatError ? withoutName(error.message, recording) : undefined;
}

/** Messages begin with the file and the place; what follows the file, which stands beside it already. */
export function withoutName(message: string, name: string): string {
  return message.startsWith(name) ? message.slice(name.length).replace(/^:?,? /, '') : message;
}
