/** Columns of labels as annotations: one for each run of rows with the same label. */
import type { Annotation } from '../../recording.ts';

/** Values that a column of labels may have at most, if they are numbers. */
const MOST_STATES = 64;

/** Is this a column of a few whole numbers that stands for classes? Its name says so. */
export function isNumberedLabels(name: string, values: Float64Array): boolean {
  if (!/^(labels?|class(es)?|targets?|annotations?)$/i.test(name)) return false;
  const seen = new Set<number>();
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    seen.add(value);
    if (!Number.isInteger(value) || seen.size > MOST_STATES) return false;
  }
  return true;
}

/**
 * Runs of equal values as annotations; NaN is none. `secondsBefore(row)` is the stored signal before a row, and of the
 * row after the last all of it.
 */
export function stateAnnotations(
  values: Float64Array,
  textOf: (value: number) => string,
  secondsBefore: (row: number) => number,
): Annotation[] {
  const found: Annotation[] = [];
  for (let row = 0; row < values.length; ) {
    const value = values[row] as number;
    let end = row + 1;
    while (end < values.length && Object.is(values[end], value)) end++;
    if (!Number.isNaN(value)) {
      const onset = secondsBefore(row);
      found.push({ onset, duration: secondsBefore(end) - onset, text: textOf(value) });
    }
    row = end;
  }
  return found;
}
