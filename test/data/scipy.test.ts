import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bandPass } from '../../data/preprocess/band-pass.ts';
import { sosfiltfilt } from '../../data/preprocess/biquad.ts';
import { type Detrend, detrend } from '../../data/preprocess/detrend.ts';
import { filtfilt, type Mains, mainsNotches } from '../../data/preprocess/notch.ts';
import { resamplerFor } from '../../data/preprocess/resample.ts';
import { welch } from '../../data/preprocess/welch.ts';

interface Truth {
  made: string;
  resample: { x: number[]; to: number; cases: { rate: number; up: number; down: number; y: number[] }[] };
  notch: { x: number[]; cases: { mains: Mains; rate: number; y: number[] }[] };
  band: {
    x: number[];
    cases: { low: number | null; high: number | null; order: number; rate: number; y: number[] }[];
  };
  detrend: { x: number[]; cases: { type: Detrend; y: number[] }[] };
  welch: { x: number[]; rate: number; length: number; frequencies: number[]; power: number[] };
}

/** Made by test/golden/scipy/make.py; numbers have twelve digits. */
const truth = JSON.parse(
  readFileSync(new URL('../golden/scipy/preprocess.json', import.meta.url), 'utf8'),
) as Truth;

/** Largest difference over the largest value. */
function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] as number) - value))) / size;
}

describe(`as ${truth.made}`, () => {
  it.each(truth.resample.cases)('resample_poly from $rate Hz by $up/$down', ({ rate, up, down, y }) => {
    const resampler = resamplerFor(rate, truth.resample.to);
    expect(resampler).toMatchObject({ up, down });
    expect(relativeError(resampler.apply(Float64Array.from(truth.resample.x)), y)).toBeLessThan(1e-10);
  });

  it.each(truth.notch.cases)('iirnotch and filtfilt, harmonics of $mains Hz at $rate Hz', (golden) => {
    let values: Float64Array = Float64Array.from(truth.notch.x);
    for (const notch of mainsNotches(golden.mains, golden.rate)) values = filtfilt(notch, values);
    expect(relativeError(values, golden.y)).toBeLessThan(1e-10);
  });

  it.each(truth.band.cases)(
    'butter and sosfiltfilt, $low to $high Hz of order $order at $rate Hz',
    (golden) => {
      const { low, high, order, rate, y } = golden;
      const band = { ...(low !== null && { low }), ...(high !== null && { high }), order };
      const filtered = sosfiltfilt(bandPass(band, rate), Float64Array.from(truth.band.x));
      expect(relativeError(filtered, y)).toBeLessThan(1e-9);
    },
  );

  it.each(truth.detrend.cases)('detrend, $type', ({ type, y }) => {
    expect(relativeError(detrend(Float64Array.from(truth.detrend.x), type), y)).toBeLessThan(1e-11);
  });

  it('welch with medians', () => {
    const { x, rate, length, frequencies, power } = truth.welch;
    // The frequencies too have twelve digits.
    expect(relativeError(welch(Float64Array.from(x), rate, length, frequencies).power, power)).toBeLessThan(
      1e-9,
    );
  });
});
