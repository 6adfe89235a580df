/** Power spectral density at a few frequencies, by Welch's method in float64. */
import { median } from './median.ts';

/**
 * Power per Hz at some frequencies (Hz), as scipy.signal.welch(x, rate, 'hann', length, length // 2, average='median')
 * gives it: the median over segments of `length` samples that overlap by half, so that a few segments with artefacts do
 * not count. Segments with missing samples are left out. `segments` says how many were used; if 0, the powers are NaN.
 */
export function welch(
  signal: Float64Array,
  rate: number,
  length: number,
  frequencies: readonly number[],
): { power: number[]; segments: number } {
  const hann = Float64Array.from({ length }, (_, t) => 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / length));
  const weight = hann.reduce((sum, value) => sum + value * value, 0);
  const powers = frequencies.map((): number[] => []);
  const segment = new Float64Array(length);
  const step = length - Math.floor(length / 2);
  let segments = 0;
  for (let start = 0; start + length <= signal.length; start += step) {
    segment.set(signal.subarray(start, start + length));
    const mean = segment.reduce((sum, value) => sum + value, 0) / length;
    if (Number.isNaN(mean)) continue;
    segments++;
    for (let t = 0; t < length; t++) segment[t] = ((segment[t] as number) - mean) * (hann[t] as number);
    frequencies.forEach((frequency, i) => {
      powers[i]?.push((2 * squaredMagnitude(segment, (2 * Math.PI * frequency) / rate)) / (rate * weight));
    });
  }
  const bias = medianBias(segments);
  return { power: powers.map((values) => median(values) / bias), segments };
}

/** Of the Fourier transform at `turn` radians a sample, by Goertzel's recursion. */
function squaredMagnitude(values: Float64Array, turn: number): number {
  const twice = 2 * Math.cos(turn);
  let [last, before] = [0, 0];
  for (const value of values) {
    const next = value + twice * last - before;
    before = last;
    last = next;
  }
  return last * last + before * before - twice * last * before;
}

/** Median of `count` periodograms over their mean, in noise (Allen et al., Phys. Rev. D 85:122006, 2012, app. B). */
function medianBias(count: number): number {
  let bias = 1;
  for (let even = 2; even <= count - 1; even += 2) bias += 1 / (even + 1) - 1 / even;
  return bias;
}
