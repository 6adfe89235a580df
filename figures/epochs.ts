import type { Epoch } from '../evaluate/index.ts';
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

export interface EpochsFigure {
  readonly title: string;
  readonly histories: readonly (readonly Epoch[])[];
  /** Of each run the epoch whose weights were taken; by default the first of the highest AUROC. */
  readonly taken?: readonly number[];
  /** Of each run the epoch at which it converged, NaN where it did not; a short line marks it. */
  readonly convergedAt?: readonly number[] | undefined;
}

/** Loss and validation AUROC over the epochs, a line a seed; a dot is the epoch whose weights were taken. */
export function epochsFigure({ title, histories, taken, convergedAt = [] }: EpochsFigure): string {
  const last = Math.max(1, ...histories.map((history) => history.length));
  return figure(
    {
      ...SIZE,
      title,
      description: `${histories.length} runs of up to ${last} epochs.`,
    },
    label(title, 24, 30, { class: 'fill-ink title' }),
    label(
      `a line a seed; the dot is the epoch whose weights were taken${convergedAt.length > 0 ? ', the stroke on the loss that at which it lies still' : ''}`,
      24,
      50,
      { class: 'fill-muted' },
    ),
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
          const best =
            history.find(({ epoch }) => epoch === taken?.[i]) ??
            history.reduce((a, b) => (b.validationAuroc > a.validationAuroc ? b : a));
          const still = key === 'loss' && history.find(({ epoch }) => epoch === convergedAt[i]);
          return [
            element('path', {
              d: pathThrough(history.map((epoch) => [x(epoch.epoch), y(epoch[key])])),
              class: `line stroke-${colour}`,
              'stroke-dasharray': dash,
              'stroke-width': 1.6,
            }),
            element('circle', { cx: x(best.epoch), cy: y(best[key]), r: 4, class: `fill-${colour}` }),
            ...(still
              ? [
                  element('line', {
                    ...{ x1: x(still.epoch), x2: x(still.epoch) },
                    ...{ y1: y(still.loss) - 8, y2: y(still.loss) + 8 },
                    class: `stroke-${colour}`,
                    'stroke-width': 2,
                  }),
                ]
              : []),
          ];
        }),
      ];
    }),
  );
}
