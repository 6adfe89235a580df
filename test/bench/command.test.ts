import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserName } from '../../bench/browser/measure.ts';
import { bench } from '../../bench/command.ts';
import type { Results, Row } from '../../bench/contract.ts';
import { HELP } from '../../bench/options.ts';
import { defaultFile } from '../../bench/results-file.ts';
import { filterJobs } from '../../bench/suite/filter.ts';
import { allJobs } from '../../bench/suite/suite.ts';
import { brief, rowLines } from '../../bench/suite/table.ts';
import { targetLines } from '../../bench/suite/targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'spotr-bench-'));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command, and gives its exit code and what it printed. */
async function printed(...argv: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line = '') => void lines.push(String(line)));
  const code = await bench(argv);
  return { code, text: lines.join('\n') };
}

describe('npm run bench', () => {
  it('measures two rows, verified, and writes them as JSON', async () => {
    const file = join(folder, 'results.json');
    const words = ['--quick', '--no-peers', '--filter', 'rmsNorm/33x128', '--json', file];
    const { code, text } = await printed(...words);
    expect(code).toBe(0);
    const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
    expect(results.rows.map(({ id }) => id)).toEqual([
      'rmsNorm/33x128,128/forward',
      'rmsNorm/33x128,128/gradient',
    ]);
    expect(results.failures).toEqual([]);
    expect(results.runtime).toMatch(/^Node \d+\..* \(Dawn\)$/);
    expect(results.device).not.toBe('');
    for (const number of [
      results.roofline.f32Gflops,
      results.roofline.copyGbps,
      results.roofline.submitMicroseconds,
    ]) {
      expect(number).toBeGreaterThan(0);
    }
    for (const row of results.rows) {
      expect(row.medianMs).toBeGreaterThan(0);
      expect(row.p95Ms).toBeGreaterThanOrEqual(row.medianMs);
      expect(row.percentOfPeak).toBeGreaterThan(0);
      expect(row.error).toBeGreaterThan(0);
      expect(row.error).toBeLessThan(1e-4);
      expect(row.verified).toBe('all values');
      expect(text).toContain(brief(row.medianMs));
    }
  });

  it('names the rows without measuring', async () => {
    const { code, text } = await printed('--list', '--filter', 'embed/tiny');
    expect(code).toBe(0);
    expect(text.split('\n').every((line) => line.startsWith('embed/tiny/'))).toBe(true);
  });

  it('says what it does not understand, and what there is', async () => {
    await expect(bench(['--filter', 'nonsense'])).rejects.toThrow(
      /No row fits the filter "nonsense"; the families are matmul, .*stem, .*train/,
    );
    await expect(bench(['--filter', '/(/'])).rejects.toThrow(/\/\(\/ is no regular expression/);
    await expect(bench(['--fast'])).rejects.toThrow(/--fast.*--help/);
  });
});

describe('filters', () => {
  const names = (filter: string) => filterJobs(allJobs('full'), filter).map(({ id }) => id);

  it('are a part of the name in any case, of the shape, or an expression', () => {
    expect(names('MATMUL/64x64x64')).toEqual(['matmul/64x64x64/forward', 'matmul/64x64x64/gradient']);
    expect(names('/^train.tiny.*8$/')).toEqual(['train/tiny/2x200/batch 8']);
    expect(names('base 12x2000 patch convolution')).toHaveLength(2);
  });

  it('of the help find rows', () => {
    const examples = Array.from(HELP.matchAll(/--filter ("[^"]+"|\S+)/g), ([, filter = '']) =>
      filter.replaceAll('"', ''),
    );
    const real = examples.filter((filter) => filter !== 'TEXT');
    expect(real.length).toBeGreaterThan(0);
    for (const filter of real) expect(names(filter).length, filter).toBeGreaterThan(0);
  });

  it('are needed for the comparison of encoders when time is short', () => {
    const headline = (extent: 'full' | 'quick', filter?: string) =>
      filterJobs(allJobs(extent), filter).filter(({ group }) => group === 'headline').length;
    expect([headline('full'), headline('quick'), headline('quick', 'headline/12x2000')]).toEqual([11, 0, 1]);
  });
});

const row: Row = {
  id: 'matmul/2x2x2/forward',
  group: 'kernel',
  family: 'matmul',
  shape: 'small 1x600 qkv',
  medianMs: 0.01234,
  p95Ms: 2,
  gpuMs: null,
  gflops: 12.34,
  gbps: 1234.5,
  percentOfPeak: 71,
  bound: 'compute',
  error: 1e-7,
  peers: [
    { name: 'tfjs', medianMs: 1, ratio: 4 },
    { name: 'jax-js', medianMs: 1, ratio: 2.5 },
  ],
  refusals: { 'ort-web': 'no operator', 'webgpu-torch': 'wrong values: NaN' },
};

describe('what is printed', () => {
  it('has three digits, no null, and wrong peers by name', () => {
    const [line = ''] = rowLines(row);
    expect(line).toMatch(/^2x2x2\/forward +0\.0123 +2\.00 +12\.3 +1235 +71\.0 c +1\.0e-7/);
    expect(line).toContain('tfjs 4.00x, jax-js 2.50x, webgpu-torch wrong values');
    expect(line).not.toContain('ort-web');
  });

  it('counts the rows that meet each target, and names the furthest', () => {
    const step: Row = { ...row, id: 'train/tiny', group: 'step', peers: [], more: { scriptPercent: 12 } };
    const other: Row = { ...row, id: 'matmul/4x4x4/forward', peers: [], percentOfPeak: 12 };
    expect(targetLines([row, other, step])).toEqual([
      '0 of 1 matmuls against the best peer (at least 3x); furthest matmul/2x2x2/forward with 2.5x',
      '1 of 2 compute-bound matmuls, of the multiply-add peak (at least 70 %); furthest matmul/4x4x4/forward with 12 %',
      '0 of 1 JavaScript under a tenth of the step (at least 90 % left); furthest train/tiny with 88 % left',
    ]);
  });

  it('goes to a file named by place and adapter', () => {
    const device = 'SwiftShader Device (Subzero) via Dawn, vulkan';
    expect(defaultFile({ runtime: 'Node 20.1.0 (Dawn)', device })).toMatch(
      /bench\/results\/node-swiftshader-device\.json$/,
    );
    expect(defaultFile({ runtime: 'Chrome 156', device: 'nvidia ampere via the browser' })).toMatch(
      /bench\/results\/browser-nvidia-ampere\.json$/,
    );
  });

  it('calls browsers by their names', () => {
    expect(browserName('Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/147.0.0.0 Safari/537.36')).toBe(
      'Chrome 147',
    );
    expect(browserName('Mozilla/5.0 Chrome/147.0 Safari/537.36 Edg/147.0')).toBe('Edge 147');
    expect(browserName('Mozilla/5.0 (Macintosh) Version/26.0 Safari/605.1')).toBe('Safari 26');
  });
});
