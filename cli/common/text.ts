/** Words and numbers for people. */
import { firstNames } from '../../base/first-names.ts';
import { UNPRINTABLE } from '../../base/quote.ts';

export { plural, showCount, showDuration } from '../../workflows/words.ts';

/** The text with control characters spelled out, e.g. `\x1b`. Line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (letter) =>
    letter === '\n' || letter === '\t' ? letter : escapeOf(letter),
  );
}

/** The same on one line: for names and sentences that could otherwise forge a line of their own. */
export function onOneLine(text: string): string {
  return text.replace(UNPRINTABLE, escapeOf);
}

function escapeOf(letter: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[letter];
  if (short !== undefined) return short;
  const code = letter.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

/** Bytes in the largest binary unit that keeps them at 1 or more, e.g. `128 MiB`. */
export function showBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}

/** Breaks text between words into lines of at most `width` characters. What stands in `...`, a command to paste, stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Between spaces; those within a pair of ` divide nothing. Of an odd number of ` none is of a pair. */
function wordsOf(text: string): string[] {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return text.split(' ');
  const words = [''];
  for (const [i, part] of parts.entries()) {
    const [first = '', ...others] = i % 2 === 1 ? [`\`${part}\``] : part.split(' ');
    words[words.length - 1] += first;
    // One by one: as arguments of a call they could take more stack than there is.
    for (const word of others) words.push(word);
  }
  return words;
}

export type Row = readonly [label: string, value: string];

/** Labels on the left, values on the right, wrapped within `width` columns. */
export function definitionList(rows: readonly Row[], labelWidth: number, width: number): string[] {
  return rows.flatMap(([label, value]) =>
    wrap(onOneLine(value), Math.max(40, width - labelWidth - 2)).map(
      (line, i) => `  ${(i === 0 ? onOneLine(label) : '').padEnd(labelWidth)}${line}`,
    ),
  );
}

/** Columns under their headings: the first to the left, numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows].map((row) => row.map(onOneLine));
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('   ')
      .trimEnd(),
  );
}

/** Columns of the terminal, as far as lines should go. */
export function columns(): number {
  return Math.min(process.stdout.columns ?? 100, 100);
}

/** Paths within a sentence as one would type them here. */
export function nearPaths(text: string): string {
  const here = process.cwd();
  return text.replaceAll(`${here}/`, '').replaceAll(`${here.replaceAll('\\', '/')}/`, '');
}

/** The last parts of a path, enough to find it by. */
export const shortPath = (path: string): string => path.split('/').slice(-2).join('/');

const MAX_FILES = 3;

/** `a.edf, b.edf and 12 more`. */
export function fewFiles(paths: readonly string[]): string {
  return firstNames(paths.map(shortPath), MAX_FILES);
}

/** Each text once, in the order of their first, with how often it is there. */
export function tallied(texts: readonly string[]): [text: string, count: number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts];
}
