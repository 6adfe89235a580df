import { linearScale } from '../../figures/scale.ts';
import { element, figure, label } from '../../figures/svg.ts';
import type { Results, Row } from '../contract.ts';
import { headlineOf } from '../headline/summary.ts';
import { bestPeer } from '../suite/targets.ts';
import { duration, percent, times } from './format.ts';
import { highestAim, spread } from './kernels.ts';
import { headingOf } from './sections.ts';

const WIDTH = 860;
const TOP = 100;
const ROW = 22;
const GAP = 34;
/** Families of a panel at most: those that fall furthest short come first, since nothing is to be hidden. */
const MOST_ROWS = 9;

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly text: string;
  readonly colour: string;
  /** Where the value should reach. */
  readonly aim?: number;
}

interface Panel {
  readonly title: string;
  readonly note: string;
  readonly bars: readonly Bar[];
  /** Pixels for the names. */
  readonly names: number;
}

/** The README's picture: the adapter with the most rows, in up to three panels; null where there is nothing to draw. */
export function performanceFigure(all: readonly Results[]): string | null {
  const [results] = all.toSorted((a, b) => b.rows.length - a.rows.length);
  if (!results) return null;
  const panels = [headlinePanel(results.rows), peerPanel(results.rows), peakPanel(results.rows)].filter(
    (panel) => panel !== null,
  );
  if (panels.length === 0) return null;
  const width = (WIDTH - 48 - GAP * (panels.length - 1)) / panels.length;
  const rows = Math.max(...panels.map(({ bars }) => bars.length));
  const description = panels
    .map(({ title, bars }) => `${title}: ${bars.map(({ name, text }) => `${name} ${text}`).join(', ')}`)
    .join('. ');
  return figure(
    { width: WIDTH, height: TOP + rows * ROW + 20, title: 'Performance', description },
    label(headingOf(results), 24, 30, { class: 'fill-muted' }),
    ...panels.map((panel, i) => drawPanel(panel, 24 + i * (width + GAP), width)),
  );
}

function headlinePanel(rows: readonly Row[]): Panel | null {
  const means = headlineOf(rows)?.means ?? [];
  if (means.length === 0) return null;
  const windows = new Set(rows.filter(({ group }) => group === 'headline').map(({ shape }) => shape));
  return {
    title: 'One window, encoded',
    note: `base encoders, mean over ${windows.size} windows`,
    names: 104,
    bars: means.map(({ title, p50Ms }, i) => ({
      name: title,
      value: p50Ms,
      text: duration(p50Ms),
      colour: i === 0 ? 'model' : 'original',
    })),
  };
}

function byFamily(rows: readonly Row[]): [family: string, rows: Row[]][] {
  const families = new Map<string, Row[]>();
  for (const row of rows) families.set(row.family, [...(families.get(row.family) ?? []), row]);
  return [...families];
}

function peerPanel(rows: readonly Row[]): Panel | null {
  const bars = byFamily(rows).flatMap(([name, members]): (Bar & { aim: number })[] => {
    const found = spread(members.map((row) => bestPeer(row)));
    if (!found) return [];
    const aim = highestAim(members) ?? 1;
    const colour = found.median >= aim ? 'model' : 's1';
    return [{ name, value: found.median, text: times(found.median), colour, aim }];
  });
  if (bars.length === 0) return null;
  bars.sort((a, b) => a.value / a.aim - b.value / b.aim);
  return {
    title: 'Against the fastest peer',
    note: 'its time over ours, median; dash: aim',
    names: 108,
    bars: bars.slice(0, MOST_ROWS),
  };
}

function peakPanel(rows: readonly Row[]): Panel | null {
  const kernels = rows.filter(({ group }) => group === 'kernel');
  const bars = byFamily(kernels).flatMap(([name, members]): Bar[] => {
    const found = spread(members.map(({ percentOfPeak }) => percentOfPeak));
    return found ? [{ name, value: found.median, text: percent(found.median), colour: 's3' }] : [];
  });
  if (bars.length === 0) return null;
  bars.sort((a, b) => a.value - b.value);
  return {
    title: 'Of what the adapter can do',
    note: 'median over shapes, of the roofline',
    names: 108,
    bars: bars.slice(0, MOST_ROWS),
  };
}

function drawPanel({ title, note, bars, names }: Panel, left: number, width: number): string {
  const most = Math.max(...bars.map(({ value, aim = 0 }) => Math.max(value, aim)));
  // Room at the right for the number of the longest bar.
  const x = linearScale([0, most], [left + names, left + width - 56]);
  return [
    label(title, left, 62, { class: 'fill-ink strong' }),
    label(note, left, 80, { class: 'fill-muted small' }),
    ...bars.map(({ name, value, text, colour, aim }, i) => {
      const y = TOP + i * ROW;
      const dash =
        aim === undefined
          ? ''
          : element('line', {
              x1: x(aim),
              x2: x(aim),
              y1: y - 1,
              y2: y + 15,
              class: 'stroke-ink',
              'stroke-width': 1.5,
              'stroke-dasharray': '3 2',
            });
      return [
        label(name, left + names - 8, y + 11, { class: 'fill-ink small', 'text-anchor': 'end' }),
        element('rect', {
          x: x(0),
          y,
          width: Math.max(1, x(value) - x(0)),
          height: 14,
          class: `fill-${colour}`,
        }),
        dash,
        label(text, x(Math.max(value, aim ?? 0)) + 6, y + 11, { class: 'fill-ink small' }),
      ].join('');
    }),
  ].join('');
}
