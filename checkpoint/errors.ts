import type { Refuse as RefuseFor } from '../base/bytes.ts';
import { SpotrError } from '../base/errors.ts';

/** Why a checkpoint was refused, for programs; the message says it to people. */
export type CheckpointReason =
  /** Not of a format that is read here. */
  | 'not-a-checkpoint'
  /** The file ends before its content does. */
  | 'truncated'
  /** Its parts contradict each other, or their checksum. */
  | 'damaged'
  /** It asks for code to be run. */
  | 'forbidden'
  /** A known thing that is not read here. */
  | 'unsupported'
  /** It would take more memory than its size warrants. */
  | 'too-large'
  /** A tensor reaches out of its storage. */
  | 'out-of-bounds'
  /** Whole, but no state dict, or not the one that is needed. */
  | 'unusable';

/** A checkpoint that cannot be used. The message says which file, what is wrong with it and what would do. */
export class CheckpointError extends SpotrError {
  override readonly name = 'CheckpointError';
  readonly code = 'checkpoint';
  readonly reason: CheckpointReason;
  readonly file: string | undefined;
  /** Byte in the file at which the fault was met. */
  readonly offset: number | undefined;

  constructor(
    message: string,
    { reason = 'unusable', file, offset }: { reason?: CheckpointReason; file?: string; offset?: number } = {},
  ) {
    super(message);
    this.reason = reason;
    this.file = file;
    this.offset = offset;
  }
}

/** Throws the error of one file: `refuse(reason, offset, sentence)`. */
export type Refuse<Reason = CheckpointReason> = RefuseFor<Reason>;

export function refuser(file: string): Refuse {
  return (reason, offset, problem) => {
    throw new CheckpointError(`${file}: ${problem} [${reason}, byte ${offset}]`, { reason, file, offset });
  };
}
