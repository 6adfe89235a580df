/** The rooms of the repository and what they import, as a picture. */
import { element, figure, label } from '../../figures/svg.ts';
import type { Import } from './imports.ts';
import { LAYERS } from './layers.ts';

/** Where a room lies: columns of twelve and floors from the top, both ends included. */
export interface Room {
  readonly room: string;
  readonly holds: string;
  readonly columns: readonly [first: number, last: number];
  readonly floors: readonly [top: number, bottom: number];
}

const place = (room: string, holds: string, columns: Room['columns'], top: number, bottom = top): Room => ({
  room,
  holds,
  columns,
  floors: [top, bottom],
});

/** Laid out so that every arrow leads from one floor to the next. */
export const ROOMS: readonly Room[] = [
  place('bench', 'verify, then time', [0, 7], 0),
  place('demo', 'the page', [8, 11], 0, 1),
  place('cli', 'the spotr command', [0, 7], 1),
  place('checkpoint', 'weights in files', [0, 2], 2, 3),
  place('figures', 'numbers to SVG', [3, 5], 2),
  place('workflows', 'what command and page both do', [6, 11], 2),
  place('evaluate', 'metrics, probes, PCA', [3, 7], 3),
  place('data', 'recordings to windows', [8, 11], 3, 5),
  place('model', 'SPOTR, in the paper’s words', [0, 7], 4),
  place('engine', 'tensors, autograd, captured steps', [0, 7], 5),
  place('shaders', 'the WGSL kernels', [0, 3], 6),
  place('base', 'ZIP, inflate, half precision, random numbers, errors', [4, 11], 6),
];

/** The engine reads these as text. */
const READ_AS_TEXT = [{ from: 'engine', to: 'shaders' }] as const;

const [WIDTH, FLOOR, GAP, MARGIN] = [840, 52, 32, 16];

/** Which room imports which, each pair once; tests stand outside of the house. */
export function roomEdges(imports: readonly Import[]): { from: string; to: string }[] {
  const room = (path: string) => path.split('/')[0] as string;
  const inHouse = (name: string) => name in LAYERS && name !== 'test';
  const pairs = imports
    .map(({ from, to }) => [room(from), room(to)] as const)
    .filter(([from, to]) => from !== to && inHouse(from) && inHouse(to))
    .map((pair) => pair.join(' '));
  const edges = [...new Set(pairs)].sort().map((pair) => {
    const [from, to] = pair.split(' ') as [string, string];
    return { from, to };
  });
  return [...edges, ...READ_AS_TEXT];
}

/** The edges that no longer way says already. */
export function reduced(edges: readonly { from: string; to: string }[]): { from: string; to: string }[] {
  const reaches = (from: string, to: string, without: { from: string; to: string }): boolean =>
    edges.some(
      (edge) => edge !== without && edge.from === from && (edge.to === to || reaches(edge.to, to, without)),
    );
  return edges.filter((edge) => !reaches(edge.from, edge.to, edge));
}

/** The picture, which is the same as long as no room begins or ends to import another. */
export function housePicture(imports: readonly Import[]): string {
  const floors = 1 + Math.max(...ROOMS.map(({ floors: [, bottom] }) => bottom));
  const column = (WIDTH - 2 * MARGIN + GAP) / 12;
  const edges = reduced(roomEdges(imports));
  const boxOf = (name: string) => {
    const room = ROOMS.find((one) => one.room === name);
    if (!room) throw new Error(`The picture has no place for ${name}/; add it to ROOMS.`);
    const { columns, floors } = room;
    return {
      left: MARGIN + columns[0] * column,
      right: MARGIN + (columns[1] + 1) * column - GAP,
      top: MARGIN + floors[0] * (FLOOR + GAP),
      bottom: MARGIN + floors[1] * (FLOOR + GAP) + FLOOR,
    };
  };
  const arrows = edges.map(({ from, to }) => {
    const [upper, lower] = [boxOf(from), boxOf(to)];
    const [left, right] = [Math.max(upper.left, lower.left), Math.min(upper.right, lower.right)];
    const middle = (box: typeof upper) => (box.left + box.right) / 2;
    const d =
      left < right
        ? `M${(left + right) / 2} ${upper.bottom}V${lower.top - 4}`
        : `M${middle(upper)} ${upper.bottom}V${upper.bottom + GAP / 2}H${middle(lower)}V${lower.top - 4}`;
    return element('path', { d, class: 'line stroke-muted', 'stroke-width': 1.5, 'marker-end': 'url(#tip)' });
  });
  const rooms = ROOMS.map(({ room, holds }) => {
    const { left, right, top, bottom } = boxOf(room);
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const look = { rx: 6, class: 'fill-paper stroke-model', 'stroke-width': 1.5 };
    return [
      element('rect', { x: left, y: top, width: right - left, height: bottom - top, ...look }),
      label(`${room}/`, x, y - 4, { class: 'fill-ink strong', 'text-anchor': 'middle' }),
      label(holds, x, y + 14, { class: 'fill-muted small', 'text-anchor': 'middle' }),
    ].join('');
  });
  const tip = element(
    'defs',
    {},
    element(
      'marker',
      { id: 'tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: 'auto' },
      element('path', { d: 'M0 0L8 4L0 8z', class: 'fill-muted' }),
    ),
  );
  const height = 2 * MARGIN + floors * (FLOOR + GAP) - GAP;
  const words = edges.map(({ from, to }) => `${from} imports ${to}`).join(', ');
  const about = { width: WIDTH, height, title: 'The rooms of the repository', description: `${words}.` };
  return `${figure(about, tip, ...arrows, ...rooms)}\n`;
}
