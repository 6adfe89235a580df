/** Colours of classes and of time, on a light and on a dark ground: those of every figure and page. */
import { GREYS, RAMP, SERIES } from '../../figures/palette.ts';

export const MOST_CLASSES = SERIES.light.length;

const ground = () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

/** Of a class by its place; grey beyond the last one. */
export const classColour = (place: number): string => SERIES[ground()][place] ?? GREYS[ground()].others;

/** A part from 0 to 1 of the way from early to late. */
export function timeColour(part: number): string {
  const stops = RAMP[ground()];
  return stops[Math.round(Math.min(1, Math.max(0, part)) * (stops.length - 1))] ?? GREYS[ground()].others;
}
