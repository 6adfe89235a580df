/** Why a window cannot be used. */
export type Defect = 'missing' | 'impossible' | 'flat' | 'clipped';

/**
 * No analogue-to-digital converter for such signals has more than 32 bits, so no count, in whatever unit, goes beyond this.
 * Its square, summed over the longest window, is far from what f32 can hold.
 */
export const LARGEST_VALUE = 2 ** 32;

/**
 * A signal that changes by less is flat: a millionth of a microvolt where there is a unit, and else no more than what the
 * model's z-score adds to the deviation so as not to divide by zero.
 */
export const LEAST_CHANGE = 1e-6;
/** Of the largest value: what f32 can resolve, a few times over. */
const LEAST_CHANGE_OF_VALUE = 2 ** -22;

/** This part of a window at one value in a row makes it flat; an electrode had come off. */
const FLAT_PART = 0.5;
/** This part of a window at its largest or smallest value makes it clipped; only runs count, a single peak does not. */
const CLIPPED_PART = 0.1;
const CLIPPED_RUN = 3;

/** Looks at samples from ... to-1 of a channel as it was recorded, before any filter could hide the defect. */
export function findDefect(signal: Float64Array, from: number, to: number): Defect | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = from; i < to; i++) {
    const value = signal[i] as number;
    if (Number.isNaN(value)) return 'missing';
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const least = Math.max(LEAST_CHANGE, LEAST_CHANGE_OF_VALUE * Math.max(Math.abs(low), Math.abs(high)));
  if (high - low < least) return 'flat';
  const count = to - from;
  let [atLow, atHigh, longest, run] = [0, 0, 0, 0];
  for (let i = from; i <= to; i++) {
    if (i > from && i < to && signal[i] === signal[i - 1]) {
      run++;
      continue;
    }
    if (i > from) {
      const value = signal[i - 1] as number;
      if (run > longest) longest = run;
      if (run >= CLIPPED_RUN && value === low) atLow += run;
      if (run >= CLIPPED_RUN && value === high) atHigh += run;
    }
    run = 1;
  }
  if (longest >= FLAT_PART * count) return 'flat';
  if (Math.max(atLow, atHigh) >= CLIPPED_PART * count) return 'clipped';
  return undefined;
}

/** The first sample of from ... to-1 that is beyond `largest` in either direction, or infinite; -1 where none is. */
export function firstBeyond(signal: Float64Array, from: number, to: number, largest: number): number {
  for (let i = from; i < to; i++) if (Math.abs(signal[i] as number) > largest) return i;
  return -1;
}

/** Replaces samples beyond `largest` by missing ones, so that neither filters nor spectra spread them. */
export function dropBeyond(signal: Float64Array, largest: number): void {
  for (let i = 0; i < signal.length; i++) if (Math.abs(signal[i] as number) > largest) signal[i] = Number.NaN;
}

/** Replaces missing samples by straight lines between their neighbours, so that filters do not spread them. */
export function bridgeMissing(signal: Float64Array): void {
  let last = -1;
  for (let i = 0; i <= signal.length; i++) {
    if (i < signal.length && Number.isNaN(signal[i] as number)) continue;
    if (i - last > 1) {
      const left = last >= 0 ? (signal[last] as number) : i < signal.length ? (signal[i] as number) : 0;
      const right = i < signal.length ? (signal[i] as number) : left;
      for (let k = last + 1; k < i; k++) signal[k] = left + ((right - left) * (k - last)) / (i - last);
    }
    last = i;
  }
}
