/** Colours of classes and of time, on a light and on a dark ground: those of the page of `spotr explore`. */
const CLASSES = {
  light: [
    '#0b62d6',
    '#d9680f',
    '#12a878',
    '#9f0984',
    '#967eff',
    '#5a5a06',
    '#69060f',
    '#2412bd',
    '#936996',
    '#3c1e63',
  ],
  dark: [
    '#4c9dff',
    '#ffa042',
    '#0cd896',
    '#ea3f9f',
    '#fffc27',
    '#8442e4',
    '#e7b7f3',
    '#12783c',
    '#aefcea',
    '#9c8d30',
  ],
};
const NONE = { light: '#868e96', dark: '#77818d' };
/** Cividis, but for the ends that would sink into the ground. */
const RAMP = {
  light: ['#00306f', '#3a4f6d', '#646b71', '#8b8779', '#ab9f68'],
  dark: ['#4f7cd0', '#7d8db0', '#a6a58f', '#d1bf62', '#ffea46'],
};

export const MOST_CLASSES = CLASSES.light.length;

const ground = () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

/** Of a class by its place; grey beyond the last one. */
export const classColour = (place: number): string => CLASSES[ground()][place] ?? NONE[ground()];

/** A part from 0 to 1 of the way from early to late. */
export function timeColour(part: number): string {
  const stops = RAMP[ground()];
  return stops[Math.round(Math.min(1, Math.max(0, part)) * (stops.length - 1))] ?? NONE[ground()];
}
