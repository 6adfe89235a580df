/** The bytes of a pickle and its operands, with bounds. */
import type { CheckpointReason, Refuse } from '../errors.ts';

const LONGEST_TEXT = 2 ** 20;
/** An integer of a state dict: sizes are of 8 bytes, the magic number of old files of 10. */
const LONGEST_INTEGER = 16;

export class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: (position: number) => number;
  readonly #refuse: Refuse;
  #at: number;

  /** `where` tells the place in the file of a place in `bytes`. */
  constructor(bytes: Uint8Array, start: number, where: (position: number) => number, refuse: Refuse) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
    this.#refuse = refuse;
    this.#at = start;
  }

  /** The place in `bytes` after what was read. */
  get position(): number {
    return this.#at;
  }

  /** The place in the file. */
  get offset(): number {
    return this.#where(this.#at);
  }

  /** Refuses at the byte before: opcodes are judged once they were read. */
  fail(reason: CheckpointReason, problem: string): never {
    return this.#refuse(reason, this.#where(Math.max(0, this.#at - 1)), problem);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A length in 64 bits; larger ones than any file has are refused by the next read. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** Floats alone are big-endian in a pickle. */
  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** Two's complement, as number where it is exact. */
  integer(length: number): number | bigint {
    if (length > LONGEST_INTEGER)
      this.fail('damaged', `a pickled integer of ${length} bytes; no state dict has such.`);
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i] as number);
    value = BigInt.asIntN(length * 8, value);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  text(length: number): string {
    if (length > LONGEST_TEXT)
      this.fail('damaged', `a pickled text of ${length} bytes; no state dict has such.`);
    const start = this.#take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes.subarray(start, start + length));
    } catch {
      return this.fail('damaged', 'a pickled text is not UTF-8.');
    }
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Up to a line feed, which is read too. */
  line(): string {
    const end = this.#bytes.subarray(0, this.#at + 1024).indexOf(10, this.#at);
    if (end < 0) return this.fail('damaged', 'a name in the pickle has no end.');
    const line = this.text(end - this.#at);
    this.#at = end + 1;
    return line;
  }

  #take(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) {
      return this.#refuse(
        'truncated',
        this.#where(this.#bytes.length),
        `the pickle ends in the middle: ${length} bytes more were expected.`,
      );
    }
    this.#at += length;
    return start;
  }
}
