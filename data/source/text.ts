/** Bytes of text files to text. */
import { SignalError } from '../errors.ts';

/** Whether a file of text is of 16 bits a letter, by how it begins: its mark, or its zeros. */
export function wideEncoding(start: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  // Without its mark every other byte of plain text is 0.
  const isZero = (parity: number) => [0, 2, 4, 6].every((at) => start[at + parity] === 0);
  if (start.length < 8 || isZero(0) === isZero(1)) return undefined;
  return isZero(1) ? 'utf-16le' : 'utf-16be';
}

/** Bytes of a text that is read: a string has no room for more, and Node ends where Latin-1 is to make one. */
export const LONGEST_TEXT = 2 ** 29 - 2 ** 10;

/**
 * A whole file of text: UTF-16 where it is that, else as `decodeText`; without a mark.
 * @throws SignalError where it is too long.
 */
export function decodeFile(bytes: Uint8Array): string {
  if (bytes.length > LONGEST_TEXT)
    throw new SignalError(
      `A file of text has ${bytes.length} bytes, and at most ${LONGEST_TEXT} are read; divide it into several.`,
    );
  const wide = wideEncoding(bytes);
  return wide ? new TextDecoder(wide).decode(bytes) : decodeText(bytes);
}

/** UTF-8 where the bytes are valid UTF-8, Latin-1 (as Windows-1252) where not: old devices write "µV" as one byte. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
