import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deviceTotal } from '../../bench/suite/repeated.ts';
import { median, p95, pairRatio, quantile } from '../../bench/suite/statistics.ts';
import { calibrate, FULL, pairedTimings, sampled } from '../../bench/suite/timing.ts';

const times = fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 40 });

describe('quantiles', () => {
  it('have the values of textbooks', () => {
    expect(median([3])).toBe(3);
    expect(median([4, 1, 3])).toBe(3);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(p95(Array.from({ length: 101 }, (_, i) => 100 - i))).toBe(95);
    expect(quantile([10, 20], 0.25)).toBe(12.5);
  });

  it('lie between the extremes, rise with q and do not touch what they are given', () => {
    fc.assert(
      fc.property(
        times,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, a, b) => {
          const before = [...values];
          const [low, high] = [quantile(values, Math.min(a, b)), quantile(values, Math.max(a, b))];
          expect(low).toBeLessThanOrEqual(high * (1 + 1e-12));
          expect(low).toBeGreaterThanOrEqual(Math.min(...values) * (1 - 1e-12));
          expect(high).toBeLessThanOrEqual(Math.max(...values) * (1 + 1e-12));
          expect(values).toEqual(before);
        },
      ),
    );
  });

  it('are refused of nothing, and outside of 0 to 1', () => {
    expect(() => median([])).toThrow(/no values/);
    expect(() => quantile([1], 1.5)).toThrow(/1\.5; it must be from 0 to 1/);
  });
});

describe('ratios of pairs', () => {
  it('do not see a machine that slows down', () => {
    expect(pairRatio([1, 2, 10], [3, 6, 30])).toBe(3);
    // Medians of each side would say 4 to 2.
    expect(pairRatio([1, 2, 4], [4, 4, 4])).toBe(2);
  });

  it('are refused of lists that are no pairs', () => {
    expect(() => pairRatio([1, 2], [1])).toThrow(/2 timings of ours and 1 of theirs/);
  });
});

describe('timing', () => {
  // A clock of its own: on a busy machine the real one counts other people's work too.
  let now = 0;
  const busy = (ms: number) => {
    now += ms;
  };
  beforeEach(() => {
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('takes as many repetitions as the budget asks for, and no more than needed', async () => {
    const runs: number[] = [];
    const run = async (repeats: number) => {
      runs.push(repeats);
      busy(repeats);
    };
    expect(await calibrate({ run }, { ...FULL, sampleMs: 4 })).toBe(4);
    expect(runs[0]).toBe(1);
    expect(await calibrate({ run }, { ...FULL, sampleMs: 0.5 })).toBe(1);
  });

  it('stops at enough timings, or when the time is spent and there are the least', async () => {
    const one = async () => {
      busy(2);
      return 2;
    };
    expect(await sampled(one, { samples: 3, least: 1, rowMs: 1e3 })).toHaveLength(3);
    expect(await sampled(one, { samples: 50, least: 4, rowMs: 1 })).toHaveLength(4);
  });

  it('times ours and theirs by turns, a repetition each', async () => {
    const order: string[] = [];
    const runner = (name: string, ms: number) => ({
      run: async (times: number) => {
        order.push(name);
        busy(ms * times);
      },
    });
    const pairs = await pairedTimings(
      { runner: runner('ours', 1), repeats: 2 },
      { runner: runner('theirs', 4), repeats: 1 },
      { ...FULL, pairs: 3 },
    );
    expect(order).toEqual(['ours', 'theirs', 'ours', 'theirs', 'ours', 'theirs']);
    expect(pairs).toEqual({ ours: [1, 1, 1], theirs: [4, 4, 4] });
  });
});

describe('times of the device', () => {
  const passes = (...microseconds: number[]) => microseconds.map((each) => ({ microseconds: each }));

  it('are summed over the dispatches', () => {
    expect(deviceTotal(passes(1000, 250.5))).toBe(1.2505);
  });

  it('are not told by a clock that browsers round', () => {
    expect(deviceTotal(passes(65.536, 0, 131.072))).toBeNull();
    expect(deviceTotal(passes(65.536, 12.5))).not.toBeNull();
  });
});
