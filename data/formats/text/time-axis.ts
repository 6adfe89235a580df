/** Times that a text file gives for its rows: their unit, their rate, and rows that do not come evenly. */

import { unitOfTimes } from './time-unit.ts';

const TIME_NAME =
  /^["']?(time|times|timer|zeit|temps|tiempo|timestamps?|t|secs?|seconds|min|minutes|ms|msec|millis(econds)?|elapsed|date ?time|hours?|stunden?|heures?|minuten|sekunden?|days?|tage)\b/i;
/** Words that also other columns have. */
const SPEAKS_OF_TIME =
  /(^|[^a-z])(time|times|timestamps?|date ?time|zeit|zeitstempel|uhrzeit|clock|unix|lsl|epoch ?time|millis)([^a-z]|$)/i;

/** Is this the header of a column of times? */
export function namesTime(header: string): boolean {
  return TIME_NAME.test(header.replaceAll('_', ' ').trim());
}

/** May this be one, if its values rise? As "Sensor timestamp [ns]" and "Shimmer_Timestamp_Unix_CAL". */
export function speaksOfTime(header: string): boolean {
  return SPEAKS_OF_TIME.test(header.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' '));
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

/** A row may be this far from its even place, in steps, before the rows count as uneven. */
export const JITTER = 0.5;

/**
 * Hz of times that come evenly, in the unit that their name, their size or their steps say; what is wrong with their unit;
 * undefined of other times.
 */
export function evenRate(
  values: Float64Array,
  name: string,
): { rate: number } | { problem: string; fix: string } | undefined {
  const [first, last] = [values[0] as number, values.at(-1) as number];
  const verdict = unitOfTimes(name, first, typicalStep(values).step);
  if ('problem' in verdict) return verdict;
  const unit = verdict.unit.seconds;
  const rate = (values.length - 1) / ((last - first) * unit);
  if (!(rate > 0) || !Number.isFinite(rate)) return undefined;
  const jitter = largest(values, (time, i) => Math.abs((time - first) * unit * rate - i));
  return jitter <= JITTER ? { rate: roundRate(rate, jitter / (values.length - 1)) } : undefined;
}

/** Part of the steps, the largest ones, that may be pauses. */
const PAUSES = 0.005;

/**
 * The step from row to row, whatever a few pauses are. Rows that come in bursts have most steps far below their mean, which
 * then is the typical one.
 */
export function typicalStep(values: Float64Array): { step: number; isBursty: boolean } {
  const steps = sortedSteps(values);
  const median = steps[steps.length >> 1] ?? Number.NaN;
  const kept = steps.subarray(0, Math.max(1, steps.length - Math.ceil(PAUSES * steps.length)));
  const meanOf = (some: Float64Array) => some.reduce((sum, step) => sum + step, 0) / some.length;
  // A clock of whole seconds moves less often than there are pauses.
  const mean = meanOf(kept) || meanOf(steps);
  const isBursty = median < 0.5 * mean;
  return { step: isBursty ? mean : median, isBursty };
}

function sortedSteps(values: Float64Array): Float64Array {
  const steps = new Float64Array(Math.max(0, values.length - 1));
  for (let i = 0; i < steps.length; i++) steps[i] = (values[i + 1] as number) - (values[i] as number);
  return steps.sort();
}

export function medianStep(values: Float64Array): number {
  const steps = sortedSteps(values);
  return steps[steps.length >> 1] ?? Number.NaN;
}

/** NaN where one of them is no number. */
export function largest(values: Float64Array, of: (value: number, index: number) => number): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) found = Math.max(found, of(values[i] as number, i));
  return found;
}

/**
 * Times are written with few digits: a rate within their error of a round number is that number. `uncertainty` is the
 * part of the rate that the times leave open.
 */
export function roundRate(rate: number, uncertainty = 0): number {
  const round = Math.round(rate);
  const isRound = Math.abs(rate - round) < Math.max(1e-5, uncertainty) * rate;
  return isRound && round > 0 ? round : Number(rate.toPrecision(9));
}
