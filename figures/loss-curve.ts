import { lookOf } from './palette.ts';
import { linearScale, niceTicks, quantile, type Scale, spreadOut } from './scale.ts';
import { type Attributes, element, figure, label, type Point, pathThrough } from './svg.ts';

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
  readonly source: string;
}

export interface LossCurveOptions {
  /** Loss of held-out windows at the end, by source. */
  readonly heldOut?: Readonly<Record<string, number>>;
  /** Loss of predicting zero. */
  readonly predictZero?: number;
  /** Losses to compare those of a source with: lines across the plot, each with its name. */
  readonly yardsticks?: readonly Yardstick[];
}

export interface Yardstick {
  readonly source: string;
  readonly name: string;
  readonly loss: number;
}

const SIZE = { width: 860, height: 420 };
const PLOT = { left: 64, right: 700, top: 56, bottom: 364 };
/** Part of a series that its smooth line averages over. */
const SMOOTH = 0.06;
const MOST_POINTS = 240;

interface Series {
  readonly source: string;
  readonly colour: string;
  readonly dash: string | undefined;
  readonly raw: readonly Point[];
  readonly smooth: readonly Point[];
}

/** Training loss over the steps, a line for each source of windows, with the loss of held-out windows at its end. */
export function lossCurve(
  points: readonly LossPoint[],
  { heldOut = {}, predictZero, yardsticks = [] }: LossCurveOptions = {},
): string {
  const series = seriesOf(points);
  const steps = points.map(({ step }) => step);
  const [firstStep, lastStep] = [Math.min(...ends(steps)), Math.max(...ends(steps))];
  const shown = [
    ...series.flatMap(({ smooth }) => smooth.map(([, loss]) => loss)),
    ...Object.values(heldOut),
    ...yardsticks.map(({ loss }) => loss),
  ];
  if (predictZero !== undefined) shown.push(predictZero);
  // A few wild steps at the start would press everything else flat; they run out of the top instead.
  const [low, high] = [Math.min(...shown), quantile(shown, 0.985)];
  const margin = Math.max(0.02, 0.08 * (high - low));
  const x = linearScale([firstStep, Math.max(lastStep, firstStep + 1)], [PLOT.left, PLOT.right]);
  const y = linearScale([Math.max(0, low - margin), high + margin], [PLOT.bottom, PLOT.top]);
  const yTicks = niceTicks(Math.max(0, low - margin), high + margin, 6);
  const xTicks = niceTicks(firstStep, lastStep, 7);
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return figure(
    { ...SIZE, title: 'Loss during training', description: describeCurve(series, heldOut, yardsticks) },
    label('Loss during training', 24, 30, { class: 'fill-ink title' }),
    ...yTicks.values.flatMap((value) => [
      element('line', { x1: PLOT.left, x2: PLOT.right, y1: y(value), y2: y(value), class: 'stroke-grid' }),
      label(yTicks.show(value), PLOT.left - 8, y(value) + 4, { class: 'fill-muted', 'text-anchor': 'end' }),
    ]),
    ...xTicks.values.map((value) =>
      label(xTicks.show(value), x(value), PLOT.bottom + 20, { class: 'fill-muted', 'text-anchor': 'middle' }),
    ),
    label('step', (PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, {
      class: 'fill-muted',
      'text-anchor': 'middle',
    }),
    label('mean squared error', 0, 0, {
      class: 'fill-muted',
      'text-anchor': 'middle',
      transform: `translate(18 ${middle}) rotate(-90)`,
    }),
    predictZero === undefined ? '' : zeroLine(y(predictZero)),
    ...yardstickLines(series, yardsticks, y),
    element(
      'g',
      { 'clip-path': 'url(#plot)' },
      ...series.flatMap(({ colour, dash, raw, smooth }) => [
        line(raw, x, y, { class: `line stroke-${colour}`, 'stroke-width': 1, 'stroke-opacity': 0.28 }),
        line(smooth, x, y, { class: `line stroke-${colour}`, 'stroke-width': 2, 'stroke-dasharray': dash }),
      ]),
    ),
    element(
      'clipPath',
      { id: 'plot' },
      element('rect', {
        x: PLOT.left,
        y: PLOT.top,
        width: PLOT.right - PLOT.left,
        height: PLOT.bottom - PLOT.top,
      }),
    ),
    ...endLabels(series, heldOut, y),
  );
}

function seriesOf(points: readonly LossPoint[]): Series[] {
  const bySource = new Map<string, Point[]>();
  for (const { source, step, loss } of points) {
    const known = bySource.get(source);
    if (known) known.push([step, loss]);
    else bySource.set(source, [[step, loss]]);
  }
  return [...bySource].map(([source, values], i) => ({
    source,
    ...lookOf(i),
    raw: bucketMeans(values, MOST_POINTS),
    smooth: bucketMeans(movingMean(values, Math.ceil(SMOOTH * values.length)), MOST_POINTS),
  }));
}

/** Each value averaged with those up to `reach` places before and after it, with fewer at the ends. */
function movingMean(points: readonly Point[], reach: number): Point[] {
  const sums = [0];
  for (const [, y] of points) sums.push((sums.at(-1) ?? 0) + y);
  return points.map(([x], i) => {
    // As many on both sides as there are, down to a third: more on one side only would bend the end of a falling curve.
    const side = Math.max(Math.min(reach, i, points.length - 1 - i), Math.floor(reach / 3));
    const [from, to] = [Math.max(0, i - side), Math.min(points.length, i + side + 1)];
    return [x, ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)];
  });
}

/** No more than `most` points, each the mean of a stretch. */
function bucketMeans(points: readonly Point[], most: number): Point[] {
  if (points.length <= most) return [...points];
  return Array.from({ length: most }, (_, i) => {
    const part = points.slice(
      Math.floor((i * points.length) / most),
      Math.floor(((i + 1) * points.length) / most),
    );
    const mean = (axis: 0 | 1) => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [mean(0), mean(1)];
  });
}

function line(points: readonly Point[], x: Scale, y: Scale, look: Attributes): string {
  return element('path', { d: pathThrough(points.map(([step, loss]) => [x(step), y(loss)])), ...look });
}

function zeroLine(y: number): string {
  return [
    element('line', {
      x1: PLOT.left,
      x2: PLOT.right,
      y1: y,
      y2: y,
      class: 'stroke-muted',
      'stroke-width': 1.2,
      'stroke-dasharray': '5 5',
    }),
    label('predicting zero', PLOT.right - 4, y - 6, { class: 'fill-muted small', 'text-anchor': 'end' }),
  ].join('');
}

/** Of the colour of their source; names at the left, below where training begins, moved apart where they would overlap. */
function yardstickLines(series: readonly Series[], yardsticks: readonly Yardstick[], y: Scale): string[] {
  const places = spreadOut(
    yardsticks.map(({ loss }) => y(loss) - 5),
    14,
    PLOT.top + 12,
    PLOT.bottom - 4,
  );
  return yardsticks.map(({ source, name, loss }, i) => {
    const colour = series.find((one) => one.source === source)?.colour ?? 'ink';
    const own = y(loss);
    const text = series.length > 1 ? `${source}: ${name} ${loss.toFixed(3)}` : `${name} ${loss.toFixed(3)}`;
    return [
      element('line', {
        ...{ x1: PLOT.left, x2: PLOT.right, y1: own, y2: own },
        ...{ class: `stroke-${colour}`, 'stroke-width': 1, 'stroke-dasharray': '1 4', 'stroke-opacity': 0.9 },
      }),
      label(text, PLOT.left + 6, places[i] ?? own, { class: `fill-${colour} small` }),
    ].join('');
  });
}

/** Names at the right, each beside a diamond at its held-out loss or, without one, at the end of its line. */
function endLabels(series: readonly Series[], heldOut: Readonly<Record<string, number>>, y: Scale): string[] {
  const colours = new Map(series.map(({ source, colour }) => [source, colour]));
  const names = Object.keys(heldOut).length > 0 ? Object.keys(heldOut) : [...colours.keys()];
  const values = names.map(
    (name) => heldOut[name] ?? series.find(({ source }) => source === name)?.smooth.at(-1)?.[1] ?? 0,
  );
  const places = spreadOut(values.map(y), 18, PLOT.top, PLOT.bottom);
  const x = PLOT.right + 12;
  const marks = names.map((name, i) => {
    const value = values[i] ?? 0;
    const colour = colours.get(name) ?? 'ink';
    const place = y(value);
    const text = name in heldOut ? `${name} ${value.toFixed(3)}` : name;
    const words = label(text, x + 26, (places[i] ?? 0) + 4, { class: `strong fill-${colour}` });
    if (!(name in heldOut)) return words;
    const diamond = `M${x} ${place - 5}l5 5l-5 5l-5 -5z`;
    return [
      element('path', {
        d: `M${x + 7} ${place}L${x + 21} ${places[i] ?? 0}`,
        class: `line stroke-${colour}`,
        'stroke-opacity': 0.5,
      }),
      element('path', { d: diamond, class: `fill-${colour}` }),
      words,
    ].join('');
  });
  const heading = Object.keys(heldOut).length > 0 ? 'held-out windows' : '';
  return [label(heading, x - 5, PLOT.top - 16, { class: 'fill-muted small' }), ...marks];
}

function describeCurve(
  series: readonly Series[],
  heldOut: Readonly<Record<string, number>>,
  yardsticks: readonly Yardstick[],
): string {
  return series
    .map(({ source, smooth }) => {
      const [from, to] = [smooth[0]?.[1], smooth.at(-1)?.[1]];
      const end = heldOut[source];
      const tail = end === undefined ? '' : `, ${end.toFixed(3)} on held-out windows`;
      const beside = yardsticks
        .filter((one) => one.source === source)
        .map(({ name, loss }) => `, ${name} ${loss.toFixed(3)}`);
      return `${source}: from ${from?.toFixed(3)} to ${to?.toFixed(3)}${tail}${beside.join('')}`;
    })
    .join('; ');
}

/** Steps come in order, but none may be there. */
function ends(steps: readonly number[]): number[] {
  return steps.length === 0 ? [0] : [steps[0] ?? 0, steps.at(-1) ?? 0];
}
