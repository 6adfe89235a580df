import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conclusionsOf, overall } from '../../bench/study/conclusions.ts';
import { studyManifest } from '../../bench/study/manifest.ts';
import { parseStudy, type StudyOptions } from '../../bench/study/options.ts';
import { pretrainVariant, VARIANTS, type Variant } from '../../bench/study/pretrain.ts';
import { type ProbeResult, type ProbeRow, probeTask, readProbe } from '../../bench/study/probe.ts';
import { studyMarkdown } from '../../bench/study/report.ts';
import { TASKS, taskArguments } from '../../bench/study/tasks.ts';

let home: string;
const at = (...parts: string[]) => join(home, ...parts);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-study-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const optionsOf = (...argv: string[]) => parseStudy(['--signals', '/s', ...argv], {}) as StudyOptions;
const [CLS, TOKENS, FLAT] = VARIANTS as readonly [Variant, Variant, Variant];

describe('the study', () => {
  it('says which of its options makes no sense', () => {
    expect(optionsOf('--steps', '5', '--dry')).toMatchObject({ signals: '/s', steps: 5, dry: true, seed: 1 });
    expect(parseStudy([], { SPOTR_SIGNALS_DIR: '/e' })?.signals).toBe('/e');
    expect(parseStudy(['--help'], {})).toBeUndefined();
    expect(() => parseStudy([], {})).toThrow(/no signals; give --signals DIR, or set SPOTR_SIGNALS_DIR/);
    expect(() => optionsOf('--steps', '0')).toThrow(
      /--steps is "0", but must be a whole number of at least 1/,
    );
    expect(() => optionsOf('--lr', 'fast')).toThrow(/--lr is "fast"/);
    expect(() => optionsOf('--stepz', '1')).toThrow(/--stepz.*--help lists the options/);
  });

  it('trains on nothing that is tested, and keeps the channels and lengths that it means', () => {
    const files = Array.from({ length: 20 }, (_, i) => ({
      path: `../s/eeg/bonn-eyes/Z/Z${String(i).padStart(3, '0')}.txt`,
      dataset: 'bonn-eyes',
      channels: ['1'],
      seconds: 23.6,
    }));
    const wfdb = { dataset: 'wfdb', modality: 'ecg' } as const;
    const found = [
      ...files,
      { ...wfdb, path: '../s/ecg/wfdb/a.hea', channels: ['II', 'V', 'PLETH'], seconds: 330 },
      { ...wfdb, path: '../s/ecg/wfdb/short.hea', channels: ['II'], seconds: 8 },
      { ...wfdb, path: '../s/ecg/wfdb/other.hea', channels: ['ABP'], seconds: 900 },
    ];
    const tested = new Set([0, 3].map((i) => `/s/eeg/bonn-eyes/Z/Z00${i}.txt`));
    const { entries } = studyManifest(
      { entries: found, skipped: [] },
      { folder: '/out', signals: '/s', tested },
    );
    const eyes = entries.filter(({ dataset }) => dataset === 'bonn-eyes').map(({ split }) => split);
    expect(eyes.flatMap((split, i) => (split === 'test' ? [i] : []))).toEqual([0, 3]);
    // Every eighth of the eighteen that are left.
    expect(eyes.filter((split) => split === 'validation')).toHaveLength(2);
    expect(entries.filter(({ dataset }) => dataset === 'wfdb')).toEqual([
      { ...found[20], channels: ['II', 'V'], split: 'train' },
    ]);
    const lines = Object.fromEntries(entries.map((entry) => [entry.path, entry]));
    expect(lines['../s/ecg/ecg5000/ECG5000_TRAIN.txt']).toMatchObject({
      rowLabels: '../s/ecg/ecg5000/split.csv',
      window: 0.7,
    });
    expect(lines['synthetic:rhythm']?.window).toBe(10);
  });

  it('names tasks as spotr probe takes them', () => {
    const of = (name: string) =>
      taskArguments(TASKS.find((task) => task.name === name) ?? expect.fail(), '/s');
    expect(of('eyes')).toEqual(['/s/eeg/bonn-eyes/split.csv', '--rate', '173.61', '--modality', 'eeg']);
    expect(of('beats').slice(0, 3)).toEqual([
      '/s/ecg/ecg5000/ECG5000_TRAIN.txt',
      '--labels',
      '/s/ecg/ecg5000/split.csv',
    ]);
    expect(of('synthetic-rhythm')).toEqual(['synthetic:rhythm']);
  });

  it('trains what is new, goes on with what was interrupted, and leaves what is complete', async () => {
    const options = optionsOf('--out', at('runs'), '--steps', '50', '--adapter', 'llvmpipe');
    const run = async (changed: Partial<StudyOptions> = {}) => {
      const lines: string[] = [];
      await pretrainVariant(FLAT, { ...options, ...changed }, 'm.jsonl', async (...argv) => {
        lines.push(argv.join(' '));
      });
      return lines;
    };
    const folder = at('runs', FLAT.name);
    expect(await run()).toEqual([
      `pretrain --size small --draw 2 --compaction none --conditioning cls --steps 50 --batch-size 8 --lr 0.0005 --seed 1 --recipe paper m.jsonl --out ${folder} --adapter llvmpipe`,
    ]);
    mkdirSync(folder, { recursive: true });
    const settings = {
      ...{ size: 'small', draw: { temperature: 2 }, compaction: 'none', conditioning: 'cls' },
      ...{ steps: 50, batchSize: 8, lr: 0.0005, seed: 1 },
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ settings }));
    expect(await run()).toEqual([`pretrain --resume --out ${folder} --adapter llvmpipe`]);
    await expect(run({ steps: 60, batchSize: 4 })).rejects.toThrow(
      /was made with steps 50, not 60, batch-size 8, not 4; give the options that it had/,
    );
    writeFileSync(join(folder, 'summary.json'), '{}');
    expect(await run()).toEqual([]);
  });

  it('probes again only where the weights are newer', async () => {
    const [task] = TASKS as readonly [(typeof TASKS)[number]];
    const options = optionsOf('--out', at('probing'), '--seeds', '3');
    const run = async () => {
      const lines: string[] = [];
      await probeTask(task, CLS, options, async (...argv) => {
        lines.push(argv.join(' '));
      });
      return lines;
    };
    const weights = at('probing', CLS.name, 'encoder.safetensors');
    mkdirSync(at('probing', CLS.name), { recursive: true });
    writeFileSync(weights, '');
    const out = at('probing', 'probes', 'eyes', CLS.name);
    const line = `probe --weights ${weights} /s/eeg/bonn-eyes/split.csv --rate 173.61 --modality eeg --seed 1 --seeds 3 --out ${out}`;
    expect(await run()).toEqual([line]);
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'result.json'), '{}');
    utimesSync(weights, 1, 1);
    expect(await run()).toEqual([]);
    utimesSync(weights, 4e9, 4e9);
    expect(await run()).toEqual([`${line} --overwrite`]);
  });
});

/** A row of AUROC `auroc`, the encoder ahead of it by `low` to `high`. */
function row(
  name: string,
  auroc: number,
  [low, high]: readonly [number, number],
  ...behind: number[]
): ProbeRow {
  const [from, to] = behind;
  return {
    name,
    seeds: [auroc - 0.01, auroc + 0.01].map((value) => ({ auroc: value, balancedAccuracy: 0.7, kappa: 0.4 })),
    intervals: { auroc: { low, high } },
    ...(from !== undefined && to !== undefined && { behind: { mean: (from + to) / 2, low: from, high: to } }),
  };
}

function result(auroc: number, interval: readonly [number, number]): ProbeResult {
  return {
    adapter: 'a',
    task: [
      ['task', 'closed against open, windows of 3 s'],
      ['  train', '9 closed, 9 open'],
    ],
    trained: row('SPOTR token, probe', auroc, interval),
    fitted: row('SPOTR token, logistic', 0.88, [0.82, 0.92], -0.1, -0.05),
    untrained: row('random encoder, probe', 0.6, [0.5, 0.7], 0.1, 0.3),
    untrainedFitted: row('random encoder, logistic', 0.7, [0.6, 0.8], 0, 0.2),
    handcrafted: row('handcrafted, logistic', 0.94, [0.9, 0.97], -0.2, -0.05),
    raw: row('raw samples, logistic', 0.78, [0.7, 0.85], -0.05, 0.1),
    prior: row('class prior', 0.5, [Number.NaN, Number.NaN], Number.NaN, Number.NaN),
  };
}

const modality = (ratio: number, floor: number) => ({
  ...{ ratio, windows: 9, predictZeroLoss: 0.8 },
  yardsticks: {
    positionBlindLoss: 0.8 * floor,
    pca: [
      { components: 64, loss: 0.2, windows: 900 },
      { components: 128, loss: 0.1, windows: 900 },
    ],
  },
});

const RESULTS = [
  { variant: CLS, result: result(0.8, [0.75, 0.85]) },
  { variant: TOKENS, result: result(0.82, [0.78, 0.86]) },
  { variant: FLAT, result: result(0.65, [0.6, 0.7]) },
];

describe('what the study concludes', () => {
  it('says no more than the intervals do', () => {
    const [own, ...others] = conclusionsOf(RESULTS);
    expect(own).toBe(
      'SPOTR, cls: beats the random encoder; does not beat the handcrafted row (better), the raw samples; cannot be compared with the class prior. A logistic regression on the same token (0.880) does not beat the handcrafted row (0.940, intervals overlap) and beats the random encoder (0.700).',
    );
    expect(others.slice(2)).toEqual([
      'SPOTR, cls and SPOTR, tokens cannot be told apart (0.800 and 0.820): their intervals overlap.',
      'SPOTR, cls beats flattened, cls (0.800 and 0.650).',
      'SPOTR, tokens beats flattened, cls (0.820 and 0.650).',
    ]);
    const [all, , , tokens, flat] = overall([
      { title: 'a', results: RESULTS },
      { title: 'b', results: RESULTS },
    ]);
    expect(all).toBe(
      'SPOTR, cls beats the handcrafted row on 0 of 2, the raw samples on 0 of 2, the random encoder on 2 of 2, the class prior on 0 of 2 tasks. A logistic regression on its token beats the handcrafted row on 0 of 2 and the random encoder on 2 of 2.',
    );
    expect(tokens).toMatch(/on 0 of 2 tasks and is beaten on 0; its AUROC is lower by 0\.020 on average/);
    expect(flat).toMatch(/beats flattened, cls on 2 of 2 tasks .* higher by 0\.150 on average/);
  });

  it('reads what spotr probe leaves, and names a row that is not there', () => {
    const { trained, fitted, untrained, untrainedFitted, handcrafted, raw, prior, task, adapter } = result(
      0.8,
      [0.75, 0.85],
    );
    const rows = [trained, fitted, handcrafted, raw, untrained, untrainedFitted, prior];
    const write = (some: readonly unknown[]) => {
      writeFileSync(
        at('result.json'),
        JSON.stringify({ adapter, task, tables: [{ title: 'Test', rows: some }] }),
      );
      return () => readProbe(at('result.json'));
    };
    expect(write(rows)()).toEqual({
      trained,
      fitted,
      untrained,
      untrainedFitted,
      handcrafted,
      raw,
      prior,
      task,
      adapter,
    });
    expect(write([trained, fitted, handcrafted, untrained, untrainedFitted, prior])().raw).toBeUndefined();
    expect(write([trained, fitted, raw])).toThrow(
      /no row of the untrained one; there are "SPOTR token, probe", .*"raw samples, logistic"/,
    );
  });

  it('writes the tables, the runs and the words', () => {
    const [task] = TASKS as readonly [(typeof TASKS)[number]];
    const text = studyMarkdown({
      options: optionsOf('--steps', '50'),
      commit: 'abc1234',
      runs: VARIANTS.map((variant) => ({
        variant,
        run: {
          ...{ parameters: 4_916_484, steps: 50, seconds: 90, adapter: 'llvmpipe' },
          modalities: { ecg: modality(0.5, 0.6), eeg: modality(0.75, 0.7) },
        },
      })),
      tasks: [{ task, results: RESULTS }],
    });
    expect(text).toContain('npm run study -- --signals DIR --steps 50 --batch-size 8 --lr 0.0005 --seed 1');
    expect(text).toContain('| SPOTR, cls | 4,916,484 | 50 | 1.5 min | 1.80 | 0.500 | 0.750 | llvmpipe |');
    expect(text).toContain('| position-blind floor | - | - | - | - | 0.600 | 0.700 | - |');
    expect(text).toContain('| PCA-64 | - | - | - | - | 0.250 | 0.250 | - |');
    expect(text).toContain('| PCA-128 | - | - | - | - | 0.125 | 0.125 | - |');
    expect(text).toContain(
      'Above the position-blind floor ended: SPOTR, cls on eeg of 2; SPOTR, tokens on eeg of 2',
    );
    expect(text).toContain('| flattened, cls | 0.650 ± 0.014 | 0.60 to 0.70 | 0.700 | 0.400 |');
    expect(text).toContain('| SPOTR, cls; logistic on the same token | 0.880 ± 0.014 | 0.82 to 0.92 |');
    expect(text).toContain('| handcrafted features | 0.940 ± 0.014 | 0.90 to 0.97 | 0.700 | 0.400 |');
    expect(text).toContain('| class prior | 0.500 ± 0.014 | - | 0.700 | 0.400 |');
    expect(text).toContain('does not beat the handcrafted row (better)');
    const { yardsticks: _, ...before } = modality(0.5, 0.6);
    const old = studyMarkdown({
      options: optionsOf('--steps', '50'),
      commit: 'abc1234',
      runs: [
        {
          variant: CLS,
          run: { parameters: 1, steps: 50, seconds: 90, adapter: 'a', modalities: { ecg: before } },
        },
      ],
      tasks: [],
    });
    expect(old).not.toMatch(/\| (position-blind floor|PCA-64) \||Above the position-blind floor/);
    expect(text).toContain('task: closed against open, windows of 3 s; train: 9 closed, 9 open.');
  });
});
