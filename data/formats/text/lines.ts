/** Text files in blocks of lines, so that a long one is never in memory as a whole. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { wideEncoding } from '../../source/text.ts';

export interface LineBlock {
  /** A row whose quotes reach over several lines stands in the first one, with empty lines after it. */
  lines: string[];
  /** Number of the first, from 1. */
  first: number;
}

/** Small enough for the lines of a block to be gone before they count as old. */
const BLOCK_BYTES = 1 << 19;
/** Characters; the runtime's own limit for a string is not much higher. */
const LONGEST_LINE = 2 ** 28;
/** Lines that a quoted field may reach over, before its quote is taken for a letter. */
const LONGEST_FIELD = 64;

/** The lines of a file, without their ends: \n, \r\n or \r. UTF-8, else Windows-1252; UTF-16 where its mark or its zeros say so. */
export async function* lineBlocks(source: ByteSource): AsyncGenerator<LineBlock> {
  const decoder = new Decoder();
  let unfinished: string[] = [];
  let unfinishedLength = 0;
  let first = 1;
  for (let at = 0; at < source.size; ) {
    const bytes = await source.read(at, Math.min(BLOCK_BYTES, source.size - at));
    if (bytes.length === 0) break;
    at += bytes.length;
    const text = decoder.decode(bytes, at >= source.size);
    const cut = at >= source.size ? text.length : lastEnd(text);
    unfinished.push(text.slice(0, cut || text.length));
    unfinishedLength += text.length;
    if (cut === 0) {
      if (unfinishedLength <= LONGEST_LINE) continue;
      throw new FormatError(
        source.name,
        `has a line of more than ${LONGEST_LINE} characters.`,
        'Write one row a sample.',
        { line: first },
      );
    }
    const lines = joinQuoted(splitLines(unfinished.join('')));
    // What comes after the last line end is not a line yet.
    if (at < source.size) lines.pop();
    yield { lines, first };
    first += lines.length;
    unfinished = cut < text.length ? [text.slice(cut)] : [];
    unfinishedLength = text.length - cut;
  }
}

class Decoder {
  private decoder: TextDecoder | undefined;

  decode(bytes: Uint8Array, isLast: boolean): string {
    this.decoder ??= this.pick(bytes);
    try {
      return this.decoder.decode(bytes, { stream: !isLast });
    } catch {
      // Old devices write "µV" as one byte.
      this.decoder = new TextDecoder('windows-1252');
      return this.decoder.decode(bytes, { stream: !isLast });
    }
  }

  private pick(bytes: Uint8Array): TextDecoder {
    const wide = wideEncoding(bytes);
    return wide ? new TextDecoder(wide) : new TextDecoder('utf-8', { fatal: true });
  }
}

/** Where the last whole line of a block ends; 0 where it has none. */
function lastEnd(text: string): number {
  const end = text.lastIndexOf('\n');
  if (end >= 0) return end + 1;
  // A \r at the very end may be half of a \r\n.
  return text.lastIndexOf('\r', text.length - 2) + 1;
}

function splitLines(text: string): string[] {
  return text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
}

function joinQuoted(lines: string[]): string[] {
  for (let i = 0; i < lines.length; i++) {
    if (!opensQuote(lines[i] as string)) continue;
    for (let end = i + 1; end < Math.min(lines.length, i + LONGEST_FIELD); end++) {
      if (!opensQuote(lines[end] as string)) continue;
      lines[i] = lines.slice(i, end + 1).join('\n');
      lines.fill('', i + 1, end + 1);
      i = end;
      break;
    }
  }
  return lines;
}

function opensQuote(line: string): boolean {
  let quotes = 0;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) quotes++;
  return quotes % 2 === 1;
}
