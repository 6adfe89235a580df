/** Times that a text file gives for its rows: their unit, their rate, and rows that do not come evenly. */

const TIME_NAME =
  /^["']?(time|times|timer|zeit|temps|tiempo|timestamps?|t|secs?|seconds|ms|msec|millis(econds)?|elapsed|date ?time)\b/i;

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
 * samples a second, so steps of more than 0.1 cannot be seconds, those of more than 100 no milliseconds, and so on.
 */
export function timeUnit(header: string | undefined, values: Float64Array): number {
  const name = (header ?? '').toLowerCase().replaceAll('_', ' ');
  if (/\b(ns|nsec|nano\w*)\b/.test(name)) return 1e-9;
  if (/\b(us|µs|μs|usec|micro\w*)\b/.test(name)) return 1e-6;
  if (/\b(ms|msec|milli\w*)\b/.test(name)) return 1e-3;
  if (/\b(s|secs?|seconds)\b/.test(name)) return 1;
  const step = medianStep(values);
  return step > 1e5 ? 1e-9 : step > 100 ? 1e-6 : step > 0.1 ? 1e-3 : 1;
}

/** A row may be this far from its even place, in steps, before the rows count as uneven. */
export const JITTER = 0.5;

/** Hz of times that come evenly, in the unit that their name or their steps say; undefined of other times. */
export function evenRate(values: Float64Array, name: string): number | undefined {
  const unit = timeUnit(name, values);
  const [first, last] = [values[0] as number, values.at(-1) as number];
  const rate = (values.length - 1) / ((last - first) * unit);
  if (!(rate > 0) || !Number.isFinite(rate)) return undefined;
  const jitter = largest(values, (time, i) => Math.abs((time - first) * unit * rate - i));
  return jitter <= JITTER ? roundRate(rate, jitter / (values.length - 1)) : undefined;
}

export function medianStep(values: Float64Array): number {
  const steps = new Float64Array(Math.max(0, values.length - 1));
  for (let i = 0; i < steps.length; i++) steps[i] = (values[i + 1] as number) - (values[i] as number);
  return steps.sort()[steps.length >> 1] ?? Number.NaN;
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
