/** Just enough SVG to draw figures that can be read on a light and on a dark page. */
import { line } from 'd3-shape';
import { PALETTE, SERIES } from './palette.ts';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element. Children are SVG text already; use `escapeText` for anything else. */
export function element(tag: string, attributes: Attributes = {}, ...children: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${escapeText(typeof value === 'number' ? short(value) : value)}"`],
  );
  const open = `<${tag}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${tag}>`;
}

export function label(text: string, x: number, y: number, attributes: Attributes = {}): string {
  return element('text', { x, y, class: 'fill-ink', ...attributes }, escapeText(text));
}

export function escapeText(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (letter) => names[letter] ?? letter);
}

export type Point = readonly [x: number, y: number];

const path = line<Point>()
  .defined(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
  .digits(2);

/** Path data through points; a value that is no number breaks the line. */
export const pathThrough = (points: readonly Point[]): string => path(points) ?? '';

/** Hundredths of a pixel are finer than any screen. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/**
 * Colours are set by classes (`stroke-model`, `fill-muted`, `stroke-s0` of the series): variables of CSS are not known to
 * every viewer of SVG files.
 */
const COLOURS: readonly (readonly [name: string, light: string, dark: string])[] = [
  ...Object.entries(PALETTE).map(([name, [light, dark]]) => [name, light, dark] as const),
  ...SERIES.light.map((light, i) => [`s${i}`, light, SERIES.dark[i] ?? light] as const),
];

const variables = (ground: 0 | 1): string =>
  (['paper', 'ink', 'muted', 'grid', 'model'] as const)
    .map((name) => `--${name}: ${PALETTE[name][ground]}`)
    .join('; ');

/** The same colours as variables of CSS, for pages that figures stand in. */
export const PAGE_COLOURS = `:root { color-scheme: light dark; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }`;

function rules(ground: 0 | 1): string {
  return COLOURS.map(([name, ...colours]) => {
    const colour = colours[ground];
    return `.figure .fill-${name} { fill: ${colour} } .figure .stroke-${name} { stroke: ${colour} }`;
  }).join('\n');
}

const STYLE = `
.figure text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
.figure .title { font-size: 15px; font-weight: 600 } .figure .small { font-size: 12px } .figure .strong { font-weight: 600 }
.figure .line { fill: none; stroke-linejoin: round; stroke-linecap: round }
${rules(0)}
@media (prefers-color-scheme: dark) {
${rules(1)}
}
`;

/** A whole SVG document; `description` is read aloud by screen readers. */
export function figure(
  {
    width,
    height,
    title,
    description,
  }: { width: number; height: number; title: string; description: string },
  ...body: readonly string[]
): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      width,
      height,
      class: 'figure',
      role: 'img',
    },
    element('title', {}, escapeText(title)),
    element('desc', {}, escapeText(description)),
    `<style>${STYLE}</style>`,
    element('rect', { width, height, class: 'fill-paper' }),
    ...body,
  );
}
