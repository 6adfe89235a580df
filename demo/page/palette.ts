/** Colours of classes and of time, on a light and on a dark ground: those of every figure and page. */
import { GREYS, RAMP, SERIES } from '../../figures/palette.ts';
import type { ColourPlace } from './classes.ts';

export const MOST_CLASSES = SERIES.light.length;

const ground = () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

/** Of a class by its place; grey beyond the last one, and of what is of none. */
export const classColour = (place: ColourPlace): string =>
  typeof place === 'number' ? (SERIES[ground()][place] ?? GREYS[ground()].others) : GREYS[ground()][place];

/** A part from 0 to 1 of the way from early to late. */
export function timeColour(part: number): string {
  const stops = RAMP[ground()];
  return stops[Math.round(Math.min(1, Math.max(0, part)) * (stops.length - 1))] ?? GREYS[ground()].others;
}
