import { SERIES_COLOURS } from '../../figures/palette.ts';
import { element, escapeText } from '../../figures/svg.ts';

/** What a browser shows while the pointer rests on an element of a figure. */
export const hover = (text: string): string => element('title', {}, escapeText(text));

const SHAPES = ['circle', 'diamond', 'square'] as const;

/** How the points of a series look: there are more series than colours that can be told apart. */
export interface Mark {
  readonly colour: string;
  readonly shape: (typeof SHAPES)[number];
}

export function markOf(series: number): Mark {
  return {
    colour: `s${series % SERIES_COLOURS}`,
    shape: SHAPES[Math.floor(series / SERIES_COLOURS) % SHAPES.length] ?? 'circle',
  };
}

/** A point, with text that shows while the pointer rests on it. */
export function point({ colour, shape }: Mark, x: number, y: number, title = '', r = 4.5): string {
  const look = { class: `fill-${colour}`, 'fill-opacity': 0.85 };
  const inner = title === '' ? [] : [hover(title)];
  if (shape === 'circle') return element('circle', { cx: x, cy: y, r, ...look }, ...inner);
  const half = shape === 'square' ? 0.85 * r : 0.9 * r;
  const turn = shape === 'diamond' ? `rotate(45 ${x} ${y})` : undefined;
  return element(
    'rect',
    { x: x - half, y: y - half, width: 2 * half, height: 2 * half, transform: turn, ...look },
    ...inner,
  );
}
