/**
 * Resampling by a rational factor with a linear-phase low-pass, in float64: the filter and the results of
 * scipy.signal.resample_poly(x, up, down, window=('kaiser', 5.0)).
 */
import { SignalError } from '../errors.ts';

const KAISER_BETA = 5;
/** Zero crossings of the sinc on each side. */
const HALF_CROSSINGS = 10;
const LARGEST_FACTOR = 50_000;

export interface Ratio {
  up: number;
  down: number;
}

/**
 * The ratio to/from in lowest terms. Rates such as 173.61 are decimal fractions and come out exactly (20000/17361);
 * a rate that would need a factor over 50,000 gets the nearest ratio below that, whose error is under 1e-9.
 */
export function rateRatio(from: number, to: number): Ratio {
  if (!(from > 0) || !(to > 0) || !Number.isFinite(from) || !Number.isFinite(to)) {
    throw new SignalError(`Cannot resample from ${from} to ${to} Hz: both rates must be positive numbers.`);
  }
  // Continued fraction of to/from: its convergents are the best approximations for their size.
  const target = to / from;
  let [up, down, lastUp, lastDown] = [1, 0, 0, 1];
  let rest = target;
  for (;;) {
    const whole = Math.floor(rest + 1e-9);
    const [nextUp, nextDown] = [whole * up + lastUp, whole * down + lastDown];
    if (Math.max(nextUp, nextDown) > LARGEST_FACTOR) break;
    [lastUp, lastDown, up, down] = [up, down, nextUp, nextDown];
    if (Math.abs(up / down - target) <= 1e-13 * target || Math.abs(rest - whole) < 1e-9) break;
    rest = 1 / (rest - whole);
  }
  if (up === 0 || down === 0) {
    throw new SignalError(
      `Cannot resample from ${from} to ${to} Hz: the rates differ by more than ${LARGEST_FACTOR}-fold.`,
    );
  }
  return { up, down };
}

/** Part of a longer signal: `values[i]` is its sample `start + i`. */
export interface Stretch {
  values: Float64Array;
  start: number;
}

export interface ResamplerOptions {
  /**
   * `kept` scales the taps of each phase to sum to one. As scipy has them they do so only within 2e-3, which turns the
   * large offset of a DC-coupled amplifier into a tone.
   */
  constants?: 'scipy' | 'kept';
}

export class Resampler {
  readonly up: number;
  readonly down: number;
  /** Half the filter's length, in input samples: what lies farther away does not matter. */
  readonly reach: number;
  private readonly half: number;
  private readonly tapsPerPhase: number;
  /** Filter taps sorted by phase, so that the taps of one output lie side by side. */
  private readonly phases: Float64Array;

  constructor({ up, down }: Ratio, { constants = 'scipy' }: ResamplerOptions = {}) {
    this.up = up;
    this.down = down;
    const slower = Math.max(up, down);
    this.half = up === down ? 0 : HALF_CROSSINGS * slower;
    this.reach = Math.ceil(this.half / up);
    const taps = lowPass(this.half, slower, up);
    this.tapsPerPhase = Math.ceil(taps.length / up);
    this.phases = new Float64Array(up * this.tapsPerPhase);
    taps.forEach((tap, i) => {
      this.phases[(i % up) * this.tapsPerPhase + Math.floor(i / up)] = tap;
    });
    if (constants === 'kept') keepConstants(this.phases, this.tapsPerPhase);
  }

  /** Length of the resampled signal. */
  outputLength(inputLength: number): number {
    return Math.ceil((inputLength * this.up) / this.down);
  }

  /** The whole signal, with zeros taken beyond its ends as scipy does by default. */
  apply(input: Float64Array): Float64Array {
    return this.range({ values: input, start: 0 }, 0, this.outputLength(input.length));
  }

  /**
   * Outputs first ... first+count-1 of the resampled signal of which `input` is a part. What the filter reaches
   * beyond `input` is taken as 0, so give `reach` samples more on each side than the outputs span.
   */
  range(input: Stretch, first: number, count: number): Float64Array {
    const { up, down, half, tapsPerPhase, phases } = this;
    const { values, start } = input;
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      // y[n] = sum over k of x[k] h[n down + half - k up]; the newest k has the smallest tap index.
      const place = (first + i) * down + half;
      const newest = Math.floor(place / up);
      const row = (place - newest * up) * tapsPerPhase;
      const top = newest - start;
      const from = Math.max(0, top - (values.length - 1));
      const to = Math.min(tapsPerPhase - 1, top);
      let sum = 0;
      for (let j = from; j <= to; j++) sum += (phases[row + j] as number) * (values[top - j] as number);
      out[i] = sum;
    }
    return out;
  }
}

function keepConstants(phases: Float64Array, tapsPerPhase: number): void {
  for (let first = 0; first < phases.length; first += tapsPerPhase) {
    const taps = phases.subarray(first, first + tapsPerPhase);
    const sum = taps.reduce((a, b) => a + b, 0);
    for (let i = 0; i < taps.length; i++) taps[i] = (taps[i] as number) / sum;
  }
}

const resamplers = new Map<string, Resampler>();

/** The resampler for two rates in Hz; filters are kept, since the recordings of a folder mostly share a rate. */
export function resamplerFor(from: number, to: number, options: ResamplerOptions = {}): Resampler {
  const ratio = rateRatio(from, to);
  const key = `${ratio.up}/${ratio.down} ${options.constants ?? 'scipy'}`;
  const known = resamplers.get(key);
  if (known) return known;
  const made = new Resampler(ratio, options);
  resamplers.set(key, made);
  return made;
}

/** Windowed sinc of 2 half + 1 taps with its cutoff at 1/slower of the Nyquist frequency; sums to `gain`. */
function lowPass(half: number, slower: number, gain: number): Float64Array {
  const taps = new Float64Array(2 * half + 1);
  let sum = 0;
  for (let i = -half; i <= half; i++) {
    const ratio = half === 0 ? 0 : i / half;
    const x = (Math.PI * i) / slower;
    const sinc = i === 0 ? 1 : Math.sin(x) / x;
    const tap = sinc * besselI0(KAISER_BETA * Math.sqrt(1 - ratio * ratio));
    taps[i + half] = tap;
    sum += tap;
  }
  return taps.map((tap) => (tap * gain) / sum);
}

/** Modified Bessel function of the first kind and order 0, by its power series (exact to rounding for x up to 5). */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let [term, sum] = [1, 1];
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
