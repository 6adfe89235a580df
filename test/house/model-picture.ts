/** The model of the README's first screen: a schematic, with the paper's names of its parts. */
import { element, figure, label, type Point, pathThrough } from '../../figures/svg.ts';

const [CHANNELS, PATCHES] = [4, 6] as const;
const [WIDTH, HEIGHT] = [980, 228] as const;
const [TOP, CELL] = [84, 22] as const;
const MIDDLE = TOP + (CHANNELS * CELL) / 2;

/** One channel of a made-up window; `detail` is how much of its fast part is there. */
const wave = (channel: number, at: number, detail: number) =>
  Math.sin(at * 7 + channel) + detail * 0.6 * Math.sin(at * 31 + 2 * channel);

function traces(left: number, width: number, colour: string, detail: number): string {
  return Array.from({ length: CHANNELS }, (_, channel) => {
    const y = TOP + (channel + 0.5) * CELL;
    const points = Array.from({ length: 90 }, (_, i): Point => {
      const at = i / 89;
      return [left + at * width, y - 5.5 * wave(channel, at, detail)];
    });
    return element('path', { d: pathThrough(points), class: `line stroke-${colour}`, 'stroke-width': 1.4 });
  }).join('');
}

function cells(left: number, top: number, rows: number, columns: number, fill: string): string {
  return Array.from({ length: rows * columns }, (_, i) =>
    element('rect', {
      ...{
        x: left + (i % columns) * CELL,
        y: top + Math.floor(i / columns) * CELL,
        width: CELL - 4,
        height: CELL - 4,
      },
      ...{ rx: 3, class: `fill-${fill} stroke-muted`, 'stroke-width': 0.8 },
    }),
  ).join('');
}

const arrow = (from: number, to: number, y = MIDDLE) =>
  element('path', {
    d: `M${from} ${y}H${to - 3}`,
    class: 'line stroke-muted',
    'stroke-width': 1.5,
    'marker-end': 'url(#head)',
  });

const under = (text: string, x: number, line = 0) =>
  label(text, x, TOP + CHANNELS * CELL + 24 + 17 * line, {
    class: 'fill-muted small',
    'text-anchor': 'middle',
  });

function part(name: string, left: number, right: number): string {
  const middle = (left + right) / 2;
  return [
    label(name, middle, 34, { class: 'fill-ink strong', 'text-anchor': 'middle' }),
    element('path', { d: `M${left} 52V46H${right}V52`, class: 'line stroke-muted', 'stroke-width': 1 }),
  ].join('');
}

export function modelPicture(): string {
  const head = element(
    'defs',
    {},
    element(
      'marker',
      { id: 'head', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
      element('path', { d: 'M0 0L8 4L0 8z', class: 'fill-muted' }),
    ),
  );
  const [grid, pooled, token, masks] = [178, 362, 622, 700];
  const gridWidth = PATCHES * CELL - 4;
  return `${figure(
    {
      ...{ width: WIDTH, height: HEIGHT, title: 'SPOTR' },
      description:
        'A window of C channels becomes a grid of C by N patches, which attention pools along time to C tokens and along channels to N tokens; transformer blocks gather them in one token; from that token alone the renderer makes the whole window again.',
    },
    head,
    traces(32, 96, 'original', 1),
    under('a window:', 80),
    under('C channels, T samples', 80, 1),
    arrow(138, grid - 4),
    part('STCompactor', grid, pooled + 166),
    cells(grid, TOP + 2, CHANNELS, PATCHES, 'grid'),
    under('patch convolution:', grid + gridWidth / 2),
    under('C x N patches', grid + gridWidth / 2, 1),
    arrow(grid + gridWidth + 8, pooled - 8),
    cells(pooled, TOP + 2, CHANNELS, 1, 'grid'),
    label('+', pooled + 27, MIDDLE + 5, { class: 'fill-muted', 'text-anchor': 'middle' }),
    cells(pooled + 36, MIDDLE - CELL / 2 + 2, 1, PATCHES, 'grid'),
    under('attention pooling:', pooled + 82),
    under('C + N tokens', pooled + 82, 1),
    arrow(pooled + 174, token - 20),
    part('LatentAggregator', pooled + 176, token + 62),
    element('rect', { x: token - 16, y: MIDDLE - 16, width: 32, height: 32, rx: 6, class: 'fill-model' }),
    under('transformer:', token),
    under('one token', token, 1),
    arrow(token + 24, masks),
    part('LatentRenderer', masks, masks + gridWidth + 4),
    cells(masks + 4, TOP + 2, CHANNELS, PATCHES, 'paper'),
    under('C x N masked patches,', masks + gridWidth / 2),
    under('told the one token', masks + gridWidth / 2, 1),
    arrow(masks + gridWidth + 12, 866),
    traces(870, 96, 'model', 0.25),
    under('the window again', 918),
  )}\n`;
}
