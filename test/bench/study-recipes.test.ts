import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandFailed } from '../../bench/commands/spotr.ts';
import { StudyError } from '../../bench/study/error.ts';
import type { ProbeRow } from '../../bench/study/outcomes.ts';
import { pooled, pooledDifference, verdictOf } from '../../bench/study/reading/pool.ts';
import { study } from '../../bench/study/study.ts';

// Asking git takes longer than everything else here.
vi.mock('../../bench/results-file.ts', () => ({ commitName: () => 'abc1234' }));

let home: string;
const at = (...parts: string[]) => join(home, ...parts);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-recipes-'));
  writeFileSync(at('manifest.jsonl'), '');
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  rmSync(home, { recursive: true });
  vi.restoreAllMocks();
});

/** A row as of `result.json`: NaN is null there. Resamples lie evenly from `low` to `high`. */
function row(id: string, auroc: number, spread = 0.02): ProbeRow {
  const drawn = Array.from({ length: 101 }, (_, i) => auroc + spread * (i / 50 - 1));
  return {
    ...{ id, name: `${id}, logistic`, drawn },
    seeds: [{ auroc, balancedAccuracy: 0.7, kappa: 0.4 }],
    intervals: { auroc: { low: 0, high: 1 } },
  };
}

/** AUROC by id; what is not told is 0.5. */
type Aurocs = Readonly<Record<string, number>>;
const IDS = [
  ...['token', 'token-logistic', 'token-squares', 'token-mean', 'handcrafted', 'handcrafted-token', 'bands'],
  ...['handcrafted-bands', 'handcrafted-bands-token', 'random', 'random-logistic', 'pca', 'raw', 'prior'],
];
const rowsOf = (aurocs: Aurocs) => IDS.map((id) => row(id, aurocs[id] ?? 0.5));

interface Made {
  /** Of a probe: its rows at windows, and at recordings where it has them. */
  readonly probe?: (task: string, run: string) => { windows: ProbeRow[]; recordings?: ProbeRow[] };
  /** Held-out loss over that of predicting zero. */
  readonly ratio?: (run: string) => number | null;
  readonly fails?: (line: string) => boolean;
  readonly change?: (file: string, value: Record<string, unknown>) => void;
}

/** Leaves what the commands would leave, and notes them. */
function fake({ probe = () => ({ windows: rowsOf({}) }), ratio = () => 0.5, fails, change }: Made = {}) {
  const lines: string[] = [];
  const spotr = async (...argv: readonly string[]) => {
    const line = argv.join(' ').replaceAll(home, 'HOME');
    lines.push(line);
    if (fails?.(line)) throw new CommandFailed(`It ended with 1: ${line}`);
    const option = (name: string) => argv[argv.indexOf(`--${name}`) + 1] as string;
    const out = option('out');
    const write = (name: string, value: Record<string, unknown>) => {
      change?.(join(out, name), value);
      writeFileSync(join(out, name), JSON.stringify(value));
    };
    mkdirSync(out, { recursive: true });
    const run = (argv[0] === 'probe' ? option('weights') : out).split('/').at(-1) as string;
    if (argv[0] === 'probe') {
      const encoder = readFileSync(join(option('weights'), 'encoder.safetensors'));
      const { windows, recordings } = probe(out.split('/').at(-2) as string, run);
      write('result.json', {
        adapter: 'a',
        settings: { seed: Number(option('seed')), seeds: Number(option('seeds')) },
        weights: `tiny; SHA-256 ${createHash('sha256').update(encoder).digest('hex')}`,
        task: [
          ['task', 'a against b'],
          ['  train', `${option('seed')}0 a, 9 b.`],
          ['  positive', 'b: AUPRC is of it'],
        ],
        tables: [
          { title: 'Test windows', rows: windows },
          ...(recordings ? [{ title: 'Test recordings', rows: recordings }] : []),
        ],
      });
      return;
    }
    const settings = {
      ...{ size: option('size'), recipe: option('recipe'), draw: { temperature: Number(option('draw')) } },
      ...{ steps: Number(option('steps')), batchSize: Number(option('batch-size')) },
      ...{ seed: Number(option('seed')), paths: ['/m/manifest.jsonl'] },
    };
    write('config.json', { settings });
    writeFileSync(join(out, 'encoder.safetensors'), run);
    const kind = (own: number | null, floor: number) => ({
      ...{ windows: 9, predictZeroLoss: 0.8, ...(own !== null && { ratio: own }) },
      yardsticks: {
        positionBlindLoss: 0.8 * floor,
        pca: [
          { components: settings.size === 'tiny' ? 32 : 64, loss: 0.4, windows: 900 },
          { components: 128, loss: 0.1, windows: 900 },
        ],
      },
    });
    write('summary.json', {
      ...{ parameters: 1_989_476, steps: settings.steps, seconds: 60 * settings.seed, adapter: 'a' },
      modalities: { ecg: kind(ratio(run), 0.6), ppg: kind(0.9, 0.8) },
    });
  };
  return { lines, spotr };
}

const REPORT = () => readFileSync(at('R.md'), 'utf8');
const run = (spotr: ReturnType<typeof fake>['spotr'], ...argv: string[]) =>
  study(['--signals', '/s', '--out', home, '--report', at('R.md'), '--tasks', 'eyes', ...argv], spotr);
/** Cells of the first row of the report that begins so. */
const cells = (first: string) =>
  REPORT()
    .split('\n')
    .find((line) => line.startsWith(`| ${first} |`))
    ?.split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());

const ONE = ['--sizes', 'tiny', '--recipes', 'quick'];

describe('pooling seeds', () => {
  it('has the mean over seeds, and an interval that holds subjects and seeds', () => {
    const some = pooled([row('a', 0.9), row('a', 0.8), row('a', 0.7)]);
    expect(some.mean).toBeCloseTo(0.8, 12);
    expect(some.values).toEqual([0.9, 0.8, 0.7]);
    // Resamples of all seeds from 0.68 to 0.92; of each seed alone they would be 0.04 wide.
    expect(some.low).toBeGreaterThan(0.68);
    expect(some.low).toBeLessThan(0.684);
    expect(some.high).toBeCloseTo(1.6 - some.low, 9);
  });

  it('takes differences on the same resamples, seed by seed', () => {
    const moved = (one: ProbeRow, by: number): ProbeRow => ({
      ...row(one.id, (one.seeds[0]?.auroc ?? 0) + by),
      drawn: one.drawn.map((auroc) => auroc + by),
    });
    const wide = [0.6, 0.9].map((auroc) => row('b', auroc, 0.1));
    const difference = pooledDifference(
      wide.map((other, i) => ({ one: moved(other, 0.02 + i * 0.02), other })),
    );
    expect(difference.mean).toBeCloseTo(0.03, 12);
    expect([difference.low, difference.high].map((value) => value.toFixed(3))).toEqual(['0.020', '0.040']);
    expect(verdictOf(difference)).toBe('above');
    // One seed of three below zero: not told apart, though each interval is far from zero.
    const three = [0.05, 0.05, -0.02].map((by) => ({ one: moved(row('b', 0.5), by), other: row('b', 0.5) }));
    expect(pooledDifference(three).mean).toBeGreaterThan(0.02);
    expect(verdictOf(pooledDifference(three))).toBe('open');
    expect(verdictOf(pooledDifference(three.map(({ one, other }) => ({ one: other, other: one }))))).toBe(
      'open',
    );
    const down = three.map(({ other }) => ({ one: moved(other, -0.1), other }));
    expect(verdictOf(pooledDifference(down))).toBe('below');
    // Zero is not above zero.
    expect(verdictOf(pooledDifference(wide.map((other) => ({ one: other, other }))))).toBe('open');
  });

  it('has no interval where a seed has none: it is not left to the others', () => {
    const none = { ...row('a', 0.8), drawn: [] };
    const little = {
      ...row('a', 0.8),
      drawn: row('a', 0.8).drawn.map((one, i) => (i < 60 ? Number.NaN : one)),
    };
    for (const one of [none, little]) {
      const some = pooled([row('a', 0.9), one]);
      expect(some.mean).toBeCloseTo(0.85, 12);
      expect(some.low).toBeNaN();
      expect(verdictOf(some)).toBe('unknown');
    }
    expect(verdictOf(pooled([row('a', Number.NaN)]))).toBe('unknown');
    expect(pooled([]).low).toBeNaN();
  });
});

describe('the study of recipes', () => {
  it('runs what is not complete, by the commands that it is named for', async () => {
    const { lines, spotr } = fake();
    expect(await run(spotr, '--steps', 'small:9', '--seeds', '1,2', '--adapter', 'llvm')).toBe(0);
    expect(lines).toHaveLength(16);
    expect(lines.filter((line) => line.includes('tiny-paper-1') || line.includes('small-quick-2'))).toEqual([
      'pretrain --size tiny --recipe paper --draw 2 --steps 3000 --batch-size 16 --seed 1 HOME/manifest.jsonl --out HOME/runs/tiny-paper-1 --adapter llvm',
      'probe --weights HOME/runs/tiny-paper-1 /s/eeg/bonn-eyes/split.csv --rate 173.61 --modality eeg --seed 1 --seeds 1 --out HOME/probes/eyes/tiny-paper-1 --adapter llvm',
      'pretrain --size small --recipe quick --draw 2 --steps 9 --batch-size 16 --seed 2 HOME/manifest.jsonl --out HOME/runs/small-quick-2 --adapter llvm',
      'probe --weights HOME/runs/small-quick-2 /s/eeg/bonn-eyes/split.csv --rate 173.61 --modality eeg --seed 2 --seeds 1 --out HOME/probes/eyes/small-quick-2 --adapter llvm',
    ]);
    const again = fake();
    expect(await run(again.spotr, '--steps', 'small:9', '--seeds', '1,2')).toBe(0);
    expect(again.lines).toEqual([]);
    // A third seed is all that a third seed takes.
    expect(await run(again.spotr, ...ONE, '--seeds', '1,3')).toBe(0);
    expect(again.lines.map((line) => line.split(' ')[0])).toEqual(['pretrain', 'probe']);
    expect(again.lines[1]).toContain('--weights HOME/runs/tiny-quick-3');
  });

  it('probes again where the result is of other weights, of another seed, or lacks what pooling takes', async () => {
    const first = fake();
    await run(first.spotr, ...ONE, '--seeds', '2');
    const result = at('probes', 'eyes', 'tiny-quick-2', 'result.json');
    const whole = readFileSync(result, 'utf8');
    const again = async () => {
      const { lines, spotr } = fake();
      // Nothing is said of it meanwhile.
      await run(spotr, ...ONE, '--seeds', '2', '--report-only');
      expect(REPORT()).toContain('0 of 1 probes. Trained but not probed: tiny-quick-2 on eyes.');
      expect(REPORT()).not.toContain('## Scalp EEG');
      await run(spotr, ...ONE, '--seeds', '2');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^probe .*--out HOME\/probes\/eyes\/tiny-quick-2 --overwrite$/);
      expect(REPORT()).toContain('1 of 1 probes.');
    };
    for (const [found, other] of [
      [/"seed":2/, '"seed":1'],
      [/"seeds":1/, '"seeds":5'],
      [/"drawn":/, '"before":'],
      [/"id":/, '"before":'],
    ] as const) {
      expect(whole).toMatch(found);
      writeFileSync(result, whole.replace(found, other));
      await again();
    }
    writeFileSync(at('runs', 'tiny-quick-2', 'encoder.safetensors'), 'trained again');
    await again();
  });

  it('goes on where a command fails, and says what is not there', async () => {
    const fails = (line: string) => /--out HOME\/runs\/tiny-quick-2|probes\/eyes\/tiny-paper-1/.test(line);
    const { lines, spotr } = fake({ fails });
    expect(await run(spotr, '--sizes', 'tiny', '--seeds', '1,2,3')).toBe(1);
    expect(lines.filter((line) => line.startsWith('probe'))).toHaveLength(5);
    expect(REPORT()).toContain(
      'There are 5 of 6 trainings and 4 of 6 probes. Not trained to the end: tiny-quick-2. Trained but not probed: tiny-paper-1 on eyes.',
    );
    expect(cells('tiny, quick')?.slice(1, 5)).toEqual(['1, 3', '3,000', '2.0 min', '0.04']);
    expect(REPORT()).toContain(
      '|  | tiny, paper; 2 seeds | tiny, quick; 2 seeds | without an encoder; 3 seeds |',
    );
    expect(vi.mocked(console.error).mock.calls.flat().join(' ')).toMatch(
      /ended with 1.*tiny-paper-1.*tiny-quick-2/,
    );
    // What is no failure of a command ends it.
    const broken = async () => {
      throw new StudyError('Interrupted');
    };
    await expect(run(broken, '--sizes', 'tiny')).rejects.toThrow('Interrupted');
  });

  it('runs nothing for a report or to show commands, and makes none of nothing', async () => {
    const { lines, spotr } = fake();
    await expect(run(spotr, '--report-only')).rejects.toThrow(
      /no complete training of tiny-paper-1, .*\/runs; run/,
    );
    expect(await run(spotr, ...ONE, '--seeds', '1', '--dry')).toBe(0);
    expect(lines).toHaveLength(2);
    expect(existsSync(at('R.md'))).toBe(false);
    await run(spotr, ...ONE, '--seeds', '1');
    lines.length = 0;
    expect(
      await study(['--out', home, '--report', at('R.md'), '--report-only', '--tasks', 'eyes'], spotr),
    ).toBe(0);
    expect(lines).toEqual([]);
    expect(REPORT()).toContain(
      'There are 1 of 12 trainings and 1 of 12 probes. Not trained to the end: tiny-paper-1,',
    );
  });

  it('compares nothing that was made differently, and names a damaged file', async () => {
    const { spotr } = fake();
    await run(spotr, ...ONE, '--seeds', '1,2');
    await expect(run(spotr, ...ONE, '--seeds', '1', '--steps', 'tiny:5')).rejects.toThrow(
      /runs\/tiny-quick-1 was made with steps 3000, not 5/,
    );
    const result = at('probes', 'eyes', 'tiny-quick-1', 'result.json');
    writeFileSync(result, '{"adapter"');
    await expect(run(spotr, ...ONE, '--seeds', '1')).rejects.toThrow(
      /tiny-quick-1\/result.json: cannot be read/,
    );
    writeFileSync(result, '{"adapter": "a"}');
    await expect(run(spotr, ...ONE, '--seeds', '1')).rejects.toThrow(
      /result.json: lacks task, settings, weights, tables/,
    );
    // As JSON has what is not a number.
    writeFileSync(
      result,
      '{"adapter": null, "task": [], "settings": {"seed": 1, "seeds": 1}, "weights": "w", "tables": []}',
    );
    await expect(run(spotr, ...ONE, '--seeds', '1')).rejects.toThrow(/result.json: lacks adapter; remove/);
    rmSync(result);
    const config = at('runs', 'tiny-quick-2', 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('/m/', '/other/'));
    await expect(run(spotr, ...ONE, '--seeds', '1,2')).rejects.toThrow(
      /are of different data \(\/m\/manifest.jsonl; \/other\/manifest.jsonl\)/,
    );
  });
});

describe('what the study of recipes reports', () => {
  const MODELS: Readonly<Record<string, Aurocs>> = {
    // Beats and adds to everything but the bands.
    quick: {
      ...{
        token: 0.85,
        'token-logistic': 0.9,
        random: 0.7,
        'random-logistic': 0.72,
        handcrafted: 0.8,
        bands: 0.95,
      },
      ...{ 'handcrafted-token': 0.92, 'handcrafted-bands': 0.96, 'handcrafted-bands-token': 0.961 },
    },
    // Nothing.
    paper: {
      ...{
        token: 0.6,
        'token-logistic': 0.7,
        random: 0.7,
        'random-logistic': 0.72,
        handcrafted: 0.8,
        bands: 0.95,
      },
      ...{ 'handcrafted-token': 0.75, 'handcrafted-bands': 0.96, 'handcrafted-bands-token': 0.96 },
    },
  };
  /** Each seed is better by a hundredth than the one before, but what no encoder has a part in. */
  const probe = (task: string, name: string) => {
    const [size, recipe = '', seed] = name.split('-');
    const alone = ['handcrafted', 'bands', 'handcrafted-bands', 'raw', 'prior'];
    const aurocs = Object.fromEntries(
      IDS.map((id) => {
        const own = (task === 'beats' ? MODELS.paper : MODELS[recipe])?.[id] ?? 0.5;
        return [id, alone.includes(id) ? own : own + (Number(seed) - 2) * 0.01];
      }),
    );
    // All of a table's rows on the same resamples: differences hardly scatter.
    const windows = IDS.map((id) => ({
      ...row(id, aurocs[id] as number),
      ...(id === 'pca' && { name: `PCA-${size === 'tiny' ? 64 : 128} scores, logistic` }),
    }));
    return task === 'eyes' ? { windows, recordings: windows.slice(0, 6) } : { windows };
  };
  const BOTH = ['--tasks', 'eyes,beats'];

  it('says first what nothing does, then on how many tasks each model does, and by how much', async () => {
    await run(fake({ probe }).spotr, '--sizes', 'tiny', ...BOTH);
    const short = REPORT().split('## In short')[1]?.split('"Beats" and')[0]?.split('\n- ') ?? [];
    expect(short.slice(1).map((line) => line.trim())).toEqual([
      'On 1 of 2 tasks no token beats the random encoder: beats.',
      'On 1 of 2 tasks no token beats the random encoder where the probe reads both: beats.',
      'On 1 of 2 tasks no token beats the handcrafted features: beats.',
      'No token beats the 24 log bands on any of 2 tasks.',
      'On 1 of 2 tasks no token adds to the handcrafted features: beats.',
      'No token adds to the handcrafted features and bands on any of 2 tasks.',
      'tiny, paper (3 seeds), windows: beats the random encoder on 0 of 2 (below zero on 2), the random encoder where the probe reads both on 0 of 2 (below zero on 2), the handcrafted features on 0 of 2 (below zero on 2), the 24 log bands on 0 of 2 (below zero on 2); adds to the handcrafted features on 0 of 2 (below zero on 2), the handcrafted features and bands on 0 of 2.',
      'tiny, quick (3 seeds), windows: beats the random encoder on 1 of 2 (below zero on 1), the random encoder where the probe reads both on 1 of 2 (below zero on 1), the handcrafted features on 1 of 2 (below zero on 1), the 24 log bands on 0 of 2 (below zero on 2); adds to the handcrafted features on 1 of 2 (below zero on 1), the handcrafted features and bands on 0 of 2.',
      'Beats the handcrafted features: tiny, quick on eyes by 0.100 (0.090 to 0.110).',
      'Adds to the handcrafted features: tiny, quick on eyes by 0.120 (0.110 to 0.130).',
      // Recordings of one task alone, and of some rows.
      'tiny, paper (3 seeds), recordings: beats the handcrafted features on 0 of 1 (below zero on 1); adds to the handcrafted features on 0 of 1 (below zero on 1).',
      'tiny, quick (3 seeds), recordings: beats the handcrafted features on 1 of 1; adds to the handcrafted features on 1 of 1.',
      'tiny, paper: with all 3 seeds reconstruction ended below the position-blind floor on 1 of 2 kinds of signals (ecg), below PCA-32 on 0 of 2 kinds of signals.',
      'tiny, quick: with all 3 seeds reconstruction ended below the position-blind floor on 1 of 2 kinds of signals (ecg), below PCA-32 on 0 of 2 kinds of signals.',
    ]);
  });

  it('has a row a representation: mean, deviation and interval, once where no encoder has a part', async () => {
    await run(fake({ probe }).spotr, ...BOTH);
    expect(REPORT()).toContain(
      'Written by `npm run study -- --signals DIR --sizes tiny,small --recipes paper,quick --seeds 1,2,3 --steps tiny:3000,small:1500 --batch-size 16 --tasks eyes,beats` at commit abc1234;',
    );
    expect(REPORT()).toContain('There are 12 of 12 trainings and 24 of 24 probes.');
    expect(REPORT().split('\n')).toContain(
      '|  | tiny, paper; 3 seeds | tiny, quick; 3 seeds | small, paper; 3 seeds | small, quick; 3 seeds | without an encoder; 3 seeds |',
    );
    const quick = '0.900 ± 0.010 (0.87 to 0.93)';
    const paper = '0.700 ± 0.010 (0.67 to 0.73)';
    expect(cells('token-logistic, logistic')).toEqual([paper, quick, paper, quick, '']);
    expect(cells('handcrafted, logistic')).toEqual(['', '', '', '', '0.800 ± 0.000 (0.78 to 0.82)']);
    expect(cells('PCA-64 scores, logistic / PCA-128 scores, logistic')?.[4]).toBe('');
    expect(cells('token less handcrafted')).toEqual([
      ...['-0.100 ± 0.010 (-0.110 to -0.090)', '0.100 ± 0.010 (0.090 to 0.110)'],
      ...['-0.100 ± 0.010 (-0.110 to -0.090)', '0.100 ± 0.010 (0.090 to 0.110)'],
    ]);
    expect(REPORT()).toContain('task: a against b; train (of tiny-paper-1): 10 a, 9 b. Intervals by files;');
    expect(REPORT()).not.toContain('AUPRC');
    const [eyes = '', beats = ''] = REPORT().split('\n## ').slice(-2);
    expect(eyes).toContain('Test recordings, AUROC:');
    expect(beats).toContain('Test windows, AUROC:');
    expect(beats).not.toContain('recordings');
  });

  it('has a row of no encoder beside each model where the models do not agree on it', async () => {
    const other = (task: string, name: string) => {
      const { windows } = probe(task, name);
      const last = name === 'tiny-quick-3' ? 0.51 : 0.5;
      return { windows: windows.map((one) => (one.id === 'raw' ? row('raw', last) : one)) };
    };
    await run(fake({ probe: other }).spotr, '--sizes', 'tiny');
    expect(cells('raw, logistic')).toEqual([
      '0.500 ± 0.000 (0.48 to 0.52)',
      '0.503 ± 0.006 (0.48 to 0.53)',
      '',
    ]);
  });

  it('shows what is not a number as nothing, and counts it as no interval', async () => {
    const broken = (task: string, name: string) => ({
      windows: probe(task, name).windows.map((one) =>
        one.id === 'token-logistic' && name.endsWith('3') ? { ...row(one.id, Number.NaN) } : one,
      ),
    });
    await run(fake({ probe: broken, ratio: (name) => (name.endsWith('2') ? null : 0.4) }).spotr, ...ONE);
    expect(cells('token-logistic, logistic')).toEqual(['-', '']);
    expect(cells('token less handcrafted')).toEqual(['-']);
    expect(REPORT()).toContain(
      'tiny, quick (3 seeds), windows: beats the random encoder on 0 of 1 (no interval on 1), the random encoder where the probe reads both on 1 of 1, the handcrafted features on 0 of 1 (no interval on 1),',
    );
    expect(cells('tiny, quick | ecg')).toEqual(['ecg', '-', '0.600', '0.500', '32', '2 of 3', '2 of 3']);
    expect(REPORT()).not.toMatch(/NaN|undefined/);
  });

  it('says how far pretraining came with every seed, and that one seed holds no seeds', async () => {
    const ratio = (name: string) => (name === 'tiny-quick-3' ? 0.7 : 0.45);
    await run(fake({ probe, ratio }).spotr, ...ONE);
    expect(cells('tiny, quick | ecg')).toEqual([
      'ecg',
      '0.533 ± 0.144',
      '0.600',
      '0.500',
      '32',
      '2 of 3',
      '2 of 3',
    ]);
    expect(REPORT()).toContain(
      'below the position-blind floor on 0 of 2 kinds of signals, below PCA-32 on 0 of 2',
    );
    expect(REPORT()).toContain('from 3 seeds: tiny, quick (size, recipe)');
    expect(REPORT()).not.toContain('Of a single seed');
    await run(fake().spotr, ...ONE, '--seeds', '1');
    expect(REPORT()).toContain('Of a single seed an interval is over test subjects alone.');
    expect(REPORT()).toContain(
      'tiny, quick: with its one seed reconstruction ended below the position-blind floor on 1 of 2 kinds of signals (ecg), below PCA-32 on 1 of 2 kinds of signals (ecg).',
    );
  });
});
