/** All filters between resampling and a window, as one thing that knows how much signal it needs on each side. */
import { type Band, bandPass, DEFAULT_ORDER } from './band-pass.ts';
import { type Biquad, settling, sosfiltfilt } from './biquad.ts';
import { type Detrend, detrend } from './detrend.ts';
import { type Mains, mainsNotches } from './notch.ts';

export interface FilterOptions {
  /** Mains frequency to remove, with its harmonics. */
  mains: Mains;
  bandPass?: Band;
  /** What is taken from each window at the end. */
  detrend?: Detrend;
}

/** What is left of the signal beyond the context, in parts of its largest value. */
const TOLERANCE = 1e-11;

export class FilterChain {
  /**
   * Samples of context on each side after which a stretch comes out as if the whole recording had been filtered: what
   * lies farther away weighs less than 1e-11. 0 where nothing is filtered.
   */
  readonly settling: number;
  private readonly filters: readonly (readonly Biquad[])[];
  private readonly trend: Detrend | undefined;

  /** For signals of `rate` Hz. Throws a SignalError where a filter cannot be had at this rate. */
  constructor(options: FilterOptions, rate: number) {
    const band = options.bandPass ? [bandPass(options.bandPass, rate)] : [];
    // Each notch zero-phase by itself, as with scipy's filtfilt.
    this.filters = [...mainsNotches(options.mains, rate).map((notch) => [notch]), ...band];
    this.trend = options.detrend;
    this.settling = settling(this.filters.flat(), TOLERANCE);
  }

  /** The whole stretch (itself, where nothing is filtered) through all filters; its trend is a window's affair. */
  filter(stretch: Float64Array): Float64Array {
    return this.filters.reduce((signal, sections) => sosfiltfilt(sections, signal), stretch);
  }

  /** Samples from ... to-1 of a stretch that `filter` returned, without their trend. */
  window(filtered: Float64Array, from: number, to: number): Float64Array {
    const values = filtered.slice(from, to);
    return this.trend ? detrend(values, this.trend) : values;
  }

  /**
   * Samples from ... to-1 of a stretch, filtered and without their trend. The stretch should have `settling` samples more
   * on each side, or as many as the recording has.
   */
  apply(stretch: Float64Array, from = 0, to = stretch.length): Float64Array {
    return this.window(this.filter(stretch), from, to);
  }
}

/** For people: "50 Hz notched out, 0.5 to 45 Hz of order 4, linear trend removed". */
export function filtersInWords({
  mains,
  bandPass: band,
  detrend: trend,
}: Omit<FilterOptions, 'mains'> & { readonly mains: Mains | 'auto' }): string {
  const parts = [HUM[mains]];
  if (band) {
    const { low, high, order = DEFAULT_ORDER } = band;
    const edges =
      high === undefined
        ? `above ${low} Hz`
        : low === undefined
          ? `below ${high} Hz`
          : `${low} to ${high} Hz`;
    parts.push(`${edges} of order ${order}`);
  }
  if (trend) parts.push(trend === 'linear' ? 'linear trend removed' : 'mean removed');
  return parts.join(', ');
}

const HUM: Readonly<Record<Mains | 'auto', string>> = {
  50: '50 Hz notched out',
  60: '60 Hz notched out',
  none: 'mains hum left in',
  auto: 'mains hum notched out where there is any',
};
