import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../base/random-stream.ts';
import { type Band, bandPass } from '../../data/preprocess/band-pass.ts';
import { type Biquad, settling, sosfiltfilt } from '../../data/preprocess/biquad.ts';
import { detrend } from '../../data/preprocess/detrend.ts';
import { FilterChain, type FilterOptions, filtersInWords } from '../../data/preprocess/filter-chain.ts';
import { notch } from '../../data/preprocess/notch.ts';
import { powerAt } from './spectrum.ts';

const RATE = 200;

/** Noise, slow drift, hum and an electrode's offset. */
function recording(count: number, seed: number): Float64Array {
  const random = new RandomStream(seed);
  let drift = 30;
  return Float64Array.from({ length: count }, (_, t) => {
    drift += 0.3 * random.noise();
    return drift + 5 * random.noise() + 4 * Math.sin((2 * Math.PI * 50 * t) / RATE);
  });
}

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const sine = (frequency: number, count = 8000) =>
  Float64Array.from({ length: count }, (_, t) => Math.sin((2 * Math.PI * frequency * t) / RATE));

/** Gain of a filter there and back, in the middle of a long sine. */
function gain(sections: readonly Biquad[], frequency: number): number {
  const [before, after] = [sine(frequency), sosfiltfilt(sections, sine(frequency))];
  const power = (signal: Float64Array) => powerAt(signal.subarray(3000, 5000), frequency, RATE);
  return Math.sqrt(power(after) / power(before));
}

/** Gain of a filter, once through, from its coefficients. */
function response(sections: readonly Biquad[], frequency: number): number {
  const angle = (2 * Math.PI * frequency) / RATE;
  const magnitude = ([c0, c1, c2]: readonly [number, number, number]) =>
    Math.hypot(
      c0 + c1 * Math.cos(angle) + c2 * Math.cos(2 * angle),
      c1 * Math.sin(angle) + c2 * Math.sin(2 * angle),
    );
  return sections.reduce((product, { b, a }) => (product * magnitude(b)) / magnitude(a), 1);
}

describe('bandPass', () => {
  it.each<Band>([{ low: 1 }, { high: 30 }, { low: 1, high: 30 }, { low: 1, high: 30, order: 3 }])(
    'halves the amplitude at the edges of %o, keeps the inside, removes the outside',
    (band) => {
      const sections = bandPass(band, RATE);
      if (band.low) expect(gain(sections, band.low)).toBeCloseTo(0.5, 4);
      if (band.high) expect(gain(sections, band.high)).toBeCloseTo(0.5, 4);
      expect(gain(sections, 5)).toBeCloseTo(1, 3);
      expect(gain(sections, band.low ? 0.2 : 90)).toBeLessThan(1e-3);
    },
  );

  it.each<[Band, number, RegExp]>([
    [{}, 200, /give a lower edge/],
    [{ low: 0 }, 200, /lower edge is 0 Hz.*above 0/],
    [{ high: 100 }, 200, /upper edge is 100 Hz.*below 100 Hz, half the sampling rate/],
    [{ low: Number.NaN, high: 40 }, 200, /lower edge is NaN/],
    [{ low: 45, high: 0.5 }, 200, /Band of 45 to 0.5 Hz at 200 Hz.*swap/],
    [{ low: 7, high: 7 }, 200, /below the upper one/],
    [{ low: 1, order: 2.5 }, 200, /order is 2.5.*1 to 12/],
    [{ low: 1 }, 0, /sampling rate must be/],
    [{ low: 1e-4 }, 200, /too low, for double precision/],
    [{ low: 10, high: 10.0001 }, 200, /too narrow/],
  ])('refuses %o at %s Hz', (band, rate, message) => {
    expect(() => bandPass(band, rate)).toThrow(message);
  });

  it('has the response of a Butterworth filter, at any frequency, for any band and order', () => {
    const warped = (frequency: number) => Math.tan((Math.PI * frequency) / RATE);
    const edge = fc.double({ min: 0.05, max: 99, noNaN: true });
    fc.assert(
      fc.property(
        edge,
        edge,
        edge,
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('low', 'high', 'band'),
        (a, b, at, order, kind) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          fc.pre(high > 1.01 * low);
          const band =
            kind === 'low' ? { high, order } : kind === 'high' ? { low, order } : { low, high, order };
          const [w, w1, w2] = [warped(at), warped(low), warped(high)];
          const ratio =
            kind === 'low' ? w / w2 : kind === 'high' ? w1 / w : (w * w - w1 * w2) / (w * (w2 - w1));
          const expected = 1 / Math.sqrt(1 + ratio ** (2 * order));
          expect(Math.abs(response(bandPass(band, RATE), at) - expected)).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 500, seed: 9 },
    );
  });

  it('holds two real poles that fall together', () => {
    // Of a first-order band, where the upper edge is 3 + sqrt(8) times the lower one, both warped.
    const low = 4;
    const high = (RATE / Math.PI) * Math.atan((3 + Math.SQRT2 * 2) * Math.tan((Math.PI * low) / RATE));
    const sections = bandPass({ low, high, order: 1 }, RATE);
    expect(response(sections, low)).toBeCloseTo(Math.SQRT1_2, 9);
    expect(response(sections, high)).toBeCloseTo(Math.SQRT1_2, 9);
  });

  it('keeps its edges down to the lowest that it accepts', () => {
    // 500 s a period: the edge halves the amplitude even there.
    const frequency = 0.002;
    const count = 2_000_000;
    const filtered = sosfiltfilt(bandPass({ low: frequency }, RATE), sine(frequency, count));
    expect(largest(filtered.subarray(count / 2 - 50_000, count / 2 + 50_000))).toBeCloseTo(0.5, 3);
  });
});

describe('settling', () => {
  it('is what the slowest pole says, and a little for the company', () => {
    const sections = [notch(50, RATE)];
    const radius = Math.sqrt(sections[0]?.a[2] as number);
    const alone = Math.log(1e-11) / Math.log(radius);
    expect(settling(sections, 1e-11)).toBeGreaterThan(0.9 * alone);
    expect(settling(sections, 1e-11)).toBeLessThan(1.3 * alone);
    expect(settling(sections, 1e-5)).toBeLessThan(0.7 * settling(sections, 1e-11));
    expect(settling([], 1e-11)).toBe(0);
  });

  it('is not longer than it must be: a quarter less context leaves more than the tolerance', () => {
    const sections = bandPass({ low: 1, high: 40 }, RATE);
    const enough = settling(sections, 1e-9);
    const step = (context: number) => {
      // What came before the stretch was at 1, the stretch believes it was at 0.
      const whole = new Float64Array(20_000).fill(0, 10_000).fill(1, 0, 10_000);
      const cut = sosfiltfilt(sections, whole.slice(10_000));
      return Math.abs((cut[context] as number) - (sosfiltfilt(sections, whole)[10_000 + context] as number));
    };
    const worst = (from: number) => Math.max(...Array.from({ length: 100 }, (_, i) => step(from + 2 * i)));
    expect(worst(enough)).toBeLessThan(1e-9);
    expect(worst(Math.floor(0.5 * enough))).toBeGreaterThan(1e-9);
  });
});

describe('FilterChain', () => {
  const chains: [string, FilterOptions][] = [
    ['notch', { mains: 50 }],
    ['notch, band', { mains: 60, bandPass: { low: 0.5, high: 45 } }],
    ['high-pass', { mains: 'none', bandPass: { low: 0.1, order: 2 } }],
    ['all', { mains: 50, bandPass: { low: 1, high: 70, order: 5 }, detrend: 'linear' }],
    ['trend alone', { mains: 'none', detrend: 'constant' }],
  ];

  it.each(chains)('%s: a window with its context is the window of the whole recording', (_, options) => {
    const chain = new FilterChain(options, RATE);
    const signal = recording(6 * chain.settling + 20_000, 3);
    const filtered = chain.filter(signal);
    for (const from of [0, 777, chain.settling + 5000, signal.length - 400]) {
      const [start, end] = [
        Math.max(0, from - chain.settling),
        Math.min(signal.length, from + 400 + chain.settling),
      ];
      const alone = chain.apply(signal.slice(start, end), from - start, from - start + 400);
      const whole = chain.window(filtered, from, from + 400);
      const error = largest(alone.map((value, t) => value - (whole[t] as number)));
      expect(error / largest(whole)).toBeLessThan(1e-9);
    }
  });

  it('needs its context: without it the same window is another one', () => {
    const chain = new FilterChain({ mains: 50, bandPass: { low: 0.5 } }, RATE);
    const signal = recording(30_000, 4);
    const whole = chain.window(chain.filter(signal), 15_000, 15_400);
    const alone = chain.apply(signal.slice(15_000, 15_400));
    expect(largest(alone.map((value, t) => value - (whole[t] as number)))).toBeGreaterThan(
      0.01 * largest(whole),
    );
  });

  it('takes the trend of each window, after the filters', () => {
    const chain = new FilterChain({ mains: 'none', detrend: 'linear' }, RATE);
    expect(chain.settling).toBe(0);
    const signal = recording(1000, 5);
    expect(chain.apply(signal, 200, 600)).toEqual(detrend(signal.slice(200, 600), 'linear'));
    const nothing = new FilterChain({ mains: 'none' }, RATE);
    expect(nothing.apply(signal)).toEqual(signal);
    expect(nothing.apply(signal)).not.toBe(signal);
  });

  it('says what it does', () => {
    const say = filtersInWords;
    expect(say({ mains: 'none' })).toBe('mains hum left in');
    expect(say({ mains: 50, bandPass: { low: 0.5, high: 45 }, detrend: 'linear' })).toBe(
      '50 Hz notched out, 0.5 to 45 Hz of order 4, linear trend removed',
    );
    expect(say({ mains: 60, bandPass: { high: 30, order: 2 }, detrend: 'constant' })).toBe(
      '60 Hz notched out, below 30 Hz of order 2, mean removed',
    );
    expect(() => new FilterChain({ mains: 50, bandPass: { high: 120 } }, RATE)).toThrow(/below 100 Hz/);
  });
});

describe('detrend', () => {
  it('removes a line to rounding, and has nothing to fit to in a single sample', () => {
    const line = Float64Array.from({ length: 500 }, (_, t) => 7e3 - 3.5 * t);
    expect(largest(detrend(line, 'linear'))).toBeLessThan(1e-9);
    expect(detrend(Float64Array.of(4), 'linear')).toEqual(Float64Array.of(0));
    expect(detrend(new Float64Array(0), 'linear')).toEqual(new Float64Array(0));
    expect(detrend(Float64Array.of(1, 2, 6), 'constant')).toEqual(Float64Array.of(-2, -1, 3));
  });
});
