import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Results, Row } from '../../bench/contract.ts';
import { headlineOf } from '../../bench/headline/summary.ts';
import { logScale, logTicks } from '../../bench/report/axes.ts';
import { change, digits, duration, durationTick, times } from '../../bench/report/format.ts';
import { headlineMeans, headlineNotes } from '../../bench/report/headline-tables.ts';
import { aimOf, kernelGroups, verdicts } from '../../bench/report/kernels.ts';
import { resultsMarkdown } from '../../bench/report/markdown.ts';
import { benchmarkPage } from '../../bench/report/page.ts';
import { peersFigure } from '../../bench/report/peers-figure.ts';
import { performanceFigure } from '../../bench/report/performance-figure.ts';
import { byAdapter, parseResults } from '../../bench/report/results.ts';
import { rooflineFigure } from '../../bench/report/roofline-figure.ts';
import { stepTable } from '../../bench/report/step-table.ts';

const kernel = (family: string, more: Partial<Row> = {}): Row => ({
  id: `${family}/512/forward`,
  group: 'kernel',
  family,
  shape: 'base 12x2000',
  medianMs: 2,
  p95Ms: 3,
  gpuMs: 1.5,
  gflops: 4,
  gbps: 2,
  percentOfPeak: 40,
  bound: 'memory',
  error: 2e-7,
  peers: [
    { name: 'tfjs', medianMs: 9, ratio: 4.5 },
    { name: 'jax-js', medianMs: 5, ratio: 2.5 },
  ],
  ...more,
});

const step = (more: Partial<Row> = {}): Row =>
  kernel('train', {
    id: 'train/small/batch 4',
    group: 'step',
    gflops: null,
    gbps: null,
    percentOfPeak: null,
    bound: null,
    error: null,
    more: { peakBytes: 2.2e7, lowerBoundBytes: 2e7, dispatches: 300, novelty: 7 },
    ...more,
  });

/** `timed` of 10 sequences. */
const headline = (name: string, window: string, medianMs: number, peakBytes: number, timed = 10): Row =>
  kernel(name, {
    id: `headline/${window}/${name}`,
    group: 'headline',
    shape: window,
    medianMs,
    p95Ms: 1.5 * medianMs,
    peers: [],
    gbps: null,
    more: {
      multiplyAdds: 1e9,
      tokens: 20,
      peakBytes,
      windowsPerSecond: 1000 / medianMs,
      timeOverSpotr: medianMs / 10,
      memoryOverSpotr: peakBytes / 1e8,
      rounds: 5,
      sequences: 10,
      timedSequences: timed,
    },
  });

const results = (rows: readonly Row[], more: Partial<Results> = {}): Results => ({
  device: 'Some adapter',
  driver: 'a driver',
  runtime: 'Node 20',
  commit: 'abc1234',
  date: '2026-01-02T03:04:05Z',
  roofline: {
    f32Gflops: 20,
    f16Gflops: null,
    peaks: { vectors_4_f32: 20 },
    copyGbps: 5,
    copies: [],
    dispatchMicroseconds: 16,
    submitMicroseconds: 20,
    readbackMicroseconds: 67,
  },
  rows,
  failures: [],
  ...more,
});

const EVERYTHING = [
  kernel('matmul', { gflops: 15, gbps: 1, bound: 'compute', percentOfPeak: 75 }),
  kernel('stem', { id: 'stem/a/gradient' }),
  step(),
  headline('spotr', '1x600', 10, 1e8),
  headline('flattened', '1x600', 9, 1e8),
  headline('moment', '1x600', 200, 2e8, 1),
  headline('spotr', '12x2000', 10, 1e8),
  headline('flattened', '12x2000', 50, 1.5e8),
  headline('moment', '12x2000', 400, 4e8, 1),
];

/** Every tag closed in order, and no number that is none. */
function requireWellFormed(svg: string | null): asserts svg is string {
  if (svg === null) throw new Error('There is no figure.');
  const open: string[] = [];
  for (const [, close, name, empty] of svg.matchAll(/<(\/?)([\w-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name as string);
  }
  expect(open).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
}

describe('the page', () => {
  const page = benchmarkPage([results(EVERYTHING)]);

  it('holds everything itself and fetches nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('name="viewport"');
    for (const title of ['comparison', 'aimed at', 'Kernels', 'Peers', 'Steps'])
      expect(page).toMatch(new RegExp(`<h3>[^<]*${title}`));
    expect(page.match(/<svg/g)).toHaveLength(3);
    for (const [svg] of page.matchAll(/<svg.*?<\/svg>/gs)) requireWellFormed(svg);
  });

  it('escapes whatever a file says', () => {
    const evil = '<script>"&';
    const rows = [
      kernel(evil, {
        id: `${evil}/forward`,
        shape: evil,
        peers: [{ name: evil, medianMs: 1, ratio: 2 }],
        refusals: { [evil]: evil },
      }),
      headline(evil, evil, 10, 1e8),
      step({ id: evil, more: { [evil]: 1 } }),
    ];
    const text = { device: evil, driver: evil, runtime: `Node ${evil}`, commit: evil, date: evil };
    const all = [results(rows, { ...text, failures: [{ id: evil, message: evil }] })];
    expect(benchmarkPage(all)).not.toContain('<script');
    expect(performanceFigure(all)).not.toContain('<script');
    expect(resultsMarkdown(all)).not.toContain('<script');
  });

  it('says nothing of what was not measured', () => {
    const only = benchmarkPage([results([step({ peers: [], gpuMs: null, more: {} })])]);
    expect(only).toContain('<h3>Steps');
    expect(only).not.toMatch(/<h3>(Kernels|Peers|The paper)|on the device|<svg/);
    expect(benchmarkPage([results([])])).not.toContain('<h3>');
    expect(benchmarkPage([results([kernel('stem', { peers: [], gpuMs: null })])])).not.toContain('<h3>Peers');
    expect(performanceFigure([results([])])).toBeNull();
  });

  it('keeps the ids of two adapters apart', () => {
    const two = benchmarkPage([results(EVERYTHING), results(EVERYTHING, { device: 'Another' })]);
    const ids = [...two.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of two.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
  });
});

describe('figures', () => {
  it('draws a dot for each kernel that has both rates, at its place under the roofs', () => {
    const svg = rooflineFigure(results([...EVERYTHING, kernel('bare', { gflops: null })]));
    requireWellFormed(svg);
    expect(svg.match(/<title>[^<]*\/(forward|gradient):/g)).toHaveLength(2);
    expect(svg).not.toContain('bare');
    expect(rooflineFigure(results([kernel('bare', { gbps: null })]))).toBeNull();
    const made = results(EVERYTHING);
    const copies = [{ bytes: 4e6, gbps: 9 }];
    const cached = rooflineFigure({ ...made, roofline: { ...made.roofline, copies } });
    requireWellFormed(cached);
    expect(cached).toContain('dotted: a copy of 4.00 MB');
  });

  it.each([5, 80])('draws the roof of f16, %d GFLOP/s, from the slope to the right', (f16Gflops) => {
    const made = results(EVERYTHING);
    const svg = rooflineFigure({ ...made, roofline: { ...made.roofline, f16Gflops } });
    requireWellFormed(svg);
    const [, from, to] = /d="M([\d.]+) [\d.]+L([\d.]+) [\d.]+H668"[^>]*stroke-dasharray/.exec(svg) ?? [];
    expect(Number(to)).toBeGreaterThanOrEqual(Number(from));
    expect(svg).toContain(`f16: ${digits(f16Gflops)} GFLOP/s`);
  });

  it('draws a bar for each family and peer', () => {
    const svg = peersFigure(results(EVERYTHING));
    requireWellFormed(svg);
    expect(svg.match(/<title>[^<]*over 1 rows/g)).toHaveLength(6);
    expect(peersFigure(results([kernel('stem', { peers: [] })]))).toBeNull();
  });

  it('draws a figure for the README from the adapter with the most rows', () => {
    const svg = performanceFigure([
      results([step()], { device: 'Few' }),
      results(EVERYTHING, { device: 'Many' }),
    ]);
    requireWellFormed(svg);
    expect(svg).toContain('Many');
    expect(svg).not.toContain('Few');
  });
});

describe('the Markdown', () => {
  const text = resultsMarkdown([results(EVERYTHING), results([kernel('a|b')], { device: 'Another' })]);

  it('has a section an adapter, and as many cells in each line as its heading', () => {
    expect(text.match(/^## .*$/gm)).toEqual(['## Some adapter, Node 20', '## Another, Node 20']);
    for (const table of text.split('\n\n').filter((block) => block.startsWith('|'))) {
      const widths = table
        .trim()
        .split('\n')
        .map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(text).toContain('a\\|b');
  });

  it('leaves kernels and browsers to the page, which folds the rows away and keeps a line for each family', () => {
    expect(text).not.toMatch(/kernel rows|^### Kernels/m);
    expect(resultsMarkdown([results(EVERYTHING, { runtime: 'Chrome 147' })])).not.toContain('## ');
    const page = benchmarkPage([results(EVERYTHING)]);
    expect(page).toContain('<summary>All 2 kernel rows</summary>');
    expect(page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')).toContain('matmul base 1 15.0 / 15.0');
  });

  it('stays short: the file in the repository has at most 200 lines', () => {
    const file = new URL('../../bench/RESULTS.md', import.meta.url);
    expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThanOrEqual(200);
  });
});

describe('what is said of the rows', () => {
  it('counts those that reach their aim, and names the furthest', () => {
    const found = verdicts(EVERYTHING);
    const of = (target: RegExp) => found.find((one) => target.test(one.target));
    expect(of(/^matmuls .* at least 3x/)).toMatchObject({ reached: 0, of: 1, short: [{ value: 2.5 }] });
    expect(of(/^other kernels/)).toMatchObject({ reached: 1, of: 1, short: [] });
    expect(of(/matmuls.* at least 70 %/)).toMatchObject({ reached: 1, of: 1 });
    expect(of(/^memory-bound/)).toMatchObject({ reached: 0, of: 1 });
    expect(verdicts([kernel('stem', { peers: [], percentOfPeak: null })])).toEqual([]);
  });

  it('asks more of products and steps than of other kernels, and nothing where nobody compares', () => {
    expect([kernel('matmul'), step(), kernel('stem')].map(aimOf)).toEqual([3, 3, 2]);
    expect(aimOf(kernel('stem', { peers: [] }))).toBeNull();
  });

  it('groups kernels by family and size', () => {
    const rows = [
      kernel('stem'),
      kernel('stem', { shape: 'small 1x600' }),
      kernel('stem'),
      kernel('mse', { shape: '4096' }),
    ];
    expect(
      kernelGroups(rows).map(({ family, size, rows: members }) => [family, size, members.length]),
    ).toEqual([
      ['stem', 'base', 2],
      ['stem', 'small', 1],
      ['mse', 'other', 1],
    ]);
  });

  it('sets the peak of a step against its lower bound, and shows what it does not know by name', () => {
    const { headings, rows } = stepTable(results([step()]));
    const cell = (heading: string) => rows[0]?.[headings.indexOf(heading)];
    expect(cell('peak / bound')).toBe('1.10');
    expect(cell('novelty')).toBe('7.00');
    expect(cell('jax-js')).toBe('2.5x');
  });

  it('reckons means and percentages as the paper does, over windows that every encoder has', () => {
    const found = headlineOf([...EVERYTHING, headline('spotr', '29x800', 1000, 1e8)]);
    if (!found) throw new Error('There is no headline.');
    expect(found.windows).toEqual(['1x600', '29x800', '12x2000']);
    expect(found.encoders.map(({ name }) => name)).toEqual(['spotr', 'flattened', 'moment']);
    const [spotr, flattened, moment, , paper] = headlineMeans(found).rows;
    expect(spotr?.slice(1, 3)).toEqual(['10.0 ms', '15.0 ms']);
    expect(flattened?.slice(5)).toEqual(['-66 %', '-20 %']);
    expect(moment?.slice(5)).toEqual(['-97 %', '-67 %']);
    expect(paper?.slice(5)).toEqual(['-78 %', '-52 %']);
    const notes = headlineNotes(found).join(' ');
    expect(notes).toContain('does not pay at 1x600:');
    expect(notes).toContain('multiplied up');
  });
});

describe('reading results', () => {
  it('gives back what was written, and names file and fault otherwise', () => {
    const all = results(EVERYTHING);
    expect(parseResults(JSON.stringify(all), 'a.json')).toEqual(all);
    const refused: readonly [string, RegExp][] = [
      ['{', /a\.json holds no benchmark results/],
      ['[]', /no JSON object/],
      [JSON.stringify({ ...all, device: 3 }), /device is 3, not text/],
      [
        JSON.stringify({ ...all, roofline: { ...all.roofline, copyGbps: null } }),
        /roofline\.copyGbps is null/,
      ],
      [
        JSON.stringify({ ...all, rows: [{ ...step(), medianMs: 'x' }] }),
        /row train\/small\/batch 4 has medianMs x/,
      ],
      [JSON.stringify({ ...all, rows: [{}] }), /row 0 has no id/],
    ];
    for (const [text, message] of refused) expect(() => parseResults(text, 'a.json')).toThrow(message);
  });

  it('joins runs on one adapter, the later one counting, and keeps adapters apart', () => {
    const failures = ['train/small/batch 4', 'gone'].map((id) => ({ id, message: 'wrong values' }));
    const early = results([kernel('stem')], { date: '2026-01-01', failures });
    const late = results([step({ medianMs: 99 })], { date: '2026-02-01', commit: 'new' });
    const other = results([step()], { device: 'Another' });
    const [first, second, ...rest] = byAdapter([late, other, early]);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ device: 'Some adapter', commit: 'new' });
    expect(first?.rows.map(({ id, medianMs }) => [id, medianMs])).toEqual([
      ['stem/512/forward', 2],
      ['train/small/batch 4', 99],
    ]);
    expect(first?.failures.map(({ id }) => id)).toEqual(['gone']);
    expect(second).toEqual(other);
  });
});

describe('numbers', () => {
  it('have three digits and a unit that fits', () => {
    expect([0, 0.01234, 1.234, 99.96, 123.4, 12_345].map((value) => digits(value))).toEqual([
      '0',
      '0.0123',
      '1.23',
      '100',
      '123',
      '12,300',
    ]);
    expect([0.0456, 12.34, 999, 1234].map(duration)).toEqual(['45.6 µs', '12.3 ms', '999 ms', '1.23 s']);
    expect([0.003, 300, 3000].map(durationTick)).toEqual(['3 µs', '300 ms', '3 s']);
    expect([1.04, 12.34].map(times)).toEqual(['1.0x', '12.3x']);
    expect([change(7.15, 32.61), change(532, 256)]).toEqual(['-78 %', '+108 %']);
  });

  it('stand on logarithmic axes', () => {
    const scale = logScale([1, 100], [0, 10]);
    expect([1, 10, 100].map(scale)).toEqual([0, 5, 10]);
    expect(() => logScale([0, 1], [0, 1])).toThrow(/above 0/);
    expect(logTicks(0.8, 12)).toEqual([1, 2, 5, 10]);
    expect(logTicks(0.09, 11)).toEqual([0.1, 0.3, 1, 3, 10]);
    expect(logTicks(1, 1e5)).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
  });
});

describe('npm run bench:report', () => {
  const program = fileURLToPath(new URL('../../bench/report/main.ts', import.meta.url));
  const report = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', program, ...args], { encoding: 'utf8' });

  it('says of a folder without results how they are made', () => {
    const empty = mkdtempSync(join(tmpdir(), 'spotr-report-'));
    try {
      const { status, stderr } = report(empty);
      expect(status).toBe(1);
      expect(stderr).toMatch(/holds no \.json file of results; npm run bench writes them/);
      writeFileSync(join(empty, 'a.json'), '{}');
      expect(report(empty).stderr).toMatch(/a\.json holds no benchmark results/);
      expect(report(join(empty, 'none.json')).stderr).toContain('none.json');
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
