import type { Epoch } from '../model/index.ts';
import { lookOf } from './palette.ts';
import { linearScale, niceTicks } from './scale.ts';
import { element, figure, label, pathThrough } from './svg.ts';

const SIZE = { width: 860, height: 342 };
const TOP = 86;
const BOTTOM = 292;
const PANELS = [
  { key: 'loss', name: 'training loss', left: 64, right: 410 },
  { key: 'validationAuroc', name: 'validation AUROC', left: 490, right: 836 },
] as const;

/** Loss and validation AUROC over the epochs, a line a seed; a dot is the epoch whose weights were taken. */
export function epochsFigure({
  title,
  histories,
}: {
  readonly title: string;
  readonly histories: readonly (readonly Epoch[])[];
}): string {
  const last = Math.max(1, ...histories.map((history) => history.length));
  return figure(
    {
      ...SIZE,
      title,
      description: `${histories.length} runs of up to ${last} epochs.`,
    },
    label(title, 24, 30, { class: 'fill-ink title' }),
    label('a line a seed; the dot is the epoch whose weights were taken', 24, 50, { class: 'fill-muted' }),
    ...PANELS.flatMap(({ key, name, left, right }) => {
      const values = histories.flatMap((history) => history.map((epoch) => epoch[key]));
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const margin = Math.max(0.01, 0.06 * (high - low));
      const x = linearScale([1, Math.max(2, last)], [left, right]);
      const y = linearScale([low - margin, high + margin], [BOTTOM, TOP]);
      const xTicks = niceTicks(1, last, 5);
      const yTicks = niceTicks(low - margin, high + margin, 5);
      return [
        label(name, left, TOP - 8, { class: 'fill-muted small' }),
        ...yTicks.values.flatMap((value) => [
          element('line', { x1: left, x2: right, y1: y(value), y2: y(value), class: 'stroke-grid' }),
          label(yTicks.show(value), left - 8, y(value) + 4, { class: 'fill-muted', 'text-anchor': 'end' }),
        ]),
        ...xTicks.values
          .filter(Number.isInteger)
          .map((value) =>
            label(String(value), x(value), BOTTOM + 20, { class: 'fill-muted', 'text-anchor': 'middle' }),
          ),
        label('epoch', (left + right) / 2, BOTTOM + 40, { class: 'fill-muted', 'text-anchor': 'middle' }),
        ...histories.flatMap((history, i) => {
          const { colour, dash } = lookOf(i);
          const best = history.reduce((a, b) => (b.validationAuroc > a.validationAuroc ? b : a));
          return [
            element('path', {
              d: pathThrough(history.map((epoch) => [x(epoch.epoch), y(epoch[key])])),
              class: `line stroke-${colour}`,
              'stroke-dasharray': dash,
              'stroke-width': 1.6,
            }),
            element('circle', { cx: x(best.epoch), cy: y(best[key]), r: 4, class: `fill-${colour}` }),
          ];
        }),
      ];
    }),
  );
}
