/**
 * Ten colours that stay apart under protanopia, deuteranopia and tritanopia (at least 0.09 in OKLab between any two), each
 * with a contrast of at least 3 to 1 on its ground.
 */
const CLASSES = {
  light: [
    ['#0b62d6', '#d9680f', '#12a878', '#9f0984', '#967eff'],
    ['#5a5a06', '#69060f', '#2412bd', '#936996', '#3c1e63'],
  ].flat(),
  dark: [
    ['#4c9dff', '#ffa042', '#0cd896', '#ea3f9f', '#fffc27'],
    ['#8442e4', '#e7b7f3', '#12783c', '#aefcea', '#9c8d30'],
  ].flat(),
};

/** Greys of what has no colour of its own. */
const GREYS = {
  light: { others: '#868e96', unknown: '#b9c0c8' },
  dark: { others: '#77818d', unknown: '#4b5460' },
};
const PAPER = { light: '#ffffff', dark: '#14181f' };

/** From low to high: cividis, but for the ends that would sink into the ground. */
const RAMP = {
  light: ['#00306f', '#3a4f6d', '#646b71', '#8b8779', '#ab9f68'],
  dark: ['#4f7cd0', '#7d8db0', '#a6a58f', '#d1bf62', '#ffea46'],
};

export const MOST_CLASSES = CLASSES.light.length;
export const RAMP_STEPS = 48;

/** Whether the page lies on a dark ground. */
function ground() {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Red, green and blue of 0 to 255. */
function channelsOf(hex) {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

/** Of a class by its rank in size, of `others` or `unknown`. */
export function classColour(rank) {
  return channelsOf(CLASSES[ground()][rank] ?? GREYS[ground()][rank]);
}

export function paperColour() {
  return channelsOf(PAPER[ground()]);
}

/** A part from 0 to 1 of the way from low to high. */
export function rampColour(part) {
  const stops = RAMP[ground()];
  const place = Math.min(1, Math.max(0, part)) * (stops.length - 1);
  const from = Math.min(stops.length - 2, Math.floor(place));
  const [low, high] = [channelsOf(stops[from]), channelsOf(stops[from + 1])];
  return low.map((value, i) => Math.round(value + (place - from) * (high[i] - value)));
}

export function cssOf(colour) {
  return `rgb(${colour.join(' ')})`;
}
