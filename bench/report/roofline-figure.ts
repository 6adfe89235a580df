import { element, figure, label } from '../../figures/svg.ts';
import type { Results, Row } from '../contract.ts';
import { logRange, logScale, logTicks } from './axes.ts';
import { digits, duration, megabytes, orDash, percent } from './format.ts';
import { type Mark, markOf, point } from './marks.ts';

const WIDTH = 860;
const PLOT = { left: 70, right: 668, top: 74, bottom: 420 };
const LEGEND = { left: 690, gap: 19 };

interface Dot {
  readonly row: Row;
  /** FLOP a byte. */
  readonly intensity: number;
  readonly gflops: number;
}

/** Each kernel by what it computes a byte and a second, under what the adapter can do; null where no row has both. */
export function rooflineFigure({ roofline, rows, device }: Results): string | null {
  const dots: Dot[] = rows.flatMap((row) => {
    const { gflops, gbps } = row;
    return gflops && gbps ? [{ row, gflops, intensity: gflops / gbps }] : [];
  });
  if (dots.length === 0) return null;
  const families = [...new Set(dots.map(({ row }) => row.family))];
  const marks = new Map(families.map((family, i): [string, Mark] => [family, markOf(i)]));
  const { f32Gflops, f16Gflops, copyGbps } = roofline;
  const ridge = f32Gflops / copyGbps;
  const fastest = fasterCopy(roofline);
  const intensities = logRange([...dots.map(({ intensity }) => intensity), ridge], 1.6);
  const speeds = logRange([...dots.map(({ gflops }) => gflops), f32Gflops, f16Gflops ?? f32Gflops], 1.6);
  const x = logScale(intensities, [PLOT.left, PLOT.right]);
  const y = logScale(speeds, [PLOT.bottom, PLOT.top]);
  return figure(
    {
      width: WIDTH,
      height: Math.max(PLOT.bottom + 56, PLOT.top + families.length * LEGEND.gap + 24),
      title: 'Roofline',
      description: `${dots.length} kernels on ${device}: at most ${digits(f32Gflops)} GFLOP/s and ${digits(copyGbps)} GB/s`,
    },
    label('Roofline: each kernel under what the adapter can do', 24, 28, { class: 'fill-ink title' }),
    label(fastest ? `${device}; dotted: a copy of ${megabytes(fastest.bytes)}` : device, 24, 48, {
      class: 'fill-muted',
    }),
    ...logTicks(...intensities).flatMap((tick) => [
      element('line', { x1: x(tick), x2: x(tick), y1: PLOT.top, y2: PLOT.bottom, class: 'stroke-grid' }),
      label(digits(tick, 1), x(tick), PLOT.bottom + 18, {
        class: 'fill-muted small',
        'text-anchor': 'middle',
      }),
    ]),
    ...logTicks(...speeds).flatMap((tick) => [
      element('line', { x1: PLOT.left, x2: PLOT.right, y1: y(tick), y2: y(tick), class: 'stroke-grid' }),
      label(digits(tick, 1), PLOT.left - 8, y(tick) + 4, { class: 'fill-muted small', 'text-anchor': 'end' }),
    ]),
    label('FLOP a byte', (PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, {
      class: 'fill-muted',
      'text-anchor': 'middle',
    }),
    label('GFLOP/s', 0, 0, {
      class: 'fill-muted',
      'text-anchor': 'middle',
      transform: `translate(20 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)`,
    }),
    clip(),
    element(
      'g',
      { 'clip-path': 'url(#roofline-plot)' },
      roof(`M${x(intensities[0])} ${y(intensities[0] * copyGbps)}L${x(ridge)} ${y(f32Gflops)}H${PLOT.right}`),
      fastest
        ? roof(
            `M${x(intensities[0])} ${y(intensities[0] * fastest.gbps)}L${x(f32Gflops / fastest.gbps)} ${y(f32Gflops)}`,
            '1 5',
          )
        : '',
      f16Gflops === null
        ? ''
        : roof(
            // Where f16 is the faster of both, the slope goes on up to it; where it is slower, it has none of its own.
            `M${x(Math.min(ridge, f16Gflops / copyGbps))} ${y(Math.min(f32Gflops, f16Gflops))}L${x(f16Gflops / copyGbps)} ${y(f16Gflops)}H${PLOT.right}`,
            '5 4',
          ),
      ...dots.map(({ row, intensity, gflops }) =>
        point(marks.get(row.family) ?? markOf(0), x(intensity), y(gflops), textOf(row)),
      ),
    ),
    label(`${digits(f32Gflops)} GFLOP/s`, PLOT.right - 6, y(f32Gflops) - 7, {
      class: 'fill-ink small strong',
      'text-anchor': 'end',
    }),
    f16Gflops === null
      ? ''
      : label(`f16: ${digits(f16Gflops)} GFLOP/s`, PLOT.right - 6, y(f16Gflops) - 7, {
          class: 'fill-muted small',
          'text-anchor': 'end',
        }),
    copyLabel(copyGbps, intensities[0], x, y),
    ...families.map((family, i) => {
      const place = PLOT.top + 6 + i * LEGEND.gap;
      const count = dots.filter(({ row }) => row.family === family).length;
      return (
        point(marks.get(family) ?? markOf(0), LEGEND.left, place) +
        label(`${family} (${count})`, LEGEND.left + 12, place + 4, { class: 'fill-ink small' })
      );
    }),
  );
}

/** Small copies stay in a cache: kernels that move as little may lie above the roof of large ones. */
function fasterCopy({ copies, copyGbps }: Results['roofline']): { bytes: number; gbps: number } | null {
  const [best] = copies.toSorted((a, b) => b.gbps - a.gbps);
  return best && best.gbps > 1.05 * copyGbps ? best : null;
}

function roof(path: string, dashes?: string): string {
  return element('path', {
    d: path,
    class: 'line stroke-ink',
    'stroke-width': 1.6,
    'stroke-dasharray': dashes,
  });
}

function clip(): string {
  const { left, right, top, bottom } = PLOT;
  const rect = element('rect', { x: left, y: top, width: right - left, height: bottom - top });
  return element('clipPath', { id: 'roofline-plot' }, rect);
}

/** Along the slope, above it. */
function copyLabel(
  copyGbps: number,
  from: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const start = from * 1.5;
  const angle = (Math.atan2(y(10 * copyGbps) - y(copyGbps), x(10) - x(1)) * 180) / Math.PI;
  return label(`copy: ${digits(copyGbps)} GB/s`, 0, 0, {
    class: 'fill-ink small strong',
    transform: `translate(${x(start).toFixed(1)} ${(y(start * copyGbps) - 8).toFixed(1)}) rotate(${angle.toFixed(1)})`,
  });
}

function textOf({ id, medianMs, gflops, gbps, percentOfPeak }: Row): string {
  return `${id}: ${duration(medianMs)}, ${orDash(gflops)} GFLOP/s, ${orDash(gbps)} GB/s, ${orDash(percentOfPeak, percent)} of the roofline`;
}
