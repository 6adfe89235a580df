import { describe, expect, it } from 'vitest';
import { BANDS_OF, bandPowers, RandomStream } from '../../data/index.ts';

const RATE = 200;
const tone = (samples: number, frequency: number, amplitude = 1) =>
  Float64Array.from(
    { length: samples },
    (_, t) => amplitude * Math.sin((2 * Math.PI * frequency * t) / RATE),
  );

describe('bandPowers', () => {
  it.each([
    [2, 'delta'],
    [6, 'theta'],
    [10, 'alpha'],
    [20, 'beta'],
    [37, 'gamma'],
  ])('puts a tone of %d Hz into %s, with its power', (frequency, name) => {
    const bands = BANDS_OF.eeg;
    const powers = bandPowers(tone(2000, frequency, 3), RATE, bands);
    const own = powers[bands.findIndex((band) => band.name === name)] ?? 0;
    // A sine of amplitude 3 has a power of 4.5.
    expect(own).toBeCloseTo(4.5, 2);
    expect(powers.reduce((sum, power) => sum + power, 0) - own).toBeLessThan(0.01);
  });

  it('puts what is faster than is looked at last', () => {
    const powers = bandPowers(tone(400, 70), RATE, BANDS_OF.ecg);
    expect(powers).toHaveLength(BANDS_OF.ecg.length);
    expect(powers.at(-1)).toBeCloseTo(0.5, 2);
  });

  it.each([
    [2000, 0.3],
    [2000, 0.05],
    [6000, 0.02],
    [6000, 0.3],
  ])('puts a drift of so many samples and Hz first, with its power: %d, %d', (samples, frequency) => {
    const drift = tone(samples, frequency);
    const [first = 0, ...others] = bandPowers(drift, RATE, BANDS_OF.ppg);
    const power = drift.reduce((sum, value) => sum + value * value, 0) / samples;
    expect(first / power).toBeGreaterThan(0.7);
    expect(first / power).toBeLessThan(1.4);
    expect(others.reduce((sum, each) => sum + each, 0)).toBeLessThan(0.01);
  });

  it('counts the constant, which an error can have', () => {
    const powers = bandPowers(new Float64Array(2000).fill(3), RATE, BANDS_OF.eeg);
    expect([...powers].map((power) => Number(power.toFixed(9)))).toEqual([9, 0, 0, 0, 0, 0, 0]);
  });

  it.each([200, 250, 399, 400, 3000])('adds up to the power of noise about a mean of 2, %d samples long', (samples) => {
    const random = new RandomStream(5, samples);
    const trials = Array.from({ length: 60 }, () => {
      const noise = Float64Array.from({ length: samples }, () => random.normal(2));
      return bandPowers(noise, RATE, BANDS_OF.eeg).reduce((sum, power) => sum + power, 0);
    });
    expect(trials.reduce((sum, each) => sum + each, 0) / trials.length).toBeCloseTo(5, 1);
  });
});
