/** The text files of the BrainVision Core Data Format 1.0 (.vhdr, .vmrk): sections of "key=value" lines. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { decodeText } from '../../source/text.ts';

export interface Field {
  value: string;
  /** Number of its line, from 1. */
  line: number;
}

export interface Sections {
  /** Fields by section and key, both in lower case. */
  fields: ReadonlyMap<string, ReadonlyMap<string, Field>>;
  /** Text of the [Comment] section, which may hold a patient's data. */
  comment: string;
}

/** A text file of this size is something else. */
const LARGEST_BYTES = 1 << 28;

/** Reads one of the two text files. Throws a FormatError where its first line does not say what it is. */
export async function readSections(source: ByteSource, kind: 'Header' | 'Marker'): Promise<Sections> {
  const start = decodeText(await source.read(0, 128));
  // The products call themselves "Brain Vision" and "BrainVision".
  if (!new RegExp(`^\uFEFF?Brain ?Vision( V-Amp)? Data( Exchange)? ${kind} File`, 'i').test(start)) {
    throw new FormatError(
      source.name,
      `does not start with "Brain Vision Data Exchange ${kind} File".`,
      `Give a ${kind === 'Header' ? '.vhdr' : '.vmrk'} file.`,
      { line: 1, field: 'identification', expected: `Brain Vision Data Exchange ${kind} File, Version 1.0` },
    );
  }
  if (source.size > LARGEST_BYTES) {
    throw new FormatError(source.name, `is ${source.size} bytes long, too much for text.`, 'Copy it again.');
  }
  return parseSections(decodeText(await source.read(0, source.size)));
}

export function parseSections(text: string): Sections {
  const fields = new Map<string, Map<string, Field>>();
  const comment: string[] = [];
  let section = '';
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = raw.trim();
    // What a person wrote as a comment may look like a section; only those of the format end it.
    const heading = /^\[(.+)\]$/.exec(line)?.[1]?.trim().toLowerCase();
    if (heading !== undefined && (section !== 'comment' || / infos$|^coordinates$/.test(heading))) {
      section = heading;
    } else if (section === 'comment') {
      comment.push(raw.trimEnd());
    } else if (line !== '' && !line.startsWith(';')) {
      const equals = line.indexOf('=');
      if (equals < 1) return;
      const known = fields.get(section) ?? new Map<string, Field>();
      fields.set(section, known);
      known.set(line.slice(0, equals).trim().toLowerCase(), {
        value: line.slice(equals + 1).trim(),
        line: index + 1,
      });
    }
  });
  return { fields, comment: comment.join('\n').trim() };
}

/** The entries of a numbered list (Ch1, Ch2, ... or Mk1, Mk2, ...) in the order of their numbers; \1 stands for a comma. */
export function numbered(
  sections: Sections,
  section: string,
  prefix: string,
): { number: number; parts: string[]; line: number }[] {
  const list: { number: number; parts: string[]; line: number }[] = [];
  for (const [key, { value, line }] of sections.fields.get(section) ?? []) {
    if (!key.startsWith(prefix) || !/^\d+$/.test(key.slice(prefix.length))) continue;
    const parts = value.split(',').map((part) => part.replaceAll('\\1', ',').trim());
    list.push({ number: Number(key.slice(prefix.length)), parts, line });
  }
  return list.sort((a, b) => a.number - b.number);
}
