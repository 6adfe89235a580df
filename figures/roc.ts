import { lookOf } from './palette.ts';
import { linearScale } from './scale.ts';
import { element, figure, label, pathThrough } from './svg.ts';

export interface RocSeries {
  readonly name: string;
  readonly points: readonly (readonly [falsePositives: number, truePositives: number])[];
}

const SIZE = { width: 860, height: 430 };
const PLOT = { left: 70, right: 390, top: 60, bottom: 380 };

/** ROC curves in one square, named at the right in the order given. */
export function rocFigure({
  title,
  series,
}: {
  readonly title: string;
  readonly series: readonly RocSeries[];
}): string {
  const x = linearScale([0, 1], [PLOT.left, PLOT.right]);
  const y = linearScale([0, 1], [PLOT.bottom, PLOT.top]);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return figure(
    { ...SIZE, title, description: `ROC curves of ${series.map(({ name }) => name).join(', ')}.` },
    label(title, 24, 30, { class: 'fill-ink title' }),
    ...ticks.flatMap((tick) => [
      element('line', { x1: x(tick), x2: x(tick), y1: PLOT.top, y2: PLOT.bottom, class: 'stroke-grid' }),
      element('line', { x1: PLOT.left, x2: PLOT.right, y1: y(tick), y2: y(tick), class: 'stroke-grid' }),
      label(String(tick), x(tick), PLOT.bottom + 20, { class: 'fill-muted', 'text-anchor': 'middle' }),
      label(String(tick), PLOT.left - 8, y(tick) + 4, { class: 'fill-muted', 'text-anchor': 'end' }),
    ]),
    element('line', {
      x1: x(0),
      y1: y(0),
      x2: x(1),
      y2: y(1),
      class: 'stroke-muted',
      'stroke-dasharray': '5 5',
    }),
    label('false positives', (PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, {
      class: 'fill-muted',
      'text-anchor': 'middle',
    }),
    label('true positives', 0, 0, {
      class: 'fill-muted',
      'text-anchor': 'middle',
      transform: `translate(22 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)`,
    }),
    // The first lies on top.
    ...series
      .map(({ points }, i) =>
        element('path', {
          d: pathThrough(points.map(([a, b]) => [x(a), y(b)])),
          class: `line stroke-${lookOf(i).colour}`,
          'stroke-dasharray': lookOf(i).dash,
          'stroke-width': i === 0 ? 2.6 : 1.6,
        }),
      )
      .reverse(),
    ...series.flatMap(({ name }, i) => [
      element('line', {
        x1: PLOT.right + 36,
        x2: PLOT.right + 62,
        y1: PLOT.top + 16 + 24 * i,
        y2: PLOT.top + 16 + 24 * i,
        class: `stroke-${lookOf(i).colour}`,
        'stroke-dasharray': lookOf(i).dash,
        'stroke-width': i === 0 ? 2.6 : 1.6,
      }),
      label(name, PLOT.right + 72, PLOT.top + 20 + 24 * i, {
        class: i === 0 ? 'fill-ink strong' : 'fill-ink',
      }),
    ]),
  );
}
