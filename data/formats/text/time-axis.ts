/** Times that a text file gives for its rows: their unit, their rate, and rows that do not come evenly. */
import { FormatError } from '../../errors.ts';

const TIME_NAME =
  /^["']?(time|times|timer|timestamps?|t|secs?|seconds|ms|msec|millis(econds)?|elapsed|date ?time)\b/i;

/** Is this the header of a column of times? */
export function namesTime(header: string): boolean {
  return TIME_NAME.test(header.replaceAll('_', ' ').trim());
}

/** Is this the header of a column of row numbers? "Unnamed: 0" is what comes of saving one without a header twice. */
export function namesCount(header: string): boolean {
  return /^(unnamed: ?\d+|index|idx|row|#|no\.?|(sample|row)[ _]?(number|index|id|no\.?|#)?)$/i.test(
    header.trim(),
  );
}

/** Are these whole numbers in a row, as 0, 1, 2, ...? */
export function countsRows(values: Float64Array): boolean {
  const first = values[0] as number;
  return values.length >= 3 && Number.isInteger(first) && values.every((value, i) => value === first + i);
}

/** Do these values rise in steps of nearly one size other than 1 (which would be a row number)? */
export function looksLikeTime(values: Float64Array): boolean {
  if (values.length < 3) return false;
  const step = medianStep(values);
  if (!(step > 0) || step === 1) return false;
  for (let i = 1; i < values.length; i++) {
    const own = (values[i] as number) - (values[i - 1] as number);
    if (!(Math.abs(own - step) < 0.01 * step)) return false;
  }
  return true;
}

/**
 * Seconds a unit of time. What the header does not say follows from the step: no biosignal comes at less than 10
 * samples a second, so steps of more than 0.1 cannot be seconds.
 */
export function timeUnit(header: string | undefined, values: Float64Array): number {
  const name = (header ?? '').toLowerCase();
  if (/\b(us|µs|micro\w*)\b/.test(name.replaceAll('_', ' '))) return 1e-6;
  if (/\b(ms|msec|milli\w*)\b/.test(name.replaceAll('_', ' '))) return 1e-3;
  if (/\b(s|secs?|seconds)\b/.test(name.replaceAll('_', ' '))) return 1;
  return medianStep(values) > 0.1 ? 1e-3 : 1;
}

/** Hz of times that come evenly, in the unit that their name or their steps say; undefined of other times. */
export function evenRate(values: Float64Array, name: string): number | undefined {
  const unit = timeUnit(name, values);
  const [first, last] = [values[0] as number, values.at(-1) as number];
  const rate = (values.length - 1) / ((last - first) * unit);
  if (!(rate > 0) || !Number.isFinite(rate)) return undefined;
  const isEven = values.every((time, i) => Math.abs((time - first) * unit * rate - i) <= JITTER);
  return isEven ? roundRate(rate) : undefined;
}

export interface EvenRows {
  rate: number;
  columns: Float64Array[];
  /** Sentences about what was done. */
  notes: string[];
}

/** A row may be this far from its even place, in steps, before the rows count as uneven. */
const JITTER = 0.5;
/** Where the next row is farther than this many steps away, the samples between are missing. */
const HOLE = 3.5;
/** Over this many grid places a row, the times are more likely wrong than the pauses long. */
const MOSTLY_MISSING = 20;

/**
 * Puts rows at given times (seconds, rising) on an even grid. Even rows stay as they are; uneven ones are
 * interpolated linearly at the typical rate, with NaN where rows are missing for several steps.
 */
export function evenRows(file: string, seconds: Float64Array, columns: readonly Float64Array[]): EvenRows {
  const count = seconds.length;
  for (let i = 0; i < count; i++) {
    // Equal times happen where the clock is coarser than the samples.
    if (i === 0 ? Number.isFinite(seconds[0]) : (seconds[i] as number) >= (seconds[i - 1] as number))
      continue;
    throw new FormatError(
      file,
      `has a time column that does not rise (row ${i + 1}: ${seconds[i]} s after ${seconds[i - 1]} s).`,
      'Sort the rows by time, or leave the column out and give the sampling rate.',
    );
  }
  const [first, last] = [seconds[0] as number, seconds[count - 1] as number];
  if (!(last > first)) {
    throw new FormatError(
      file,
      'has a time column that does not move.',
      'Leave it out and give the sampling rate.',
    );
  }
  const even = (count - 1) / (last - first);
  const isEven = seconds.every((time, i) => Math.abs((time - first) * even - i) <= JITTER);
  if (isEven) return { rate: roundRate(even), columns: [...columns], notes: [] };

  const step = medianStep(seconds);
  if (!(step > 0)) {
    throw new FormatError(
      file,
      'repeats most of its times, and its rows do not come evenly.',
      'Leave the time column out and give the sampling rate.',
    );
  }
  const grid = Math.floor((last - first) / step + 1e-9) + 1;
  if (grid > MOSTLY_MISSING * count) {
    throw new FormatError(
      file,
      `has ${count} rows over ${last - first} s in steps of ${step} s, so that most samples are missing.`,
      'Check the unit of its time column, or cut the file at its pauses.',
    );
  }
  const out = columns.map(() => new Float64Array(grid).fill(Number.NaN));
  let holes = 0;
  for (let i = 0, row = 0; i < grid; i++) {
    const time = first + i * step;
    while (row < count - 2 && (seconds[row + 1] as number) <= time) row++;
    const [left, right] = [seconds[row] as number, seconds[row + 1] as number];
    if (right - left > HOLE * step && time > left && time < right) {
      holes++;
      continue;
    }
    const part = right > left ? Math.min(1, (time - left) / (right - left)) : 0;
    columns.forEach((column, c) => {
      const [a, b] = [column[row] as number, column[row + 1] as number];
      (out[c] as Float64Array)[i] = part === 0 ? a : a + part * (b - a);
    });
  }
  const rate = roundRate(1 / step);
  return {
    rate,
    columns: out,
    notes: [
      `the rows do not come evenly; they were interpolated at ${rate} Hz, with ${holes} samples missing`,
    ],
  };
}

function medianStep(values: Float64Array): number {
  const steps = new Float64Array(Math.max(0, values.length - 1));
  for (let i = 0; i < steps.length; i++) steps[i] = (values[i + 1] as number) - (values[i] as number);
  return steps.sort()[steps.length >> 1] ?? Number.NaN;
}

/** Times are written with few digits: a rate within their error of a round number is that number. */
function roundRate(rate: number): number {
  const round = Math.round(rate);
  return Math.abs(rate - round) < 1e-5 * rate ? round : Number(rate.toPrecision(9));
}
