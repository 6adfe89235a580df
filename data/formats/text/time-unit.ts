/** The unit that a column of times is in: declared by its name, shown by its size (points in time), or by its steps. */
import { FASTEST_RATE, SLOWEST_RATE } from '../../rate.ts';

export interface TimeUnit {
  readonly name: 'ns' | 'us' | 'ms' | 'cs' | 's' | 'min' | 'h' | 'days' | `s/${string}`;
  readonly seconds: number;
}

const UNITS: readonly TimeUnit[] = [
  { name: 'ns', seconds: 1e-9 },
  { name: 'us', seconds: 1e-6 },
  { name: 'ms', seconds: 1e-3 },
  { name: 's', seconds: 1 },
  { name: 'min', seconds: 60 },
  { name: 'h', seconds: 3600 },
  { name: 'days', seconds: 86_400 },
];
/** Only where a header says so. */
const CENTISECONDS: TimeUnit = { name: 'cs', seconds: 0.01 };
const unitNamed = (name: TimeUnit['name']) => UNITS.find((unit) => unit.name === name) ?? CENTISECONDS;

const DECLARED: readonly (readonly [RegExp, TimeUnit['name']])[] = [
  [/\b(ns|nsecs?|nano\w*)\b/, 'ns'],
  [/(^|[^a-z])(us|\u00b5s|\u03bcs|usecs?|micro\w*)($|[^a-z])/, 'us'],
  [/\b(ms|msecs?|milli\w*)\b/, 'ms'],
  [/\b(cs|csecs?|centi\w*|hundredths?)\b/, 'cs'],
  [/\b(s|secs?|seconds?|sekunden?|secondes?|segundos?)\b/, 's'],
  [/\b(min|mins|minutes?|minuten)\b/, 'min'],
  [/\b(h|hours?|stunden?)\b/, 'h'],
  [/\b(d|days?|tage?|datenum)\b/, 'days'],
];

/** The unit that a header declares, as in "Time (min)", "time_ms", "timeMs" and "t/s". */
export function declaredUnit(header: string): TimeUnit | undefined {
  const plain = header.replaceAll('_', ' ');
  // Hexoskin counts in 256ths: "time [s/256]".
  const part = /[([]\s*s\s*\/\s*(\d+)\s*[)\]]/i.exec(plain)?.[1];
  if (part !== undefined && Number(part) > 0) return { name: `s/${part}`, seconds: 1 / Number(part) };
  // "mSecs" is one word, "timeMs" is two.
  for (const words of [plain, plain.replace(/([a-z])([A-Z])/g, '$1 $2')]) {
    const found = DECLARED.find(([pattern]) => pattern.test(words.toLowerCase()));
    if (found) return unitNamed(found[1]);
  }
  return undefined;
}

/** 2000 to 2100 in seconds since 1970; Polar counts nanoseconds since 2000. */
const [EPOCH_FROM, EPOCH_TO] = [946_684_800, 4_102_444_800];
const SINCE_2000 = [5e17, 9e17] as const;
/** The same years in days since 1900 (spreadsheets) and since the year 0 (MATLAB). */
const DAYS = [
  [36_526, 73_051],
  [730_486, 767_011],
] as const;
/** Points in time are written down at least once a day. */
const LONGEST_STEP = 86_400;

/** The unit of points in time, which their size shows; undefined of times from the start of a recording. */
export function epochUnit(first: number, step: number): TimeUnit | undefined {
  if (first >= SINCE_2000[0] && first <= SINCE_2000[1]) return unitNamed('ns');
  const since1970 = UNITS.slice(0, 4).find(
    ({ seconds }) =>
      first * seconds >= EPOCH_FROM && first * seconds <= EPOCH_TO && step * seconds <= LONGEST_STEP,
  );
  if (since1970) return since1970;
  // In seconds the rows would come faster than any amplifier has them.
  const isDays = step < 1 / FASTEST_RATE && DAYS.some(([from, to]) => first >= from && first <= to);
  return isDays ? unitNamed('days') : undefined;
}

/** Seconds apart that tables of slow values have their rows, whose times are easily taken for milliseconds. */
const SLOW_STEPS = [
  0.1, 0.125, 0.2, 0.25, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600,
] as const;
const SLOW_TOLERANCE = 0.03;
/** Hz, over which times without a unit are more likely in minutes than in seconds. */
const ODDLY_FAST = 10_000;

export type UnitVerdict =
  | { readonly unit: TimeUnit; readonly isDeclared: boolean; readonly note?: string }
  /** Why no unit can be right, or which ones could; and what to do. */
  | { readonly problem: string; readonly fix: string };

/**
 * The unit of times that begin at `first` and come every `step`, from the header if it has one. A rate that no amplifier has is
 * rejected with the unit that would fit; so are times without a unit that make sense in two.
 */
export function unitOfTimes(header: string | undefined, first: number, step: number): UnitVerdict {
  const rateIn = ({ seconds }: TimeUnit) => 1 / (step * seconds);
  const isUsual = (unit: TimeUnit) => rateIn(unit) >= SLOWEST_RATE && rateIn(unit) < 1000 * SLOWEST_RATE;
  const named = header === undefined ? 'without a name' : `"${header}"`;
  const fitting = (units: readonly TimeUnit[]) =>
    units.map((unit) => `${hertz(rateIn(unit))} in ${unit.name}`).join(', ');
  const declared = header === undefined ? undefined : declaredUnit(header);
  const known = declared ?? epochUnit(first, step);
  if (known) {
    const rate = rateIn(known);
    const fits = UNITS.filter((unit) => unit !== known && isUsual(unit));
    if (rate > FASTEST_RATE && !(declared && epochUnit(first, step)))
      return {
        problem: `has times ${named} whose rows would come at ${hertz(rate)}, more than the ${FASTEST_RATE} Hz that signals have at most (it would be ${fitting(fits)}).`,
        fix: 'Correct the unit in its name, as in "time (ms)", or give the sampling rate (--rate HZ).',
      };
    const note =
      declared && rate < SLOWEST_RATE && fits.length > 0
        ? { note: `its times ${named} make ${hertz(rate)}; it would be ${fitting(fits)}` }
        : {};
    return { unit: known, isDeclared: declared !== undefined, ...note };
  }
  const short = UNITS.slice(0, 4);
  const unit = short.findLast(isUsual) ?? unitNamed('s');
  const slow = short.filter(
    (other) =>
      other.seconds > unit.seconds &&
      SLOW_STEPS.some((period) => Math.abs(step * other.seconds - period) <= SLOW_TOLERANCE * period),
  );
  const rate = rateIn(unit);
  const longer = UNITS.slice(4).filter((other) => rate > ODDLY_FAST && isUsual(other));
  const others = [...slow, ...longer];
  if (others.length > 0 || rate > FASTEST_RATE) {
    const tooSlow = slow.length > 0 ? `, which is too slow for a signal (${SLOWEST_RATE} Hz or more)` : '';
    return {
      problem: `has times ${named} without a unit, whose rows would come at ${
        others.length > 0 ? `${fitting(others)}${tooSlow}, but ${fitting([unit])}` : `${hertz(rate)} in s`
      }.`,
      fix: 'Write the unit into its name, as in "time (s)" or "time (ms)", or give the sampling rate (--rate HZ).',
    };
  }
  const isSeconds = unit.name === 's';
  return {
    unit,
    isDeclared: false,
    ...(isSeconds
      ? {}
      : { note: `its times ${named} have no unit; they are taken for ${unit.name}, ${hertz(rate)}` }),
  };
}

function hertz(rate: number): string {
  return `${Number(rate.toPrecision(4))} Hz`;
}
