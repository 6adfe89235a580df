import { linearScale, niceTicks, quantile, type Scale } from './scale.ts';
import { element, figure, label, type Point, pathThrough } from './svg.ts';

export interface ReconstructionOptions {
  readonly title: string;
  /** A line under the title. */
  readonly caption?: string;
  /** Samples a second. */
  readonly rate: number;
  /** Row-major [channels, samples], in standard deviations of each channel. */
  readonly original: Float32Array;
  readonly reconstruction: Float32Array;
  readonly channels: number;
  readonly samples: number;
  /** Names of the channels, where they are known. */
  readonly labels?: readonly string[];
  /** Of more channels the first so many are shown, and the caption says so. By default 12. */
  readonly mostChannels?: number;
}

const WIDTH = 860;
const PLOT = { left: 24, right: 836, top: 78 };
/** Pixels for a letter of the title, and for scale bar and legend with a gap before them. */
const TITLE_LETTER = 9.6;
const KEY = { width: 330, gap: 16, row: 26 };
/** Pixels for the names of channels, and for one of their letters. */
const NAMES = { least: 76, most: 170, letter: 7.4, gap: 12 };
const MOST_CHANNELS = 12;
/** Two points a pixel column are all that can be seen. */
const MOST_POINTS = 2 * (PLOT.right - NAMES.least);

/** A window as it was and as the model gave it back, one channel under the other, all at one scale. */
export function reconstructionFigure(options: ReconstructionOptions): string {
  const { title, rate, original, reconstruction, channels, samples } = options;
  for (const [name, values] of Object.entries({ original, reconstruction })) {
    if (values.length < channels * samples) {
      throw new RangeError(`${name} has ${values.length} values, fewer than ${channels} x ${samples}.`);
    }
  }
  const rows = Math.min(channels, options.mostChannels ?? MOST_CHANNELS);
  const rowHeight = rows === 1 ? 200 : rows <= 3 ? 110 : rows <= 6 ? 72 : rows <= 12 ? 54 : 42;
  const isBeside = PLOT.left + title.length * TITLE_LETTER + KEY.gap <= PLOT.right - KEY.width;
  // A title that is too long for them to stand beside it has them in a row of their own.
  const keyAt = isBeside ? 30 : 50 + KEY.row;
  const top = isBeside ? PLOT.top : PLOT.top + KEY.row;
  const bottom = top + rows * rowHeight;
  const seconds = samples / rate;
  const names = Array.from(
    { length: rows },
    (_, channel) => options.labels?.[channel] ?? `ch ${channel + 1}`,
  );
  const left = leftOf(names);
  const x = linearScale([0, seconds], [left, PLOT.right]);
  const reach = reachOf(original.subarray(0, rows * samples));
  const ticks = niceTicks(0, seconds, 8);
  const part = rows < channels ? `the first ${rows} of ${channels} channels` : '';
  const caption = [options.caption, part].filter(Boolean).join('; ');
  return figure(
    {
      width: WIDTH,
      height: bottom + 56,
      title,
      description: `${caption}. Original and reconstruction over ${seconds} s, in standard deviations of each channel.`,
    },
    label(fitted(title), PLOT.left, 30, { class: 'fill-ink title' }),
    label(caption, PLOT.left, 50, { class: 'fill-muted' }),
    legend(keyAt),
    scaleBar(reach, 0.96 * rowHeight, keyAt),
    ...ticks.values.flatMap((value) => [
      element('line', { x1: x(value), x2: x(value), y1: top, y2: bottom, class: 'stroke-grid' }),
      label(ticks.show(value), x(value), bottom + 20, { class: 'fill-muted', 'text-anchor': 'middle' }),
    ]),
    label('seconds', (left + PLOT.right) / 2, bottom + 42, {
      class: 'fill-muted',
      'text-anchor': 'middle',
    }),
    ...Array.from({ length: rows }, (_, channel) => {
      const middle = top + (channel + 0.5) * rowHeight;
      const place = linearScale([-reach, reach], [middle + 0.48 * rowHeight, middle - 0.48 * rowHeight]);
      const y = (value: number) => Math.min(bottom, Math.max(top, place(value)));
      const signal = (values: Float32Array) =>
        trace(values.subarray(channel * samples, (channel + 1) * samples), rate, x, y);
      return [
        label(shortened(names[channel] ?? '', left), left - NAMES.gap, middle + 4, {
          class: 'fill-muted',
          'text-anchor': 'end',
        }),
        element('path', { d: signal(original), class: 'line stroke-original', 'stroke-width': 1.2 }),
        element('path', { d: signal(reconstruction), class: 'line stroke-model', 'stroke-width': 1.8 }),
      ].join('');
    }),
  );
}

/** A title with both of its ends, where all of it is wider than the picture. */
function fitted(title: string): string {
  const letters = Math.floor((PLOT.right - PLOT.left) / TITLE_LETTER);
  if (title.length <= letters) return title;
  const end = Math.floor(letters / 2);
  return `${title.slice(0, letters - end - 1)}…${title.slice(-end)}`;
}

/** Where the plot begins, so that the names of the channels have room. */
function leftOf(names: readonly string[]): number {
  const longest = Math.max(...names.map((name) => name.length));
  return Math.min(NAMES.most, Math.max(NAMES.least, longest * NAMES.letter + 2 * NAMES.gap));
}

function shortened(name: string, left: number): string {
  const letters = Math.floor((left - NAMES.gap) / NAMES.letter);
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
}

/** Standard deviations above and below the middle of a row; rare peaks may reach into the rows beside it. */
function reachOf(values: Float32Array): number {
  const sizes = [...values].map(Math.abs);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 1);
  return Math.min(largest, Math.max(1, 2 * quantile(sizes, 0.99)));
}

/** The line of a signal; a long one keeps the smallest and the largest value of every stretch. */
function trace(values: Float32Array, rate: number, x: Scale, y: Scale): string {
  const point = (index: number): Point => [x(index / rate), y(values[index] ?? Number.NaN)];
  if (values.length <= MOST_POINTS) return pathThrough(Array.from(values, (_, i) => point(i)));
  const points: Point[] = [];
  const buckets = MOST_POINTS / 2;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * values.length) / buckets);
    const to = Math.floor(((bucket + 1) * values.length) / buckets);
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      if ((values[i] ?? 0) < (values[low] ?? 0)) low = i;
      if ((values[i] ?? 0) > (values[high] ?? 0)) high = i;
    }
    points.push(point(Math.min(low, high)), point(Math.max(low, high)));
  }
  return pathThrough(points);
}

/** How tall a round number of standard deviations is drawn, left of the legend. */
function scaleBar(reach: number, height: number, base: number): string {
  const room = Math.min(height, 30);
  const pixels = height / (2 * reach);
  const size = [10, 5, 2, 1, 0.5].find((each) => each * pixels <= room) ?? 0.2;
  const [x, top] = [PLOT.right - KEY.width, base - 4 - (size * pixels) / 2];
  return [
    element('line', {
      x1: x,
      x2: x,
      y1: top,
      y2: top + size * pixels,
      class: 'stroke-ink',
      'stroke-width': 2,
    }),
    label(`${size} SD`, x + 8, base, { class: 'fill-muted small' }),
  ].join('');
}

/** `base`: of its letters. */
function legend(base: number): string {
  const entry = (x: number, colour: string, width: number, text: string) =>
    element('line', { x1: x, x2: x + 26, y1: base - 4, y2: base - 4, class: colour, 'stroke-width': width }) +
    label(text, x + 34, base);
  return (
    entry(PLOT.right - 242, 'stroke-original', 1.6, 'original') +
    entry(PLOT.right - 134, 'stroke-model', 2.2, 'reconstruction')
  );
}
