import { expect, it } from 'vitest';
import type { Recording } from '../../data/index.ts';
import { tracesOf } from '../../demo/worker/traces.ts';

/** Channels of a sine each, at rates of their own, of ten seconds; the value at a time is the same at any rate. */
function recordingOf(rates: readonly number[], value: (time: number) => number): Recording {
  const channels = rates.map((rate, i) => ({
    label: `c${i}`,
    unit: 'uV',
    rate,
    length: Math.round(10 * rate),
  }));
  return {
    name: 'r',
    format: 'EDF',
    channels,
    notes: [],
    annotations: [],
    read: async (chosen: readonly number[], start: number, count: number) =>
      chosen.map((channel) =>
        Float64Array.from({ length: count }, (_, i) => value((start + i) / (rates[channel] ?? 1))),
      ),
  } as unknown as Recording;
}

it('shows channels of all rates at the same times', async () => {
  const straight = recordingOf([100, 1, 40, 300], (time) => 3 * time);
  const { times, lines, from, seconds } = await tracesOf(straight, 2.5, 3, 10_000);
  expect(from).toBeCloseTo(2.5, 9);
  expect(seconds).toBeCloseTo(3, 9);
  expect(times).toHaveLength(900);
  for (const { label, values } of lines)
    for (const [i, value] of values.entries())
      expect(Math.abs(value - 3 * (times[i] as number)), `${label} at ${times[i]}`).toBeLessThan(1e-4);
});

it('loses no spike where there are more samples than a screen has places', async () => {
  const spike = (time: number) => (Math.abs(time - 4.321) < 1e-4 ? 9 : Math.abs(time - 7) < 1e-4 ? -5 : 0);
  const { times, lines } = await tracesOf(recordingOf([1000, 500], spike), 0, 10, 300);
  expect(times.length).toBeLessThanOrEqual(302);
  const [fast, slow] = lines.map(({ values }) => values) as [Float32Array, Float32Array];
  expect([Math.max(...fast), Math.min(...fast)]).toEqual([9, -5]);
  // 4.321 s lies between samples of the slower one.
  expect([Math.max(...slow), Math.min(...slow)]).toEqual([0, -5]);
  const at = times[fast.indexOf(9)] as number;
  expect(Math.abs(at - 4.321)).toBeLessThan(10 / 150);
});

it('leaves what is missing out, and ends with the recording', async () => {
  const gap = recordingOf([100, 10], (time) => (time > 4 && time < 6 ? Number.NaN : 1));
  const { times, lines, seconds } = await tracesOf(gap, 3, 60, 5000);
  expect(seconds).toBeCloseTo(7, 9);
  for (const { values } of lines)
    for (const [i, value] of values.entries()) {
      const time = times[i] as number;
      if (time > 4.1 && time < 5.9) expect(value).toBeNaN();
      if (time < 3.9 || (time > 6.1 && time < 9.9)) expect(value).toBe(1);
    }
});
