import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filtfilt, mainsNotches, notch } from '../../data/preprocess/notch.ts';
import { Resampler, rateRatio, resamplerFor } from '../../data/preprocess/resample.ts';
import { powerAt } from './spectrum.ts';

const sine = (count: number, frequency: number, rate: number, phase = 0) =>
  Float64Array.from({ length: count }, (_, t) => Math.sin((2 * Math.PI * frequency * t) / rate + phase));

/** Largest difference away from the ends. */
function innerError(a: Float64Array, b: Float64Array, margin: number): number {
  let worst = 0;
  for (let i = margin; i < a.length - margin; i++)
    worst = Math.max(worst, Math.abs((a[i] as number) - (b[i] as number)));
  return worst;
}

describe('rateRatio', () => {
  it.each([
    [173.61, 20000, 17361],
    [360, 5, 9],
    [512, 25, 64],
    [12.8, 125, 8],
    [250, 4, 5],
    [200, 1, 1],
    [1000, 1, 5],
    [2048, 25, 256],
    [0.5, 400, 1],
  ])('%s Hz becomes 200 Hz by %i/%i', (rate, up, down) => {
    expect(rateRatio(rate, 200)).toEqual({ up, down });
  });

  it('comes within 1e-9 of any rate, with factors that a filter can have', () => {
    fc.assert(
      fc.property(fc.double({ min: 10, max: 5000, noNaN: true }), (rate) => {
        const { up, down } = rateRatio(rate, 200);
        expect(Math.max(up, down)).toBeLessThanOrEqual(50_000);
        // A convergent's error is below one over the product of its denominator and the next.
        expect(Math.abs((up / down) * (rate / 200) - 1)).toBeLessThan(1e-4 / Math.max(1, Math.min(up, down)));
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('refuses what is not a rate', () => {
    for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => rateRatio(rate, 200)).toThrow(/Cannot/);
    expect(() => rateRatio(1e9, 200)).toThrow(/50000-fold/);
  });
});

describe('Resampler', () => {
  // Made with scipy 1.17.1: resample_poly([1, -2, 3, 0, 5, -1, 4], up, down, window=('kaiser', 5.0)).
  const input = Float64Array.of(1, -2, 3, 0, 5, -1, 4);
  it.each<[number, number, number[]]>([
    [1, 1, [1.0, -2.0, 3.0, 0.0, 5.0, -1.0, 4.0]],
    [
      2,
      1,
      [
        1.00051747059606, -1.7383497016200842, -2.0010349411921204, 1.2292884600397906, 3.0015524117881807,
        1.0198994506414418, 5.708759987726516e-16, 2.915755443096011, 5.002587352980301, 2.2392978504068064,
        -1.0005174705960596, 0.5687865920408277, 4.002069882384241, 3.493557733759595,
      ],
    ],
    [1, 2, [-0.1884302399744284, 0.9683057119312227, 2.3864537256053175, 1.5737580276881058]],
    [
      5,
      3,
      [
        1.0006505165814361, -2.126708302416361, -0.9238302586384717, 2.7937257738850834, 1.5452653184108922,
        5.709519122494438e-16, 3.6247374410804105, 4.409850375739065, -0.12491545504850121,
        -0.10716811903873413, 4.002602066325745, 2.868310216268282,
      ],
    ],
    [
      4,
      5,
      [
        -0.11030167350132855, -0.1022188798451416, 1.627569628667029, 2.812572440840027, 1.2005033712813242,
        2.3946784093603233,
      ],
    ],
    [3, 7, [-0.12384623633204436, 1.2492814031409285, 2.3839874371982805]],
  ])('equals scipy.signal.resample_poly for %i/%i', (up, down, expected) => {
    const output = new Resampler({ up, down }).apply(input);
    expect(output.length).toBe(expected.length);
    output.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 12);
    });
  });

  it('turns a sine into the same sine at the new rate, without a shift', () => {
    for (const rate of [100, 128, 173.61, 250, 256, 360, 500, 512, 1000]) {
      const seconds = 8;
      const input = sine(Math.floor(seconds * rate), 7, rate, 0.3);
      const output = resamplerFor(rate, 200).apply(input);
      expect(output.length).toBe(
        Math.ceil((input.length * rateRatio(rate, 200).up) / rateRatio(rate, 200).down),
      );
      // The pass band of a Kaiser window of 5 is flat to about 1e-3.
      expect(innerError(output, sine(output.length, 7, 200, 0.3), 100)).toBeLessThan(2e-3);
    }
  });

  it('keeps a constant, and removes what the new rate cannot hold', () => {
    const constant = new Float64Array(3000).fill(4);
    const kept = resamplerFor(360, 200).apply(constant);
    expect(innerError(kept, new Float64Array(kept.length).fill(4), 50)).toBeLessThan(2e-2);
    const removed = resamplerFor(1000, 200).apply(sine(10_000, 170, 1000));
    expect(innerError(removed, new Float64Array(removed.length), 50)).toBeLessThan(2e-3);
  });

  it('leaves a signal of the right rate alone, bit for bit', () => {
    const signal = sine(100, 13, 200);
    expect(resamplerFor(200, 200).apply(signal)).toEqual(signal);
  });

  it('gives any part of the output from the part of the input around it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (up, down, length, from, part) => {
          const resampler = new Resampler({ up, down });
          const signal = Float64Array.from({ length }, (_, i) => Math.sin(i * i));
          const whole = resampler.apply(signal);
          const first = Math.floor(from * whole.length);
          const count = Math.floor(part * (whole.length - first));
          const start = Math.max(0, Math.floor((first * down) / up) - resampler.reach - 1);
          const end = Math.min(length, Math.ceil(((first + count) * down) / up) + resampler.reach + 1);
          const piece = resampler.range({ values: signal.slice(start, end), start }, first, count);
          expect(piece).toEqual(whole.slice(first, first + count));
        },
      ),
      { numRuns: 100, seed: 8 },
    );
  });
});

describe('notch', () => {
  // Made with scipy 1.17.1: filtfilt(*iirnotch(50, 30, 200), x) for x[t] = t mod 5, t = 0 ... 11.
  it('equals scipy.signal.iirnotch and filtfilt', () => {
    const output = filtfilt(
      notch(50, 200),
      Float64Array.from({ length: 12 }, (_, t) => t % 5),
    );
    output.forEach((value, i) => {
      expect(value).toBeCloseTo(
        [
          -0.25867084179380656, 1.0768406117356555, 2.2786321310877846, 2.92399230958133, 3.700641820238256,
          0.07195252180639583, 1.3174750094407823, 1.935336024289998, 2.6669676547576895, 4.057552912310159,
          0.3460728872613793, 0.9459693210771263,
        ][i] as number,
        12,
      );
    });
  });

  it('removes the hum and leaves its neighbours, without a shift', () => {
    for (const mains of [50, 60] as const) {
      const [filter] = mainsNotches(mains, 200);
      if (!filter) throw new Error('no filter');
      const hum = filtfilt(filter, sine(4000, mains, 200));
      expect(powerAt(hum.subarray(1000, 3000), mains, 200)).toBeLessThan(1e-8);
      for (const frequency of [5, mains - 8, mains + 8]) {
        const signal = sine(4000, frequency, 200, 0.7);
        // Forwards and backwards, 8 Hz away from a notch of 2 Hz at most, some 3 % are lost.
        expect(innerError(filtfilt(filter, signal), signal, 600)).toBeLessThan(0.05);
      }
    }
  });

  it('is a mirror: filtering a reversed signal gives the reversed result', () => {
    const signal = Float64Array.from({ length: 500 }, (_, i) => Math.sin(i * i));
    const filter = notch(50, 200);
    const [a, b] = [filtfilt(filter, signal).reverse(), filtfilt(filter, signal.slice().reverse())];
    // Equal where the starts of the two passes have faded.
    expect(innerError(a, b, 200)).toBeLessThan(0.05);
  });

  it('keeps constants exactly, also in signals shorter than the padding', () => {
    for (const count of [0, 1, 2, 5, 400]) {
      const constant = new Float64Array(count).fill(-3.5);
      for (const value of filtfilt(notch(60, 200), constant)) expect(value).toBeCloseTo(-3.5, 10);
    }
  });

  it('takes the harmonics that the rate can hold, and none where none is wanted', () => {
    expect(mainsNotches(50, 200).length).toBe(1);
    expect(mainsNotches(60, 200).length).toBe(1);
    expect(mainsNotches(50, 1000).length).toBe(9);
    expect(mainsNotches('none', 200)).toEqual([]);
    expect(() => notch(50, 100)).toThrow(/above 100 Hz/);
  });
});
