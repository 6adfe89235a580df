import { expect, it } from 'vitest';
import { captionOf, ticksOf } from '../../demo/page/draw.ts';

const shown = (channels: number, error: number | null) => ({
  ...{ title: 'a.edf, from 3.00 s', seconds: 1, original: null, back: new Float32Array(), error },
  channels: Array.from({ length: channels }, (_, i) => `c${i}`),
});

it.each([
  [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0.5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
  [3, [0, 0.5, 1, 1.5, 2, 2.5, 3]],
  [4, [0, 1, 2, 3, 4]],
  [12.5, [0, 5, 10]],
  [60, [0, 10, 20, 30, 40, 50, 60]],
])('an axis of %d seconds has its ticks at whole steps', (seconds, ticks) => {
  expect(ticksOf(seconds)).toEqual(ticks);
});

it('a picture says its ratio as the command does, and how many channels it leaves out', () => {
  expect(captionOf(shown(2, 0.9271))).toBe('a.edf, from 3.00 s: ratio 0.927');
  // Worse than predicting zero is said as well.
  expect(captionOf(shown(8, 1.4))).toBe('a.edf, from 3.00 s: ratio 1.400');
  expect(captionOf(shown(9, null))).toBe('a.edf, from 3.00 s; the first 8 of 9 channels');
  // A window without power has no ratio.
  expect(captionOf(shown(1, Number.NaN))).toBe('a.edf, from 3.00 s: ratio –');
});
