/** Logarithmic axes: times, rates and ratios differ by powers of ten. */
import { scaleLog } from 'd3-scale';
import type { Scale } from '../../figures/scale.ts';

/** @throws RangeError on ends that have no logarithm. */
export function logScale(from: readonly [number, number], to: readonly [number, number]): Scale {
  if (!(from[0] > 0 && from[1] > 0)) {
    throw new RangeError(`A logarithmic axis from ${from[0]} to ${from[1]}; both must be above 0.`);
  }
  return scaleLog(from, to);
}

/** Powers of ten within low ... high, with 2 and 5 times them where there would be few. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades > 3.5 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks;
}

/** The ends of a logarithmic axis around values, with a margin; 0.1 to 10 where there are none. */
export function logRange(values: readonly number[], margin = 1.25): [number, number] {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [0.1, 10];
  return [Math.min(...positive) / margin, Math.max(...positive) * margin];
}
