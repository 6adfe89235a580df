import type { Results } from '../contract.ts';
import { headingOf, provenanceOf, type Section, sectionsOf } from './sections.ts';
import type { Table } from './table.ts';

/** `bench/RESULTS.md`: a summary of what was measured last, by adapter; single rows are on the page and in the JSON. */
export function resultsMarkdown(all: readonly Results[]): string {
  return `# Results

Written by \`npm run bench:report\` from what \`npm run bench\` measured and left in \`bench/results/\`, which is not part of the repository.
Compare within one adapter and run: machines differ, and drift. Every kernel row, and the pictures, are in the \`bench/report.html\` that
is written beside this file; so is what browsers measured.

${all.filter(isNode).map(adapter).join('\n\n')}
`;
}

const isNode = ({ runtime }: Results): boolean => runtime.startsWith('Node');

function adapter(results: Results): string {
  return [
    `## ${escapeMarkdown(headingOf(results))}`,
    escapeMarkdown(provenanceOf(results)),
    ...sectionsOf(results)
      .filter(({ key }) => key !== 'kernels')
      .map(part),
  ].join('\n\n');
}

function part({ title, notes, tables }: Section): string {
  return [
    `### ${title}`,
    ...notes.map(escapeMarkdown),
    ...tables.filter(({ rows }) => rows.length > 0).map(markdownTable),
  ].join('\n\n');
}

export function markdownTable({ headings, rows, texts }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const rule = `|${headings.map((_, i) => (i < texts ? '---' : '--:')).join('|')}|`;
  return [line(headings), rule, ...rows.map(line)].join('\n');
}

export const bullets = (lines: readonly string[]): string =>
  lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n');

/** What would end a cell, begin a tag, or (two tildes) strike text through. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\|`*_~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/\s*\n\s*/g, ' ');
}
