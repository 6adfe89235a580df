import { element, figure, label } from './svg.ts';

const LEFT = 190;
const TOP = 96;
const WIDTH = 860;
const LARGEST_CELL = 110;

/** A confusion matrix: true classes down, predicted ones across, shaded by part of the true class. */
export function confusionFigure({
  title,
  caption,
  classes,
  matrix,
}: {
  readonly title: string;
  readonly caption: string;
  readonly classes: readonly string[];
  readonly matrix: readonly (readonly number[])[];
}): string {
  const cell = Math.min(LARGEST_CELL, (WIDTH - LEFT - 40) / classes.length);
  const height = Math.min(cell, 64);
  const short = (name: string, length: number) =>
    name.length > length ? `${name.slice(0, length - 1)}…` : name;
  return figure(
    {
      width: WIDTH,
      height: TOP + classes.length * height + 30,
      title,
      description: classes
        .map(
          (name, i) =>
            `${name}: ${(matrix[i] ?? []).map((n, j) => `${show(n)} taken for ${classes[j]}`).join(', ')}`,
        )
        .join('; '),
    },
    label(title, 24, 30, { class: 'fill-ink title' }),
    label(caption, 24, 50, { class: 'fill-muted' }),
    ...classes.map((name, j) =>
      label(short(name, Math.floor(cell / 7)), LEFT + (j + 0.5) * cell, TOP - 10, {
        class: 'fill-muted',
        'text-anchor': 'middle',
      }),
    ),
    ...classes.flatMap((name, i) => {
      const row = matrix[i] ?? [];
      const total = row.reduce((a, b) => a + b, 0);
      const y = TOP + i * height;
      return [
        label(short(name, 22), LEFT - 14, y + height / 2 + 4, { class: 'fill-muted', 'text-anchor': 'end' }),
        ...row.flatMap((count, j) => {
          const part = total > 0 ? count / total : 0;
          const x = LEFT + j * cell;
          const place = { x: x + 1, y: y + 1, width: cell - 2, height: height - 2, rx: 3 };
          return [
            element('rect', { ...place, class: 'fill-grid', 'fill-opacity': 0.5 }),
            element('rect', {
              ...place,
              class: i === j ? 'fill-model' : 'fill-wrong',
              'fill-opacity': 0.55 * part,
            }),
            label(show(count), x + cell / 2, y + height / 2 + (height > 40 ? -2 : 4), {
              class: 'fill-ink strong',
              'text-anchor': 'middle',
            }),
            height > 40
              ? label(`${Math.round(100 * part)} %`, x + cell / 2, y + height / 2 + 15, {
                  class: 'fill-ink small',
                  'text-anchor': 'middle',
                })
              : '',
          ];
        }),
      ];
    }),
  );
}

const show = (count: number) => (Number.isInteger(count) ? String(count) : count.toFixed(1));
