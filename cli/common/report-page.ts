/** Pages that need nothing but themselves: no network, no script, and pictures that cannot run one. */
import { createHash } from 'node:crypto';
import { escapeText, PAGE_COLOURS } from '../../figures/svg.ts';

export interface Section {
  readonly heading: string;
  /** A sentence under the heading. */
  readonly note?: string;
  readonly table?: { readonly headings: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** SVG documents, whoever drew them. */
  readonly figures?: readonly string[];
}

export interface Report {
  readonly title: string;
  readonly lead: string;
  readonly sections: readonly Section[];
  readonly facts: readonly (readonly [label: string, value: string])[];
}

const STYLE = `
${PAGE_COLOURS}
body { margin: 0 auto; max-width: 1060px; padding: 32px 16px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 16px; margin: 32px 0 8px } p { margin: 4px 0 }
.muted, footer { color: var(--muted) }
table { border-collapse: collapse } th, td { padding: 5px 18px 5px 0; border-bottom: 1px solid var(--grid); text-align: left }
td { overflow-wrap: anywhere } .numbers th + th, .numbers td + td { text-align: right; font-variant-numeric: tabular-nums; white-space: pre }
.numbers td:first-child { overflow-wrap: normal; min-width: 9em }
img { width: 100%; min-width: 620px; height: auto; display: block; margin: 0 0 20px }
.wide { overflow-x: auto } .facts th { font-weight: 400; color: var(--muted); vertical-align: top; white-space: nowrap }
@media (max-width: 600px) { .facts th { white-space: normal; overflow-wrap: anywhere; min-width: 6em } }
footer { margin-top: 32px; border-top: 1px solid var(--grid); padding-top: 8px }
`;

/**
 * The policy of a page: nothing is loaded, and of styles and scripts only those whose text is given run. `img` allows
 * pictures that are part of the page.
 */
export function policyOf({ styles, scripts = [], img = false }: Policy): string {
  const hashes = (texts: readonly string[]) =>
    texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
  const rules = [
    "default-src 'none'",
    `style-src ${hashes(styles)}`,
    ...(scripts.length > 0 ? [`script-src ${hashes(scripts)}`] : []),
    ...(img ? ['img-src data:'] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${rules.join('; ')}">`;
}

export interface Policy {
  readonly styles: readonly string[];
  readonly scripts?: readonly string[];
  readonly img?: boolean;
}

/** One page of what a run amounts to. */
export function reportPage({ title, lead, sections, facts }: Report): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
${policyOf({ styles: [STYLE], img: true })}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
<h1>${escapeText(title)}</h1>
<p class="muted">${escapeText(lead)}</p>
${sections.map(sectionOf).join('\n')}
<h2>The run</h2>
<table class="facts">
<tbody>${factRows(facts)}</tbody>
</table>
<footer>Research use, not a medical device.</footer>
</html>
`;
}

/** Rows of a table of two columns: what is stated, and its value. */
export function factRows(facts: Report['facts']): string {
  const row = ([label, value]: readonly [string, string]) =>
    `<tr><th scope="row">${escapeText(label)}</th><td>${escapeText(value)}</td></tr>`;
  return facts.map(row).join('\n');
}

function sectionOf({ heading, note, table, figures = [] }: Section): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  const parts = [`<h2>${escapeText(heading)}</h2>`];
  if (note !== undefined) parts.push(`<p class="muted">${escapeText(note)}</p>`);
  if (table)
    parts.push(`<div class="wide"><table class="numbers">
<thead>${cells('th', table.headings)}</thead>
<tbody>${table.rows.map((row) => cells('td', row)).join('\n')}</tbody>
</table></div>`);
  for (const figure of figures) parts.push(`<div class="wide">${imageOf(figure)}</div>`);
  return parts.join('\n');
}

/**
 * An SVG document as an image: a run folder may be somebody else's, and scripts in a picture run where it is part of the
 * page, but never where it is an image. What it says of itself is what is read aloud.
 */
function imageOf(svg: string): string {
  const said = (tag: string) => unescaped(new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(svg)?.[1] ?? '');
  const alt = [said('title'), said('desc')].filter(Boolean).join('. ');
  const data = Buffer.from(svg).toString('base64');
  return `<img alt="${escapeText(alt)}" src="data:image/svg+xml;base64,${data}">`;
}

function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => letters[name] ?? '');
}
