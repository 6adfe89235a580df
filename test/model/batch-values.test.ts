import { expect, it } from 'vitest';
import { tooLarge } from '../../model/batch-values.ts';

const SHAPE = [2, 2, 4] as const;
const batch = (...changes: readonly (readonly [place: number, value: number])[]) => {
  const signal = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
  for (const [place, value] of changes) signal[place] = value;
  return signal;
};

it('finds the channel of the window that cannot be normalised in 32 bits', () => {
  expect(tooLarge(batch(), SHAPE)).toBeUndefined();
  expect(tooLarge(batch([6, 3.4e38]), SHAPE)).toMatchObject({
    window: 0,
    channel: 1,
    value: Math.fround(3.4e38),
  });
  expect(tooLarge(batch([9, -3.4e38]), SHAPE)).toMatchObject({
    window: 1,
    channel: 0,
    value: Math.fround(-3.4e38),
  });
  expect(tooLarge(batch([15, Number.NaN]), SHAPE)).toEqual({ window: 1, channel: 1, value: Number.NaN });
  expect(tooLarge(batch([15, Number.NEGATIVE_INFINITY]), SHAPE)).toMatchObject({
    value: Number.NEGATIVE_INFINITY,
  });
  // Squares of 1e18 are in range, of 1e20 not.
  expect(tooLarge(batch([0, 1e18]), SHAPE)).toBeUndefined();
  expect(tooLarge(batch([0, 1e20]), SHAPE)).toMatchObject({ window: 0, channel: 0 });
  // Large, and all alike: without deviations, but with a sum.
  expect(tooLarge(new Float32Array(16).fill(3e38), SHAPE)).toMatchObject({ window: 0, channel: 0 });
});
