/** Tells columns of numbers, dates and labels apart, and recordings from other tables. */
import type { ColumnKind } from './column.ts';
import { parseDateTime } from './date-time.ts';
import { isText, parseField } from './delimited.ts';

/** A text in these columns is a state or a mark, and no mistake. */
const NAMES_LABELS =
  /^(label|class|target|annotation|state|stage|condition|phase|activity|activities|task|event|marker|mark|trigger|stimulus|stim|comment|note|remark|rhythm|status|category|description|elements|trial[_ ]?type)(e?s|[_ ]?(name|type|text))?$/i;
/** What lists of recordings have as columns, and recordings have not. */
const NAMES_RECORDINGS =
  /^(file(_?name)?s?|path|split|fold|subject(_?id)?|participant(_?id)?|patient(_?id)?|group|source_?row|record(ing)?(_?(id|name))?)$/i;

/** Is this a column of a list of recordings? */
export function namesRecordings(header: string): boolean {
  return NAMES_RECORDINGS.test(header);
}

/** Fewer columns are more likely channels, however smooth their rows are. */
export const FEWEST_WINDOW_SAMPLES = 32;
/** Part of the steps down a column that the steps along a row have, in a table of windows. */
const SMOOTH = 0.4;

/** Do the values change much less along the rows than down the columns? Then time runs along the rows. */
export function looksLikeWindows(rows: readonly string[][], decimalComma: boolean): boolean {
  // The first column may be a class.
  const values = rows.map((row) =>
    row.slice(1).map((field) => parseField(field, decimalComma) ?? Number.NaN),
  );
  if (values.length < 4 || (values[0] as number[]).length < FEWEST_WINDOW_SAMPLES) return false;
  let [along, down] = [0, 0];
  for (let r = 1; r < values.length; r++) {
    const [row, above] = [values[r] as number[], values[r - 1] as number[]];
    for (let c = 1; c < row.length; c++) {
      const [value, left, up] = [row[c] as number, row[c - 1] as number, above[c] as number];
      if (Number.isNaN(value + left + up)) continue;
      along += Math.abs(value - left);
      down += Math.abs(value - up);
    }
  }
  return along > 0 && along < SMOOTH * down;
}

/** May a column of this name hold marks or states in words? */
export function namesLabels(heading: string): boolean {
  return NAMES_LABELS.test(heading.replace(/\s*[([].*$/, ''));
}

/** What a column holds, by its first fields and its name; a column that begins empty is taken for numbers at first. */
export function columnKindOf(sample: readonly string[], heading: string | undefined): ColumnKind {
  if (sample.some((field) => parseDateTime(field) !== undefined)) return 'date';
  const hasText = sample.some(isText);
  // Beside words, "NA" is missing.
  const isWords = sample.every((field) => isText(field) || Number.isNaN(parseField(field, false)));
  if (!hasText || !isWords) return 'number';
  return heading && namesLabels(heading) ? 'label' : 'text';
}
