import { FormatError } from '../../errors.ts';
import { decodeText } from '../../source/text.ts';
import { foundNumber, shownNumber } from '../shown-number.ts';

/** The fixed-width text fields of an EDF header. */
export class Fields {
  readonly file: string;
  private readonly bytes: Uint8Array;
  private readonly base: number;
  private readonly isInPlace: boolean;

  /** `isInPlace`: is it sure that no field has moved to where another one is looked for? */
  constructor(file: string, bytes: Uint8Array, base: number, isInPlace: boolean) {
    this.file = file;
    this.bytes = bytes;
    this.base = base;
    this.isInPlace = isInPlace;
  }

  get length(): number {
    return this.bytes.length;
  }

  byte(offset: number): number {
    return this.bytes[offset] as number;
  }

  text(offset: number, width: number): string {
    // Some writers pad with NUL where the standard asks for spaces.
    return decodeText(this.bytes.subarray(offset, offset + width))
      .replaceAll('\0', ' ')
      .trim();
  }

  /** Throws a FormatError that shows what stands there only where nothing of another field can have got there. */
  number(name: string, offset: number, width: number): number {
    const text = this.text(offset, width);
    // Some writers use their country's decimal comma.
    const value = Number(text.replace(',', '.'));
    if (/^[-+.,\de]+$/i.test(text) && Number.isFinite(value)) return value;
    throw new FormatError(
      this.file,
      `the ${name} is ${this.isInPlace ? shownNumber(text, 'not a number') : 'not a number'}.`,
      'A number is needed there.',
      {
        byte: this.base + offset,
        field: name,
        ...(this.isInPlace ? foundNumber(text) : {}),
        expected: 'a number',
      },
    );
  }
}
