/** The colours that the page was given: those of every figure and page. */
const {
  classes: CLASSES,
  greys: GREYS,
  paper: PAPER,
  ramp: RAMP,
} = JSON.parse(document.getElementById('palette').textContent);

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
