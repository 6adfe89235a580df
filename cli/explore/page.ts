/** The page: everything in one file, which fetches nothing and lets nothing be fetched. */
import { readFileSync } from 'node:fs';
import { GREYS, PALETTE, RAMP, SERIES } from '../../figures/palette.ts';
import { escapeText } from '../../figures/svg.ts';
import type { WindowMap } from '../../workflows/maps.ts';
import { type Embeddings, FIELDS, type FieldName } from '../common/embeddings/read.ts';
import { factRows, policyOf } from '../common/report-page.ts';
import type { Row } from '../common/text.ts';

export interface ExplorePage {
  readonly title: string;
  readonly lead: string;
  readonly embeddings: Embeddings;
  readonly maps: readonly WindowMap[];
  readonly facts: readonly Row[];
}

export const NOTICE =
  'Embeddings are personal data: they may reveal whose recording it is and what it contains. Treat this page as you treat the recordings. Research use, not a medical device.';

export function explorePage({ title, lead, embeddings, maps, facts }: ExplorePage): string {
  const style = `\n${partOf('page.css')}`;
  const script = `\n${scriptOf()}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${policyOf({ styles: [style], scripts: [script] })}
<title>${escapeText(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeText(title)}</h1>
<p class="muted">${escapeText(lead)}</p>
<p class="notice">${escapeText(NOTICE)}</p>
${partOf('body.html')}<h2>The embeddings</h2>
<table><tbody>
${factRows(facts)}
</tbody></table>
<footer>Research use, not a medical device.</footer>
<script type="application/json" id="palette">${JSON.stringify(COLOURS)}</script>
<script type="application/json" id="windows">${dataBlock(embeddings, maps)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

const COLOURS = {
  classes: SERIES,
  greys: GREYS,
  paper: { light: PALETTE.paper[0], dark: PALETTE.paper[1] },
  ramp: RAMP,
};

const partOf = (name: string) => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

/** Each imports only from those before it. */
const MODULES = ['palette.js', 'windows.js', 'plot.js', 'main.js'];

/** The page's modules as one: names are unique among them, so that imports and exports can go. */
function scriptOf(): string {
  return MODULES.map((name) =>
    partOf(name)
      .replace(/^import [^;]+;\n/gm, '')
      .replace(/^export /gm, ''),
  ).join('\n');
}

/** JSON in which nothing can end the element that it stands in. */
function dataBlock({ count, starts, seconds, fields }: Embeddings, maps: readonly WindowMap[]): string {
  const data = {
    count,
    starts: base64(starts),
    seconds: base64(seconds),
    fields: FIELDS.flatMap((name) => fieldOf(name, fields[name])),
    maps: maps.map(({ points, windows, ...words }) => ({
      ...words,
      points: base64(Float32Array.from(points)),
      windows: windows && base64(windows),
    })),
  };
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function base64(values: Float32Array | Float64Array | Uint32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** "class 2" before "class 10". */
const BY_NAME = new Intl.Collator('en', { numeric: true });

/** The names of a field, the commonest first, and a code for each window: 1 for the first name, 0 where there is none. */
function fieldOf(key: FieldName, values: readonly (string | undefined)[]) {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size === 0) return [];
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || BY_NAME.compare(a[0], b[0]));
  const codes = new Map(ranked.map(([name], i) => [name, i + 1]));
  return [
    {
      key,
      title: key,
      names: ranked.map(([name]) => name),
      codes: base64(Uint32Array.from(values, (value) => (value === undefined ? 0 : (codes.get(value) ?? 0)))),
    },
  ];
}
