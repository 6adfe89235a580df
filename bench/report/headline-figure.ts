import { linearScale, niceTicks, type Scale } from '../../figures/scale.ts';
import { element, figure, label } from '../../figures/svg.ts';
import type { Headline, HeadlineCell } from '../headline/summary.ts';
import { logRange, logScale, logTicks } from './axes.ts';
import { duration, durationTick, megabytes, times } from './format.ts';
import { hover } from './marks.ts';

/** By encoder: SPOTR, flattened, MOMENT-shaped. */
const COLOURS = ['model', 's1', 's3'] as const;
const WIDTH = 860;
const TOP = 104;
const ROW = 27;
const TIME = { left: 86, right: 500 };
/** Right edges of the columns of ratios, for the encoders after the first. */
const RATIOS = [560, 624] as const;
const MEMORY = { left: 656, right: 830 };

const colourOf = (encoder: number): string => COLOURS[encoder % COLOURS.length] ?? 'ink';

/** Latency and memory by window: a dot for each encoder, and how much longer the others take than the first. */
export function headlineFigure(headline: Headline, subtitle: string): string {
  const { windows, encoders } = headline;
  const bottom = TOP + windows.length * ROW;
  const cells = encoders.flatMap((encoder) => encoder.cells.filter((cell) => cell !== undefined));
  const range = logRange(cells.map(({ row }) => row.medianMs));
  const time = logScale(range, [TIME.left, TIME.right]);
  const most = Math.max(1, ...cells.map(({ peakBytes }) => peakBytes / 1e6).filter(Number.isFinite));
  const memory = linearScale([0, most], [MEMORY.left, MEMORY.right]);
  const partial = cells.some((cell) => cell.partial);
  return figure(
    {
      width: WIDTH,
      height: bottom + (partial ? 76 : 54),
      title: 'SPOTR against encoders over all patches',
      description: describe(headline),
    },
    label('One window through the encoder: latency and memory', 24, 28, { class: 'fill-ink title' }),
    label(subtitle, 24, 48, { class: 'fill-muted' }),
    ...encoders.map(({ title }, i) => legend(TIME.left + ([0, 80, 180][i] ?? 0), title, colourOf(i))),
    ...timeAxis(range, time, bottom),
    ...memoryAxis(most, memory, bottom),
    ...encoders.slice(1, 1 + RATIOS.length).map((_, i) =>
      label('/ SPOTR', RATIOS[i] ?? 0, TOP - 14, {
        class: `fill-${colourOf(i + 1)} small`,
        'text-anchor': 'end',
      }),
    ),
    ...windows.map((_, i) => windowRow(headline, i, time, memory)),
    partial
      ? label(
          'Rings: a part of the independent sequences was timed, and the time multiplied up.',
          TIME.left,
          bottom + 62,
          { class: 'fill-muted small' },
        )
      : '',
  );
}

function legend(x: number, title: string, colour: string): string {
  return [
    element('circle', { cx: x + 5, cy: 72, r: 5, class: `fill-${colour}` }),
    label(title, x + 16, 76, { class: `fill-${colour} strong` }),
  ].join('');
}

function timeAxis(range: readonly [number, number], time: Scale, bottom: number): string[] {
  return [
    ...logTicks(...range).flatMap((tick) => [
      element('line', { x1: time(tick), x2: time(tick), y1: TOP - 4, y2: bottom, class: 'stroke-grid' }),
      label(durationTick(tick), time(tick), bottom + 18, {
        class: 'fill-muted small',
        'text-anchor': 'middle',
      }),
    ]),
    label('latency, median', (TIME.left + TIME.right) / 2, bottom + 38, {
      class: 'fill-muted',
      'text-anchor': 'middle',
    }),
  ];
}

function memoryAxis(most: number, memory: Scale, bottom: number): string[] {
  const ticks = niceTicks(0, most, 3);
  return [
    ...ticks.values.flatMap((tick) => [
      element('line', { x1: memory(tick), x2: memory(tick), y1: TOP - 4, y2: bottom, class: 'stroke-grid' }),
      label(ticks.show(tick), memory(tick), bottom + 18, {
        class: 'fill-muted small',
        'text-anchor': 'middle',
      }),
    ]),
    label('peak memory, MB', (MEMORY.left + MEMORY.right) / 2, bottom + 38, {
      class: 'fill-muted',
      'text-anchor': 'middle',
    }),
  ];
}

/** A line from the fastest to the slowest encoder with a dot for each, the ratios, and bars of memory. */
function windowRow({ windows, encoders }: Headline, at: number, time: Scale, memory: Scale): string {
  const y = TOP + (at + 0.5) * ROW;
  const shown = encoders.flatMap(({ title, cells }, encoder) => {
    const cell = cells[at];
    return cell === undefined ? [] : [{ title, cell, encoder }];
  });
  const places = shown.map(({ cell }) => time(cell.row.medianMs));
  const window = windows[at] ?? '';
  return [
    label(window, TIME.left - 12, y + 4, { 'text-anchor': 'end' }),
    element('line', {
      x1: Math.min(...places),
      x2: Math.max(...places),
      y1: y,
      y2: y,
      class: 'stroke-grid',
      'stroke-width': 3,
    }),
    // The first encoder is drawn last, over the others.
    ...shown
      .toReversed()
      .map(({ title, cell, encoder }) =>
        dot(`${title} ${window}: ${textOf(cell)}`, time(cell.row.medianMs), y, cell, colourOf(encoder)),
      ),
    ...shown
      .filter(({ encoder }) => encoder > 0 && encoder <= RATIOS.length)
      .map(({ cell, encoder }) =>
        label(times(cell.timeOverSpotr), RATIOS[encoder - 1] ?? 0, y + 4, {
          class: `fill-${colourOf(encoder)}`,
          'text-anchor': 'end',
        }),
      ),
    ...shown.map(({ title, cell, encoder }) => {
      const thick = (ROW - 8) / encoders.length;
      return element(
        'rect',
        {
          x: MEMORY.left,
          y: y - (ROW - 8) / 2 + encoder * thick,
          width: Math.max(0, memory(cell.peakBytes / 1e6) - MEMORY.left),
          height: thick - 1,
          class: `fill-${colourOf(encoder)}`,
        },
        hover(`${title} ${window}: ${megabytes(cell.peakBytes)}`),
      );
    }),
  ].join('');
}

function dot(title: string, x: number, y: number, { partial }: HeadlineCell, colour: string): string {
  const look = partial
    ? { class: `fill-paper stroke-${colour}`, 'stroke-width': 2.5, r: 4.5 }
    : { class: `fill-${colour}`, r: 5.5 };
  return element('circle', { cx: x, cy: y, ...look }, hover(title));
}

function textOf({ row, peakBytes }: HeadlineCell): string {
  return `${duration(row.medianMs)}, ${megabytes(peakBytes)}`;
}

function describe({ windows, encoders }: Headline): string {
  return encoders
    .map(({ title, cells }) => {
      const parts = cells.flatMap((cell, i) => (cell ? [`${windows[i]} ${textOf(cell)}`] : []));
      return `${title}: ${parts.join('; ')}`;
    })
    .join('. ');
}
