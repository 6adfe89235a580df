/** Cells of CSV files that we write, and what our readers make of them: one pair of functions, each the other's inverse. */

/** What spreadsheets take for the beginning of a formula, behind any apostrophes. */
const FORMULA = /^'*[=+\-@\t\r]/;
const GUARDED = /^'+[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Text as a cell: in quotes where it needs them, and behind an apostrophe where a spreadsheet would compute it (OWASP, "CSV
 * injection"). Plain numbers stay as they are.
 */
export function csvCell(text: string): string {
  if (FORMULA.test(text) && !NUMBER.test(text)) return `"'${text.replaceAll('"', '""')}"`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The text of a cell without its quotes: what `csvCell` was given. */
export function cellText(field: string): string {
  return GUARDED.test(field) ? field.slice(1) : field;
}

/** A line of a CSV file, with its end. */
export const csvRow = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\n`;
