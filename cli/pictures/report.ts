import { escapeText } from './svg.ts';

const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1f2328; --muted: #656d76; --grid: #e4e7eb }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e6e9ee; --muted: #9aa4b0; --grid: #2b323c } }
body { margin: 0 auto; max-width: 880px; padding: 32px 16px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 16px; margin: 32px 0 8px } p { margin: 4px 0 }
.muted, footer { color: var(--muted) }
table { border-collapse: collapse } th, td { padding: 5px 18px 5px 0; border-bottom: 1px solid var(--grid); text-align: left }
td { overflow-wrap: anywhere } .numbers th + th, .numbers td + td { text-align: right; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto }
svg { max-width: 100%; height: auto; display: block; margin: 0 0 20px }
footer { margin-top: 32px; border-top: 1px solid var(--grid); padding-top: 8px }
`;

/** Rows of cells, the first column to the left and the others to the right where they are `numbers`. */
export function htmlTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = true }: { readonly numbers?: boolean } = {},
): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  const head = headings.length > 0 ? `<thead>${cells('th', headings)}</thead>\n` : '';
  return `<div class="wide"><table${numbers ? ' class="numbers"' : ''}>
${head}<tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody>
</table></div>`;
}

export interface Section {
  readonly heading: string;
  /** HTML; texts in it have been through `escapeText`. */
  readonly body: string;
}

/** One page that needs nothing but itself: no network, no script. */
export function htmlPage({
  title,
  lead,
  sections,
}: {
  readonly title: string;
  readonly lead: string;
  readonly sections: readonly Section[];
}): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
<h1>${escapeText(title)}</h1>
<p class="muted">${escapeText(lead)}</p>
${sections.map(({ heading, body }) => `<h2>${escapeText(heading)}</h2>\n${body}`).join('\n')}
<footer>Research use, not a medical device.</footer>
</html>
`;
}
