import { describe, expect, it } from 'vitest';
import {
  autocorrelations,
  LAG_COUNT,
  LOG_BAND_COUNT,
  LOG_BAND_EDGES,
  lagsOf,
  logBandPowers,
} from '../../data/index.ts';

/** Two sines and a repeating pattern; `shift` moves phase, pattern and offset. */
function signal(samples: number, shift: number): Float64Array {
  return Float64Array.from(
    { length: samples },
    (_, t) =>
      Math.sin((2 * Math.PI * 10 * t) / 200) +
      0.5 * Math.sin((2 * Math.PI * 3.3 * t) / 200 + shift) +
      0.3 * (((t * 7919 + shift * 31) % 101) / 101 - 0.5) +
      shift * 5,
  );
}

const both = (samples: number) => Float64Array.from([...signal(samples, 0), ...signal(samples, 1)]);

describe('log band powers', () => {
  // NumPy: x z-scored, times np.hanning, |rfft(x, n)|^2 / sum(hanning^2), n = 1024, means of bins between np.geomspace(.5, 80, 25).
  const EXPECTED: Readonly<Record<number, readonly number[]>> = {
    589: [
      -6.488451, -8.591468, -8.591468, -8.817748, -8.655711, -7.712933, -5.301426, -4.441155, 2.924039,
      1.93805, -6.987337, -3.694079, -7.208727, 0.534748, 3.486582, -6.480886, -6.653458, -6.996211, -6.43753,
      -5.868452, -3.784432, -4.627574, -6.64715, -5.491501,
    ],
    140: [
      -1.469076, -2.128326, -2.128326, -2.813637, -1.505979, 0.124757, 1.118219, 1.742488, 2.182688, 2.074473,
      0.971997, -2.249782, -1.536257, 2.782348, 3.120055, -1.808742, -6.669472, -6.607055, -6.375554,
      -5.84479, -3.736175, -4.646438, -6.606199, -4.926208,
    ],
  };

  it.each([589, 140])('agree with NumPy for %i samples, channel by channel', (samples) => {
    const values = logBandPowers(both(samples), 2, 200);
    expect(values).toHaveLength(2 * LOG_BAND_COUNT);
    for (const [band, expected] of (EXPECTED[samples] as readonly number[]).entries())
      expect(values[band]).toBeCloseTo(expected, 5);
    const second = values.subarray(LOG_BAND_COUNT);
    const some = samples === 589 ? [-7.834834, -7.715212, -7.042091, -5.505986] : [-1.103455, -0.041255];
    for (const [i, expected] of some.entries())
      expect(second[[0, 5, 12, 23][i] as number]).toBeCloseTo(expected, 5);
  });

  it('are of the band that a sine lies in, and free of scale and offset', () => {
    for (const [band, low] of LOG_BAND_EDGES.slice(0, -1).entries()) {
      // Narrower bands share the lobe of the window's spectrum with their neighbours.
      if (low < 2) continue;
      const middle = (low + (LOG_BAND_EDGES[band + 1] as number)) / 2;
      const sine = Float64Array.from({ length: 2000 }, (_, t) => Math.sin((2 * Math.PI * middle * t) / 200));
      const values = logBandPowers(sine, 1, 200);
      expect(values.indexOf(Math.max(...values))).toBe(band);
      const moved = logBandPowers(
        sine.map((value) => 1e4 * value - 300),
        1,
        200,
      );
      for (const [i, value] of values.entries()) expect(moved[i]).toBeCloseTo(value, 6);
    }
  });

  it('are the floor for a channel that never changes, and above half the rate', () => {
    const nothing = Math.log(1e-4);
    expect([...logBandPowers(new Float32Array(400).fill(7), 2, 200)]).toEqual(
      new Array(2 * LOG_BAND_COUNT).fill(nothing),
    );
    const slow = logBandPowers(signal(500, 0), 1, 100);
    expect(LOG_BAND_EDGES[22]).toBeGreaterThan(50);
    expect(slow[22]).toBe(nothing);
    expect(slow[23]).toBe(nothing);
    expect(slow[20]).toBeGreaterThan(nothing);
  });

  it('exist for windows of one and of two samples', () => {
    for (const samples of [1, 2])
      expect(logBandPowers(signal(samples, 0), 1, 200).every(Number.isFinite)).toBe(true);
  });
});

describe('autocorrelations', () => {
  it('agree with NumPy at their lags', () => {
    for (const [samples, expected] of [
      [589, [-0.499717, 0.213547, -0.99474, -0.445223, -0.583563]],
      [140, [-0.475142, -0.612094, -0.42142, -0.336439, 0.415262]],
    ] as const) {
      const values = autocorrelations(both(samples), 2, 200).subarray(LAG_COUNT);
      for (const [i, lag] of [0, 1, 10, 25, 49].entries())
        expect(values[lag]).toBeCloseTo(expected[i] as number, 5);
    }
  });

  it('are 1 at a whole period and lags stay within a window of any length', () => {
    expect(lagsOf(2000, 200)[0]).toBe(8);
    expect(lagsOf(2000, 200).at(-1)).toBe(500);
    expect(lagsOf(140, 200).at(-1)).toBe(98);
    for (const samples of [1, 2, 3, 7, 200]) {
      const lags = lagsOf(samples, 200);
      expect(lags).toHaveLength(LAG_COUNT);
      for (const lag of lags) expect(lag >= 0 && lag < samples).toBe(true);
      expect(autocorrelations(signal(samples, 0), 1, 200).every(Number.isFinite)).toBe(true);
    }
    const sine = Float64Array.from({ length: 4000 }, (_, t) => Math.sin((2 * Math.PI * t) / 8));
    expect(autocorrelations(sine, 1, 200)[0]).toBeCloseTo(1, 2);
  });

  it('are zeros for a channel that never changes', () => {
    expect([...autocorrelations(new Float32Array(300).fill(2), 1, 200)]).toEqual(
      new Array(LAG_COUNT).fill(0),
    );
  });
});
