/** Columns whose values are those of a counter, of times or of a flag, and of no signal. */
import { epochUnit } from './formats/text/time-unit.ts';

/** Below this many rows nothing is judged by its values. */
const FEWEST_ROWS = 32;
/** Part of the steps of a counter that go up by its own step; the others are rows that are missing. */
const COUNTING = 0.8;
/** Part of the steps that may be none: a slow signal of whole numbers has many, a counter of rows has none. */
const STANDING = 0.02;
/** Part of the steps that may go down, where they do not all go down from the largest value to the smallest. */
const FALLS = 0.05;
const SAME_FALL = 0.9;
/** Part of the runs of one value that have the same length, where a counter counts packets of several rows. */
const SAME_RUN = 0.95;
/** Part of the steps of times that are the same to 1 %. */
const SAME_STEP = 0.99;
/** How far from a straight line times lie at most, as a part of their range. */
const STRAIGHT = 0.005;
const FEWEST_TIMES = 200;
/** Part of the range over which a part of times falls where it begins anew. */
const WHOLE_FALL = 0.9;
/** Part of the rows at one value from which on a column of whole numbers holds marks. */
const AT_REST = 0.9;
/** Values of a flag, or of a state that lasts. */
const FLAG_VALUES = 2;
const STATE_VALUES = 4;
const STATE_RUN = 16;
const FEWEST_FLAG_ROWS = 64;

/** What is measured in volts is a signal, whatever its values look like: a test signal may be a ramp. */
export function isVoltage(unit: string): boolean {
  return /^[num\u00b5\u03bc]?v(olts?)?$/i.test(unit);
}

/** Of counters, upwards and downwards. Completes a column's name, as the next one does. */
export const COUNTS_ROWS = [
  'holds whole numbers that mostly rise by one, as a counter does',
  'holds whole numbers that mostly fall by one, as a counter does',
] as const;
export const FLAGS = 'holds a few whole numbers that stay, as flags and states do';

/** Why a column of these values is no signal, as what follows its name; undefined where it may be one. */
export function notASignal(all: Float64Array): string | undefined {
  const values = all.filter((value) => !Number.isNaN(value));
  if (values.length < FEWEST_ROWS) return undefined;
  const why = countsOrTimes(values);
  if (why !== undefined) return why;
  if (isFlag(values)) return FLAGS;
  return areMarks(values) ? 'holds whole numbers that hardly ever change, as marks do' : undefined;
}

/** Are these values, of which some may be missing, a counter's or times? The reason as what follows the name. */
export function countsOrTimes(all: Float64Array): string | undefined {
  const values = all.filter((value) => !Number.isNaN(value));
  if (values.length < FEWEST_ROWS) return undefined;
  if (isCounter(values)) return COUNTS_ROWS[0];
  if (isCounter(values.map((value) => -value))) return COUNTS_ROWS[1];
  if (risesLikeTime(values) || arePointsInTime(values)) return 'rises evenly from row to row, as times do';
  if (onlyMoves(values, 1)) return 'only rises from row to row, as times do';
  if (onlyMoves(values, -1)) return 'only falls from row to row, as a time that is left does';
  if (beginsAnew(values)) return 'rises from row to row and begins anew, as parts of times do';
  return undefined;
}

/**
 * Whole numbers that mostly rise by one, though rows may be missing, each may stand for several rows, and they may begin anew. A
 * slow signal of whole numbers rises in runs of all lengths and falls as well. `isNamed` where its name is that of a counter.
 */
export function isCounter(values: Float64Array, isNamed = false): boolean {
  if (!values.every(Number.isInteger)) return false;
  if (counts(values)) return true;
  const runs: number[] = [];
  const firsts: number[] = [];
  for (let i = 0, start = 0; i <= values.length; i++) {
    if (i < values.length && values[i] === values[start]) continue;
    runs.push(i - start);
    firsts.push(values[start] as number);
    start = i;
  }
  const inner = runs.slice(1, -1);
  const length = inner[inner.length >> 1] ?? 1;
  const isRegular = inner.filter((run) => run === length).length >= SAME_RUN * inner.length;
  // A few even runs may be a slow ramp in coarse counts, unless they begin anew.
  const isTold =
    isNamed ||
    runs.length >= FEWEST_ROWS ||
    firsts.some((value, i) => i > 0 && value < (firsts[i - 1] as number));
  return length > 1 && isTold && isRegular && counts(Float64Array.from(firsts));
}

function counts(values: Float64Array): boolean {
  const steps = new Map<number, number>();
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    [low, high] = [Math.min(low, value), Math.max(high, value)];
    if (i > 0) {
      const step = value - (values[i - 1] as number);
      steps.set(step, (steps.get(step) ?? 0) + 1);
    }
  }
  const total = values.length - 1;
  const falls = [...steps].filter(([step]) => step < 0);
  const fallen = falls.reduce((sum, [, count]) => sum + count, 0);
  if ((steps.get(0) ?? 0) > STANDING * total) return false;
  const whole = falls.find(([step]) => step === low - high)?.[1] ?? 0;
  const isWrapping = fallen > 0 && whole >= SAME_FALL * fallen;
  // Two packets of a radio link may come in one row each, so that the counter goes up by two; one that begins anew may have any step.
  const sizes = isWrapping ? [...steps.keys()].filter((step) => step > 0) : [1, 2];
  const up = Math.max(0, ...sizes.map((step) => steps.get(step) ?? 0));
  return isWrapping
    ? up >= COUNTING * (total - fallen) && fallen < total / 2
    : up >= COUNTING * total && fallen <= FALLS * total;
}

/** Rising in steps of one size (but for missing rows), or a straight line with jitter. */
function risesLikeTime(values: Float64Array): boolean {
  const steps = new Float64Array(values.length - 1);
  for (let i = 0; i < steps.length; i++) {
    steps[i] = (values[i + 1] as number) - (values[i] as number);
    if (!((steps[i] as number) >= 0)) return false;
  }
  const median = steps.slice().sort()[steps.length >> 1] as number;
  if (!(median > 0)) return false;
  const same = steps.filter((step) => Math.abs(step - median) < 0.01 * median).length;
  if (same >= SAME_STEP * steps.length) return true;
  const [first, last] = [values[0] as number, values.at(-1) as number];
  const slope = (last - first) / steps.length;
  return (
    values.length >= FEWEST_TIMES &&
    steps.every((step) => step > 0) &&
    values.every((value, i) => Math.abs(value - first - slope * i) <= STRAIGHT * (last - first))
  );
}

/** In every row, which no signal does for long: times with holes, sums. */
function onlyMoves(values: Float64Array, sign: 1 | -1): boolean {
  return (
    values.length >= FEWEST_TIMES &&
    values.every((value, i) => i === 0 || sign * (value - (values[i - 1] as number)) > 0)
  );
}

/** The milliseconds of each second: steps up of about one size, and falls over nearly the whole range. */
function beginsAnew(values: Float64Array): boolean {
  if (values.length < FEWEST_TIMES) return false;
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const ups: number[] = [];
  let falls = 0;
  for (let i = 1; i < values.length; i++) {
    const step = (values[i] as number) - (values[i - 1] as number);
    if (step > 0) ups.push(step);
    else if (step < 0 && step <= -WHOLE_FALL * (high - low)) falls++;
    else return false;
  }
  const median = ups.sort((a, b) => a - b)[ups.length >> 1] ?? 0;
  const alike = ups.filter((step) => Math.abs(step - median) <= 0.5 * median).length;
  return falls > 1 && alike >= SAME_STEP * ups.length;
}

/** Seconds since 1970 or parts of them, which rise but for jitter: times of arrival. */
function arePointsInTime(values: Float64Array): boolean {
  if (values.length < FEWEST_TIMES) return false;
  const lag = Math.ceil(values.length / 20);
  const unit = epochUnit(values[0] as number, 0);
  return (
    unit !== undefined &&
    unit.seconds <= 1 &&
    values.every(
      (value, i) => epochUnit(value, 0) === unit && (i < lag || value > (values[i - lag] as number)),
    )
  );
}

/** Whole numbers that hardly ever leave one value: codes of a trigger. */
function areMarks(values: Float64Array): boolean {
  if (values.length < FEWEST_TIMES || !values.every(Number.isInteger)) return false;
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = [...counts.values()].reduce((a, b) => Math.max(a, b));
  return counts.size > 1 && most >= AT_REST * values.length;
}

/** Two whole numbers, or a few that stay: whatever the column is called, no electrode delivers them. */
export function isFlag(all: Float64Array): boolean {
  const values = all.filter((value) => !Number.isNaN(value));
  if (values.length < FEWEST_FLAG_ROWS) return false;
  const seen = new Set<number>();
  let runs = 1;
  for (let i = 0; i < values.length; i++) {
    seen.add(values[i] as number);
    if (seen.size > STATE_VALUES || !Number.isInteger(values[i])) return false;
    if (i > 0 && values[i] !== values[i - 1]) runs++;
  }
  return seen.size > 1 && (seen.size <= FLAG_VALUES || values.length / runs >= STATE_RUN);
}
