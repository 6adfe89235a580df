import type { Results } from '../contract.ts';
import { headlineOf } from '../headline/summary.ts';
import { headlineFigure } from './headline-figure.ts';
import { headlineDetails, headlineMeans, headlineNotes, headlineTable } from './headline-tables.ts';
import {
  kernelSummary,
  kernelTable,
  peerTable,
  refusalTable,
  rooflineTable,
  verdictTable,
} from './kernel-tables.ts';
import { peersFigure } from './peers-figure.ts';
import { rooflineFigure } from './roofline-figure.ts';
import { stepTable } from './step-table.ts';
import type { Table } from './table.ts';

/** A part of the report on one adapter; the page shows all of it, the Markdown file what is short. */
export interface Section {
  readonly key: 'comparison' | 'targets' | 'kernels' | 'peers' | 'steps' | 'failures';
  readonly title: string;
  readonly notes: readonly string[];
  /** SVG; on the page alone. */
  readonly figure: string | null;
  readonly tables: readonly Table[];
  /** Long tables, folded away under a line of text; on the page alone. */
  readonly folded: readonly { readonly summary: string; readonly table: Table }[];
}

/** What is known of one adapter, and nothing of what was not measured. */
export function sectionsOf(results: Results): Section[] {
  const has = (group: string) => results.rows.some((row) => row.group === group);
  return [
    headlineSection(results),
    has('kernel') || has('step') ? targetSection(results) : null,
    has('kernel') ? kernelSection(results) : null,
    peerSection(results),
    has('step') ? stepSection(results) : null,
    failureSection(results),
  ].filter((section) => section !== null);
}

/** Adapter, runtime and when, in a line. */
export function headingOf({ device, runtime }: Results): string {
  return `${device}, ${runtime}`;
}

export function provenanceOf({ driver, commit, date }: Results): string {
  return [driver, `commit ${commit}`, date].filter(Boolean).join('; ');
}

function headlineSection(results: Results): Section | null {
  const headline = headlineOf(results.rows);
  if (!headline) return null;
  return {
    key: 'comparison',
    title: "The paper's comparison",
    notes: headlineNotes(headline),
    figure: headlineFigure(headline, `base encoder, batch 1; ${headingOf(results)}`),
    tables: [headlineMeans(headline), headlineTable(headline)],
    folded: [{ summary: 'Every number of the comparison', table: headlineDetails(headline) }],
  };
}

function targetSection(results: Results): Section {
  return {
    key: 'targets',
    title: 'What the adapter can do, and what is aimed at',
    notes: [],
    figure: null,
    tables: [rooflineTable(results), verdictTable(results)],
    folded: [],
  };
}

function kernelSection(results: Results): Section {
  const count = results.rows.filter(({ group }) => group === 'kernel').length;
  return {
    key: 'kernels',
    title: 'Kernels',
    notes: [
      'A line for each family and size: the median over its rows / the worst of them, forward and gradient.',
    ],
    figure: rooflineFigure(results),
    tables: [kernelSummary(results)],
    folded: [{ summary: `All ${count} kernel rows`, table: kernelTable(results) }],
  };
}

function peerSection(results: Results): Section | null {
  const table = peerTable(results);
  const refusals = refusalTable(results);
  if (table.rows.length === 0 && refusals.rows.length === 0) return null;
  return {
    key: 'peers',
    title: 'Peers',
    notes: [
      "Peer's time over ours, timed by turns on the same adapter: above 1x ours is faster. The median over a family's rows / the worst of them.",
    ],
    figure: peersFigure(results),
    tables: table.rows.length > 0 ? [table] : [],
    folded:
      refusals.rows.length > 0
        ? [{ summary: 'What the peers were not timed at, and why', table: refusals }]
        : [],
  };
}

function stepSection(results: Results): Section {
  return {
    key: 'steps',
    title: 'Steps',
    notes: [
      'Peak memory is what the engine took from the device; the lower bound is what is alive at once at the worst moment.',
    ],
    figure: null,
    tables: [stepTable(results)],
    folded: [],
  };
}

function failureSection({ failures }: Results): Section | null {
  if (failures.length === 0) return null;
  const rows = failures.map(({ id, message }) => [id, message]);
  return {
    key: 'failures',
    title: 'Rows that could not be timed',
    notes: [],
    figure: null,
    tables: [{ headings: ['row', 'why'], rows, texts: 2 }],
    folded: [],
  };
}
