import { linearScale, niceTicks } from './scale.ts';
import { element, figure, label } from './svg.ts';

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** NaN at both ends where there is none. */
  readonly low: number;
  readonly high: number;
  /** Of single runs, drawn as dots. */
  readonly runs: readonly number[];
}

const WIDTH = 860;
const PLOT = { left: 290, right: 770, top: 64 };
const ROW = 34;

/** A line a row: its value, its interval and its single runs, at one scale; the first stands out. */
export function intervalFigure({
  title,
  caption,
  chance,
  rows,
}: {
  readonly title: string;
  readonly caption: string;
  /** Where a dashed line says that nothing is known. */
  readonly chance: number;
  readonly rows: readonly IntervalRow[];
}): string {
  const told = rows
    .flatMap(({ value, low, high, runs }) => [value, low, high, ...runs])
    .filter(Number.isFinite);
  const low = Math.max(0, Math.min(chance, ...told) - 0.02);
  const high = Math.min(1, Math.max(chance, ...told) + 0.02);
  const x = linearScale([low, high], [PLOT.left, PLOT.right]);
  const ticks = niceTicks(low, high, 6);
  const bottom = PLOT.top + rows.length * ROW;
  return figure(
    {
      width: WIDTH,
      height: bottom + 44,
      title,
      description: rows
        .map(({ name, value, low, high }) => {
          const interval = Number.isNaN(low) ? '' : ` (${low.toFixed(2)} to ${high.toFixed(2)})`;
          return `${name}: ${shown(value)}${interval}`;
        })
        .join('; '),
    },
    label(title, 24, 30, { class: 'fill-ink title' }),
    label(caption, 24, 50, { class: 'fill-muted' }),
    ...ticks.values.flatMap((value) => [
      element('line', { x1: x(value), x2: x(value), y1: PLOT.top, y2: bottom, class: 'stroke-grid' }),
      label(ticks.show(value), x(value), bottom + 20, { class: 'fill-muted', 'text-anchor': 'middle' }),
    ]),
    element('line', {
      x1: x(chance),
      x2: x(chance),
      y1: PLOT.top,
      y2: bottom,
      class: 'stroke-muted',
      'stroke-dasharray': '5 5',
    }),
    ...rows.flatMap((row, i) => rowOf(row, PLOT.top + (i + 0.5) * ROW, x, i === 0)),
  );
}

const shown = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(3));

function rowOf(
  { name, value, low, high, runs }: IntervalRow,
  y: number,
  x: (value: number) => number,
  isFirst: boolean,
) {
  const colour = isFirst ? 'model' : 'original';
  const weight = isFirst ? 'fill-ink strong' : 'fill-ink';
  return [
    label(name, PLOT.left - 16, y + 4, { class: weight, 'text-anchor': 'end' }),
    Number.isNaN(low)
      ? ''
      : element('line', {
          x1: x(low),
          x2: x(high),
          y1: y,
          y2: y,
          class: `stroke-${colour}`,
          'stroke-width': 3,
          'stroke-linecap': 'round',
        }),
    ...(runs.length > 1 ? runs : [])
      .filter(Number.isFinite)
      .map((run) =>
        element('circle', { cx: x(run), cy: y + 9, r: 1.8, class: `fill-${colour}`, 'fill-opacity': 0.6 }),
      ),
    Number.isNaN(value) ? '' : element('circle', { cx: x(value), cy: y, r: 5.5, class: `fill-${colour}` }),
    label(shown(value), PLOT.right + 16, y + 4, { class: weight }),
  ];
}
