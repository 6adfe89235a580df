/** Puts rows that come at given times on an even grid. */
import { FormatError } from '../../errors.ts';
import type { Gap, RowPlaces } from '../../recording.ts';
import { JITTER, largest, medianStep, roundRate, typicalStep } from './time-axis.ts';

export interface EvenRows {
  rate: number;
  columns: Float64Array[];
  gaps: Gap[];
  rows: RowPlaces;
  /** Sentences about what was done. */
  notes: string[];
}

/** The same where rows are missing: the first one may be off as far as any other. */
const JITTER_BESIDE_HOLES = 0.4;
/** Cameras and radio links drop frames all the time: where more short holes than this are, rows are interpolated. */
const MOST_SHORT_HOLES = 16;
/** Where the next row is farther than this many steps away, the samples between are missing. */
const HOLE = 3.5;
/** Seconds: after a longer pause the signal begins anew. */
const PAUSE = 10;
/** Over this many grid places a row, the times are more likely wrong than the pauses long. */
const MOSTLY_MISSING = 20;

/** Part of its rate by which even rows, and others, may differ from a nominal one: crystals are exact, arrival is not. */
const TOLERANCE = { even: 0.01, uneven: 0.1 } as const;
/** Seconds without rows that are a pause to what is said of rows. */
const SHORTEST_PAUSE = 1;

/** The times of the rows contradict the rate that somebody gave or declared. */
export class RateMismatch extends Error {
  readonly measured: number;

  constructor(measured: number) {
    super(`The times make ${measured} Hz.`);
    this.measured = measured;
  }
}

/**
 * Puts rows at given times (seconds, rising) on an even grid. Even rows stay as they are, missing ones between them are
 * NaN; uneven ones are interpolated linearly at the typical rate, with NaN where rows are missing for several steps. Rows that come in
 * bursts, as over radio links, have the times of their arrival: they are taken one after the other, at `nominal` Hz or else
 * at the rate of their count. Pauses of more than ten seconds become gaps.
 * @throws FormatError where times do not rise, RateMismatch where they contradict `nominal`.
 */
export function evenRows(
  file: string,
  seconds: Float64Array,
  columns: readonly Float64Array[],
  nominal?: number,
): EvenRows {
  const count = seconds.length;
  const [first, last] = requireRising(file, seconds);
  const even = (count - 1) / (last - first);
  const jitter = largest(seconds, (time, i) => Math.abs((time - first) * even - i));
  if (jitter <= JITTER) {
    const rate = agreed(roundRate(even, jitter / (count - 1)), nominal, TOLERANCE.even);
    return evenAlready(rate, columns, count);
  }
  const { isBursty } = typicalStep(seconds);
  if (isBursty) return countedRows(seconds, columns, nominal);

  const median = medianStep(seconds);
  const stretches = stretchesOf(seconds, Math.max(PAUSE, HOLE * median));
  // Where rows wander, a step is no longer distinguished from two, and their mean is the rate.
  const places = placesOf(seconds, stretches, meanStep(seconds, median, 0.5, 1.5));
  const step = places?.step ?? meanStep(seconds, median, 0, HOLE);
  const measured = roundRate(1 / step, places?.uncertainty);
  const rate = agreed(measured, nominal, places ? TOLERANCE.even : TOLERANCE.uneven);
  const lengths = stretches.map(({ start, end }) =>
    places
      ? (places.places[end - 1] as number) + 1
      : Math.floor(((seconds[end - 1] as number) - (seconds[start] as number)) * rate + 1e-6) + 1,
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > MOSTLY_MISSING * count || 10 * (stretches.length - 1) > count) {
    throw new FormatError(
      file,
      `has ${count} rows over ${last - first} s in steps of ${step} s, so that most samples are missing.`,
      'Check the unit of its time column, or cut the file at its pauses.',
    );
  }
  const out = columns.map(() => new Float64Array(total).fill(Number.NaN));
  const { offsets, gaps } = laid(seconds, stretches, lengths, rate);
  let holes = 0;
  for (const [i, { start, end }] of stretches.entries()) {
    const [offset, length] = [offsets[i] as number, lengths[i] as number];
    if (places) {
      for (let row = start; row < end; row++)
        columns.forEach((column, c) => {
          (out[c] as Float64Array)[offset + (places.places[row] as number)] = column[row] as number;
        });
      holes += length - (end - start);
    } else holes += interpolate(seconds, columns, { start, end }, out, { offset, length, step: 1 / rate });
  }
  const notes = [
    places
      ? `${holes} samples are missing between rows at ${rate} Hz`
      : `the rows do not come evenly; they were interpolated at ${rate} Hz, with ${holes} samples missing`,
  ];
  const placeOf = (row: number) => {
    if (row >= count) return total;
    const index = stretchAt(stretches, row);
    const { start } = stretches[index] as RowStretch;
    const within = places
      ? (places.places[row] as number)
      : ((seconds[row] as number) - (seconds[start] as number)) * rate;
    return (offsets[index] as number) + within;
  };
  const rows = { count, placeOf, pauseIn: pausesOf(seconds, HOLE / rate) };
  return { rate, columns: out, gaps, rows, notes: places && holes === 0 ? [] : notes };
}

/** The nominal rate where the measured one is the same to a tolerance, else the measured one where there is no other. */
function agreed(measured: number, nominal: number | undefined, tolerance: number): number {
  if (nominal === undefined) return measured;
  if (Math.abs(measured / nominal - 1) > tolerance) throw new RateMismatch(measured);
  return nominal;
}

/** Rows one after the other, whatever their times are but for pauses. */
function countedRows(
  seconds: Float64Array,
  columns: readonly Float64Array[],
  nominal: number | undefined,
): EvenRows {
  const count = seconds.length;
  const stretches = stretchesOf(seconds, PAUSE);
  let [rows, duration] = [0, 0];
  for (const { start, end } of stretches) {
    const { first, last } = wholeBursts(seconds, start, end);
    rows += last - first;
    duration += (seconds[last] as number) - (seconds[first] as number);
  }
  const counted = rows / duration;
  const late = largest(seconds, (time, row) => {
    const { start } = stretches[stretchAt(stretches, row)] as RowStretch;
    return Math.abs((time - (seconds[start] as number)) * counted - (row - start));
  });
  const rate = agreed(roundRate(counted, late / rows), nominal, TOLERANCE.uneven);
  const lengths = stretches.map(({ start, end }) => end - start);
  const { gaps } = laid(seconds, stretches, lengths, rate);
  const how =
    nominal === undefined ? 'that is how many there are in the time that they take' : 'the declared rate';
  return {
    rate,
    columns: [...columns],
    gaps,
    rows: { count, placeOf: (row) => Math.min(row, count), pauseIn: pausesOf(seconds, PAUSE) },
    notes: [`the rows come in bursts, as they arrived; they are taken evenly at ${rate} Hz, ${how}`],
  };
}

/** Bursts from which on the first one is not counted. */
const ENOUGH_BURSTS = 4;

/**
 * Rows of a stretch from the start of a burst to that of another: how long the last one took nobody knows, and of the first
 * one rows may be missing, as where a clock of whole seconds is read from the middle of one on.
 */
function wholeBursts(seconds: Float64Array, start: number, end: number): { first: number; last: number } {
  const mean = ((seconds[end - 1] as number) - (seconds[start] as number)) / Math.max(1, end - 1 - start);
  const starts = [start];
  for (let row = start + 1; row < end; row++)
    if ((seconds[row] as number) - (seconds[row - 1] as number) > mean) starts.push(row);
  const first = starts.length > ENOUGH_BURSTS ? (starts[1] as number) : start;
  return { first, last: starts.at(-1) as number };
}

/** Where stretches begin among the samples, and the pauses between them. */
function laid(
  seconds: Float64Array,
  stretches: readonly RowStretch[],
  lengths: readonly number[],
  rate: number,
): { offsets: number[]; gaps: Gap[] } {
  const offsets: number[] = [];
  const gaps: Gap[] = [];
  let offset = 0;
  for (const [i, { start }] of stretches.entries()) {
    if (i > 0) {
      const pause = (seconds[start] as number) - (seconds[start - 1] as number);
      gaps.push({ at: offset / rate, seconds: pause - 1 / rate });
    }
    offsets.push(offset);
    offset += lengths[i] as number;
  }
  return { offsets, gaps };
}

function pausesOf(seconds: Float64Array, shortest: number): RowPlaces['pauseIn'] {
  const least = Math.max(SHORTEST_PAUSE, shortest);
  const pauses: { row: number; seconds: number }[] = [];
  for (let row = 1; row < seconds.length; row++) {
    const pause = (seconds[row] as number) - (seconds[row - 1] as number);
    if (pause > least) pauses.push({ row, seconds: pause });
  }
  return (start, end) =>
    pauses.reduce(
      (most, { row, seconds: own }) => (row > start && row < end ? Math.max(most, own) : most),
      0,
    );
}

function stretchAt(stretches: readonly RowStretch[], row: number): number {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row < (stretches[middle] as RowStretch).end) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Rows of one rate that are all there. */
export function evenAlready(rate: number, columns: readonly Float64Array[], count: number): EvenRows {
  const rows = { count, placeOf: (row: number) => Math.min(row, count), pauseIn: () => 0 };
  return { rate, columns: [...columns], gaps: [], rows, notes: [] };
}

function requireRising(file: string, seconds: Float64Array): [first: number, last: number] {
  const count = seconds.length;
  for (let i = 0; i < count; i++) {
    // Equal times happen where the clock is coarser than the samples.
    if (i === 0 ? Number.isFinite(seconds[0]) : (seconds[i] as number) >= (seconds[i - 1] as number))
      continue;
    if (Number.isNaN(seconds[i]))
      throw new FormatError(
        file,
        `has no time in row ${i + 1}.`,
        'Mend or remove the row, or leave the column out and give the sampling rate.',
        { field: 'time' },
      );
    throw new FormatError(
      file,
      `has a time column that does not rise (row ${i + 1}: ${seconds[i]} s after ${seconds[i - 1]} s).`,
      'Sort the rows by time, or leave the column out and give the sampling rate.',
    );
  }
  const [first, last] = [seconds[0] as number, seconds[count - 1] as number];
  if (last > first) return [first, last];
  throw new FormatError(
    file,
    'has a time column that does not move.',
    'Leave it out and give the sampling rate.',
  );
}

interface RowStretch {
  start: number;
  end: number;
}

/** Rows between pauses. */
function stretchesOf(seconds: Float64Array, pause: number): RowStretch[] {
  const found: RowStretch[] = [];
  let start = 0;
  for (let row = 1; row <= seconds.length; row++) {
    if (row < seconds.length && (seconds[row] as number) - (seconds[row - 1] as number) <= pause) continue;
    found.push({ start, end: row });
    start = row;
  }
  return found;
}

/** Places of the rows on a grid of each stretch, if all of them lie near places of their own; and the grid's step. */
function placesOf(
  seconds: Float64Array,
  stretches: readonly RowStretch[],
  typical: number,
): { places: Float64Array; step: number; uncertainty: number } | undefined {
  let [steps, duration] = [0, 0];
  for (const { start, end } of stretches) {
    for (let row = start + 1; row < end; row++)
      steps += Math.round(((seconds[row] as number) - (seconds[row - 1] as number)) / typical);
    duration += (seconds[end - 1] as number) - (seconds[start] as number);
  }
  const step = duration / steps;
  const places = new Float64Array(seconds.length);
  let [jitter, shortHoles] = [0, 0];
  for (const { start, end } of stretches) {
    for (let row = start + 1; row < end; row++) {
      const at = ((seconds[row] as number) - (seconds[start] as number)) / step;
      const place = Math.round(at);
      if (!(Math.abs(at - place) <= JITTER_BESIDE_HOLES) || place <= (places[row - 1] as number))
        return undefined;
      const skipped = place - (places[row - 1] as number) - 1;
      if (skipped > 0 && skipped < HOLE - 1 && ++shortHoles > MOST_SHORT_HOLES) return undefined;
      places[row] = place;
      jitter = Math.max(jitter, Math.abs(at - place));
    }
  }
  return steps > 0 ? { places, step, uncertainty: jitter / steps } : undefined;
}

/** Fills grid places offset ... offset+length-1; returns how many of them lie in holes and stay missing. */
function interpolate(
  seconds: Float64Array,
  columns: readonly Float64Array[],
  { start, end }: RowStretch,
  out: readonly Float64Array[],
  { offset, length, step }: { offset: number; length: number; step: number },
): number {
  let holes = 0;
  for (let i = 0, row = start; i < length; i++) {
    const time = (seconds[start] as number) + i * step;
    while (row < end - 2 && (seconds[row + 1] as number) <= time) row++;
    const next = Math.min(row + 1, end - 1);
    const [left, right] = [seconds[row] as number, seconds[next] as number];
    if (right - left > HOLE * step && time > left && time < right) {
      holes++;
      continue;
    }
    const part = right > left ? Math.min(1, (time - left) / (right - left)) : 0;
    columns.forEach((column, c) => {
      const [a, b] = [column[row] as number, column[next] as number];
      (out[c] as Float64Array)[offset + i] = part === 0 ? a : a + part * (b - a);
    });
  }
  return holes;
}

/** The mean of the steps of some sizes, in medians: a coarse clock makes single ones wrong. */
function meanStep(seconds: Float64Array, median: number, least: number, most: number): number {
  let [sum, count] = [0, 0];
  for (let i = 1; i < seconds.length; i++) {
    const step = (seconds[i] as number) - (seconds[i - 1] as number);
    if (step < least * median || step > most * median) continue;
    sum += step;
    count++;
  }
  return sum / count;
}
