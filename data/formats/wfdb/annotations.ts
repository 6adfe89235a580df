/** WFDB annotation files (NAME.atr and other annotators) in MIT format; see annot(5) of the WFDB Applications Guide. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import type { Annotation } from '../../recording.ts';
import { decodeText } from '../../source/text.ts';

/** An annotation file is a few bytes a beat: one of this size is something else. */
const LARGEST_BYTES = 1 << 28;

/** What programs print for codes 0 to 41 (ecgcodes.h); the others print as their number in brackets. */
const SYMBOLS = [
  ...[
    ' ',
    'N',
    'L',
    'R',
    'a',
    'V',
    'F',
    'J',
    'A',
    'S',
    'E',
    'j',
    '/',
    'Q',
    '~',
    '[15]',
    '|',
    '[17]',
    's',
    'T',
    '*',
  ],
  ...[
    'D',
    '"',
    '=',
    'p',
    'B',
    '^',
    't',
    '+',
    'u',
    '?',
    '!',
    '[',
    ']',
    'e',
    'n',
    '@',
    'x',
    'f',
    '(',
    ')',
    'r',
  ],
];

/** Codes that do not stand for an annotation. */
const [SKIP, NUM, SUB, CHN, AUX] = [59, 60, 61, 62, 63] as const;
/** The highest code of an annotation (ACMAX). */
const LAST_CODE = 49;
const NOTE = 22;
const RATE_NOTE = '## time resolution: ';
const [DEFINITIONS, DEFINITIONS_END] = ['## annotation type definitions', '## end of definitions'];

/** An annotation as it is stored. */
interface Mark {
  /** Ticks from the start of the record. */
  time: number;
  code: number;
  subtype: number;
  channel: number;
  num: number;
  aux: string;
}

/**
 * Reads an annotation file. `rate` is that of the record, in frames a second; a resolution that the file states itself
 * wins over it for the times, and `sample` is given in frames all the same. Throws a FormatError that names the byte.
 */
export async function readWfdbAnnotations(
  source: ByteSource,
  rate: number | undefined,
): Promise<Annotation[]> {
  if (source.size > LARGEST_BYTES) {
    throw new FormatError(
      source.name,
      `is ${source.size} bytes long, too much for annotations.`,
      'Is it the right file?',
    );
  }
  const { marks, ticks, symbols } = takeNotes(parseMarks(await source.read(0, source.size), source.name));
  const perSecond = ticks ?? rate;
  if (perSecond === undefined) {
    throw new FormatError(
      source.name,
      'counts its times in samples, and neither it nor a header says how many there are in a second.',
      "Put the record's header (.hea) beside it.",
      { field: 'time resolution' },
    );
  }
  return marks.map(({ time, code, subtype, channel, num, aux }): Annotation => {
    const symbol = symbols.get(code) ?? SYMBOLS[code] ?? `[${code}]`;
    return {
      onset: time / perSecond,
      duration: 0,
      text: aux || symbol,
      // C programs round to the nearest frame too.
      sample: ticks && rate ? Math.round((time * rate) / ticks) : time,
      symbol,
      subtype,
      channel,
      num,
      ...(aux ? { aux } : {}),
    };
  });
}

function parseMarks(bytes: Uint8Array, file: string): Mark[] {
  const marks: Mark[] = [];
  let [at, time, channel, num] = [0, 0, 0, 0];
  const word = () => (bytes[at++] as number) | ((bytes[at++] as number) << 8);
  while (at + 2 <= bytes.length) {
    const place = at;
    const value = word();
    const [code, low] = [value >> 10, value & 1023];
    const last = marks.at(-1);
    // Code 0 with an interval only moves the time on; programs do not print it either.
    if (value === 0) return marks.filter((mark) => mark.code > 0);
    if (code === SKIP) {
      requireBytes(bytes, at, 4, file);
      // A PDP-11 long: the high half first.
      time += (word() << 16) | word();
    } else if (code === AUX) {
      requireBytes(bytes, at, low, file);
      const aux = decodeText(bytes.subarray(at, at + low)).replace(/\0+$/, '');
      if (last) last.aux = aux;
      at += low + (low & 1);
    } else if (code === NUM) {
      num = (low << 24) >> 24;
      if (last) last.num = num;
    } else if (code === SUB) {
      if (last) last.subtype = (low << 24) >> 24;
    } else if (code === CHN) {
      channel = low & 255;
      if (last) last.channel = channel;
    } else if (code > LAST_CODE) {
      throw new FormatError(
        file,
        `has the annotation code ${code}, which does not exist.`,
        'It is damaged, or not a WFDB annotation file in MIT format.',
        { byte: place, field: 'annotation code', found: code, expected: `0 to ${LAST_CODE}` },
      );
    } else {
      time += low;
      marks.push({ time, code, subtype: 0, channel, num, aux: '' });
    }
  }
  throw new FormatError(file, 'ends without the mark of an end (two zero bytes).', 'Copy it again.', {
    byte: bytes.length,
    field: 'end of file',
  });
}

function requireBytes(bytes: Uint8Array, at: number, count: number, file: string): void {
  if (at + count <= bytes.length) return;
  throw new FormatError(file, `ends inside an annotation: ${count} bytes should follow.`, 'Copy it again.', {
    byte: at,
    found: bytes.length - at,
    expected: `${count} bytes`,
  });
}

/** Notes at time 0 may state the resolution of the times and the meaning of codes; they are no annotations themselves. */
function takeNotes(marks: readonly Mark[]): {
  marks: readonly Mark[];
  ticks: number | undefined;
  symbols: ReadonlyMap<number, string>;
} {
  const symbols = new Map<number, string>();
  const note = (at: number) => {
    const mark = marks[at];
    return mark?.time === 0 && mark.code === NOTE ? mark.aux : '';
  };
  let [at, ticks]: [number, number | undefined] = [0, undefined];
  if (note(at).startsWith(RATE_NOTE)) {
    const stated = Number(note(at).slice(RATE_NOTE.length));
    if (stated > 0 && Number.isFinite(stated)) ticks = stated;
    at++;
  }
  if (note(at).startsWith(DEFINITIONS)) {
    for (at++; at < marks.length && note(at) !== '' && !note(at).startsWith(DEFINITIONS_END); at++) {
      const [, code, symbol] = /^(\d+) (\S+)/.exec(note(at)) ?? [];
      if (code !== undefined && symbol !== undefined) symbols.set(Number(code), symbol);
    }
    if (note(at).startsWith(DEFINITIONS_END)) at++;
  }
  return { marks: marks.slice(at), ticks, symbols };
}
