/**
 * The one palette of figures, reports and pages, each colour on a light and on a dark ground with a contrast of at least
 * 3 to 1 on either. What the model makes of a signal is `model` everywhere, the signal itself `original`.
 */
export const PALETTE = {
  paper: ['#ffffff', '#14181f'],
  ink: ['#1f2328', '#e6e9ee'],
  muted: ['#59636e', '#9aa4b0'],
  grid: ['#e4e7eb', '#2b323c'],
  original: ['#7b858f', '#8d98a6'],
  model: ['#0b62d6', '#58a6ff'],
  wrong: ['#c2334d', '#ff7088'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

/**
 * Ten colours of classes and series that stay apart under protanopia, deuteranopia and tritanopia (at least 0.09 in OKLab
 * between any two). The first is the model's blue.
 */
export const SERIES = {
  light: [
    ['#0b62d6', '#d9680f', '#12a878', '#9f0984', '#967eff'],
    ['#5a5a06', '#69060f', '#2412bd', '#936996', '#3c1e63'],
  ].flat(),
  dark: [
    ['#58a6ff', '#ffa042', '#0cd896', '#ea3f9f', '#fffc27'],
    ['#8442e4', '#e7b7f3', '#12783c', '#aefcea', '#9c8d30'],
  ].flat(),
} as const;

/** Greys of what has no colour of its own. */
export const GREYS = {
  light: { others: '#868e96', unknown: '#b9c0c8' },
  dark: { others: '#77818d', unknown: '#4b5460' },
} as const;

/** From low to high: cividis, but for the ends that would sink into the ground. */
export const RAMP = {
  light: ['#00306f', '#3a4f6d', '#646b71', '#8b8779', '#ab9f68'],
  dark: ['#4f7cd0', '#7d8db0', '#a6a58f', '#d1bf62', '#ffea46'],
} as const;

/** How many series have a colour of their own; further ones begin again, with another dash. */
export const SERIES_COLOURS = SERIES.light.length;

const DASHES = [undefined, '7 4', '2 4', '9 3 2 3'] as const;

/** Colour (a class of `svg.ts`) and dash of a series by its place: unlike any other of the first forty. */
export function lookOf(series: number): { readonly colour: string; readonly dash: string | undefined } {
  return {
    colour: `s${series % SERIES_COLOURS}`,
    dash: DASHES[Math.floor(series / SERIES_COLOURS) % DASHES.length],
  };
}
