import type { Results } from '../contract.ts';
import { headingOf, provenanceOf, type Section, sectionsOf } from './sections.ts';
import type { Table } from './table.ts';

/** `bench/RESULTS.md`: the tables last measured, by adapter. */
export function resultsMarkdown(all: readonly Results[]): string {
  return `# Results

Written by \`npm run bench:report\` from what \`npm run bench -- --json FILE\` measured. Compare within one adapter and run:
machines differ, and drift. Pictures are in \`bench/report.html\`.

${all.map(adapter).join('\n\n')}
`;
}

function adapter(results: Results): string {
  return [
    `## ${escapeMarkdown(headingOf(results))}`,
    escapeMarkdown(provenanceOf(results)),
    ...sectionsOf(results).map(part),
  ].join('\n\n');
}

function part({ title, notes, tables, folded }: Section): string {
  return [
    `### ${title}`,
    ...notes.map(escapeMarkdown),
    ...tables.filter(({ rows }) => rows.length > 0).map(markdownTable),
    ...folded.map(
      ({ summary, table }) =>
        `<details><summary>${summary}</summary>\n\n${markdownTable(table)}\n\n</details>`,
    ),
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
