/**
 * The terminal's edge. File names, labels and header fields come from others, and a terminal obeys the escape sequences
 * in them: everything that the command prints goes through here, and nothing else in `cli/` may touch the console.
 */
import { columns, definitionList, onOneLine, printable, type Row } from './text.ts';

/** A line, or several, on standard output. */
export function print(text = ''): void {
  console.log(printable(text));
}

/** A line, or several, on standard error. */
export function printError(text: string): void {
  console.error(printable(text));
}

/** Labels on the left, values on the right. */
export function printRows(rows: readonly Row[], labelWidth = 14): void {
  for (const line of definitionList(rows, labelWidth, columns())) print(line);
}

/** A line on standard error that the next one replaces; an empty one clears it. Nothing where nobody watches. */
export function showPassing(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${onOneLine(line)}`);
}
