import { escapeText, PAGE_COLOURS } from '../../figures/svg.ts';
import type { Results } from '../contract.ts';
import { headingOf, provenanceOf, type Section, sectionsOf } from './sections.ts';
import type { Table } from './table.ts';

const STYLE = `
${PAGE_COLOURS}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 924px; padding: 32px 16px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 19px; margin: 44px 0 0; padding-top: 12px; border-top: 2px solid var(--grid) }
h3 { font-size: 16px; margin: 30px 0 6px } p { margin: 4px 0; max-width: 760px } .muted { color: var(--muted) }
a { color: var(--model) } nav ul { margin: 8px 0 0; padding-left: 20px }
.wide { overflow-x: auto; margin: 12px 0 }
table { border-collapse: collapse; font-size: 14px } th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--grid);
  text-align: right; vertical-align: top; font-variant-numeric: tabular-nums; white-space: nowrap }
th { font-weight: 600; vertical-align: bottom; white-space: normal } .text { text-align: left } td.prose { white-space: normal; min-width: 220px }
svg { display: block; width: 100%; min-width: 640px; height: auto } summary { cursor: pointer; color: var(--model); margin: 8px 0 }
footer { margin-top: 40px; border-top: 1px solid var(--grid); padding-top: 8px; color: var(--muted) }
`;

/** One page that needs nothing but itself: no network, no script. Adapters come one after another. */
export function benchmarkPage(all: readonly Results[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SPOTR on WebGPU: benchmarks</title>
<style>${STYLE}</style>
<h1>SPOTR on WebGPU: benchmarks</h1>
<p class="muted">Measured by <code>npm run bench</code>. Compare within one adapter and run: machines differ, and drift.</p>
${all.length > 1 ? contents(all) : ''}
${all.map(adapter).join('\n')}
<footer>Dots and bars say more while the pointer rests on them.</footer>
</html>
`;
}

function contents(all: readonly Results[]): string {
  const items = all.map((one, i) => `<li><a href="#adapter-${i}">${escapeText(headingOf(one))}</a></li>`);
  return `<nav><ul>${items.join('')}</ul></nav>`;
}

function adapter(results: Results, index: number): string {
  return `<section id="adapter-${index}">
<h2>${escapeText(headingOf(results))}</h2>
<p class="muted">${escapeText(provenanceOf(results))}</p>
${sectionsOf(results)
  .map((section) => part(section, `a${index}-`))
  .join('\n')}
</section>`;
}

function part({ title, notes, figure, tables, folded }: Section, prefix: string): string {
  return [
    `<h3>${escapeText(title)}</h3>`,
    ...notes.map((note) => `<p class="muted">${escapeText(note)}</p>`),
    // Ids of a figure must not meet those of the same figure of another adapter.
    figure ? `<div class="wide">${figure.replace(/(id="|url\(#)/g, `$1${prefix}`)}</div>` : '',
    ...tables.map(htmlTable),
    ...folded.map(
      ({ summary, table }) =>
        `<details><summary>${escapeText(summary)}</summary>${htmlTable(table)}</details>`,
    ),
  ].join('\n');
}

/** Text longer than this may break into lines. */
const LONG = 48;

function htmlTable({ headings, rows, texts }: Table): string {
  if (rows.length === 0) return '';
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    row
      .map((cell, i) => {
        const classes = [i < texts ? 'text' : '', tag === 'td' && cell.length > LONG ? 'prose' : ''].filter(
          Boolean,
        );
        return `<${tag}${classes.length > 0 ? ` class="${classes.join(' ')}"` : ''}>${escapeText(cell)}</${tag}>`;
      })
      .join('');
  return `<div class="wide"><table>
<thead><tr>${cells('th', headings)}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody>
</table></div>`;
}
