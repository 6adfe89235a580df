import { element, figure, label } from '../../figures/svg.ts';
import type { Results, Row } from '../contract.ts';
import { median } from '../suite/statistics.ts';
import { logRange, logScale, logTicks } from './axes.ts';
import { times } from './format.ts';
import { highestAim } from './kernels.ts';
import { hover, markOf } from './marks.ts';

const WIDTH = 860;
const TOP = 86;
const PLOT = { left: 186, right: 800 };
const LANE = 11;
const PAD = 12;

interface Family {
  readonly name: string;
  /** What its ratios should reach. */
  readonly aim: number | null;
  readonly lanes: readonly {
    readonly peer: number;
    readonly name: string;
    readonly median: number;
    readonly least: number;
    readonly most: number;
    readonly rows: number;
  }[];
}

/** How many times as long the peers take, by family: a bar to the median and a line from least to most; null without peers. */
export function peersFigure({ rows, device }: Results): string | null {
  const compared = rows.filter(({ peers }) => peers.length > 0);
  if (compared.length === 0) return null;
  const names = [...new Set(compared.flatMap(({ peers }) => peers.map(({ name }) => name)))].sort();
  const families = familiesOf(compared, names);
  const all = families.flatMap(({ lanes }) => lanes.flatMap(({ least, most }) => [least, most]));
  const range = logRange([...all, 1, 4], 1.15);
  const x = logScale(range, [PLOT.left, PLOT.right]);
  let y = TOP;
  const bands = families.map((family) => {
    const top = y;
    y += family.lanes.length * LANE + PAD;
    return { family, top, bottom: y };
  });
  return figure(
    {
      width: WIDTH,
      height: y + 52,
      title: 'Against the peers',
      description: families
        .map(
          ({ name, lanes }) =>
            `${name}: ${lanes.map((lane) => `${lane.name} ${times(lane.median)}`).join(', ')}`,
        )
        .join('; '),
    },
    label('How many times as long the peers take', 24, 28, { class: 'fill-ink title' }),
    label(`${device}, same process, interleaved`, 24, 48, { class: 'fill-muted' }),
    ...names.map((name, i) => legend(PLOT.left + i * 124, name, markOf(i).colour)),
    ...logTicks(...range).flatMap((tick) => [
      element('line', { x1: x(tick), x2: x(tick), y1: TOP - 4, y2: y, class: 'stroke-grid' }),
      label(`${tick}x`, x(tick), y + 18, { class: 'fill-muted small', 'text-anchor': 'middle' }),
    ]),
    element('line', { x1: x(1), x2: x(1), y1: TOP - 4, y2: y, class: 'stroke-ink', 'stroke-width': 1.4 }),
    ...bands.flatMap(({ family, top, bottom }) => [
      label(family.name, PLOT.left - 12, (top + bottom - PAD) / 2 + 8, { 'text-anchor': 'end' }),
      ...family.lanes.map((lane, i) => bar(family, lane, top + PAD / 2 + i * LANE, x)),
      family.aim === null ? '' : aimLine(family.name, family.aim, x(family.aim), top, bottom),
    ]),
    label(
      'Right of 1x ours is faster. Bar: median over shapes; line: least to most; dashes: what we aim at.',
      PLOT.left,
      y + 40,
      {
        class: 'fill-muted small',
      },
    ),
  );
}

function aimLine(name: string, aim: number, x: number, top: number, bottom: number): string {
  const look = { class: 'stroke-ink', 'stroke-width': 1.4, 'stroke-dasharray': '3 3' };
  const ends = { x1: x, x2: x, y1: top + 2, y2: bottom - 2 };
  return element('line', { ...ends, ...look }, hover(`${name} should reach ${aim}x`));
}

function familiesOf(rows: readonly Row[], names: readonly string[]): Family[] {
  const byFamily = new Map<string, Row[]>();
  for (const row of rows) byFamily.set(row.family, [...(byFamily.get(row.family) ?? []), row]);
  return [...byFamily].map(([name, members]) => ({
    name,
    aim: highestAim(members),
    lanes: names.flatMap((peerName, peer) => {
      const ratios = members.flatMap(({ peers }) =>
        peers.filter(({ name }) => name === peerName).map(({ ratio }) => ratio),
      );
      if (ratios.length === 0) return [];
      return [
        {
          peer,
          name: peerName,
          median: median(ratios),
          least: Math.min(...ratios),
          most: Math.max(...ratios),
          rows: ratios.length,
        },
      ];
    }),
  }));
}

function legend(x: number, name: string, colour: string): string {
  return [
    element('rect', { x, y: 62, width: 12, height: 9, class: `fill-${colour}` }),
    label(name, x + 18, 71, { class: `fill-${colour} strong` }),
  ].join('');
}

function bar(
  { name }: Family,
  lane: Family['lanes'][number],
  y: number,
  x: (value: number) => number,
): string {
  const { colour } = markOf(lane.peer);
  const [from, to] = [x(1), x(lane.median)].sort((a, b) => a - b) as [number, number];
  const middle = y + (LANE - 3) / 2;
  const text = `${name}, ${lane.name}: median ${times(lane.median)}, ${times(lane.least)} to ${times(lane.most)} over ${lane.rows} rows`;
  return element(
    'g',
    {},
    hover(text),
    element('rect', {
      x: from,
      y,
      width: Math.max(1.5, to - from),
      height: LANE - 3,
      class: `fill-${colour}`,
      'fill-opacity': 0.75,
    }),
    element('line', {
      x1: x(lane.least),
      x2: x(lane.most),
      y1: middle,
      y2: middle,
      class: `stroke-${colour}`,
      'stroke-width': 2,
    }),
  );
}
