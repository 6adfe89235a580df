import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conclusionsOf, overall } from '../../bench/study/ablation/conclusions.ts';
import { type AblationRows, ablationRows } from '../../bench/study/ablation/rows.ts';
import { studyManifest } from '../../bench/study/manifest.ts';
import { parseStudy, type StudyOptions } from '../../bench/study/options.ts';
import type { ProbeResult, ProbeRow } from '../../bench/study/outcomes.ts';
import type { Variant } from '../../bench/study/plan.ts';
import { pretrainVariant } from '../../bench/study/pretrain.ts';
import { planOf } from '../../bench/study/study.ts';
import { TASKS, taskArguments } from '../../bench/study/tasks.ts';

let home: string;
const at = (...parts: string[]) => join(home, ...parts);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-study-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const optionsOf = (...argv: string[]) => parseStudy(['--signals', '/s', ...argv], {}) as StudyOptions;
const ablationOf = (...argv: string[]) => planOf(optionsOf('--plan', 'ablation', ...argv));
const VARIANTS = ablationOf('--steps', '50').variants;
const [CLS, TOKENS, FLAT] = VARIANTS as readonly [Variant, Variant, Variant];

describe('the study', () => {
  it('takes the options of a plan, and says which makes no sense', () => {
    expect(optionsOf('--dry')).toMatchObject({
      ...{ signals: '/s', dry: true, out: 'runs/study' },
      plan: {
        ...{ name: 'recipes', sizes: ['tiny', 'small'], recipes: ['paper', 'quick'], seeds: [1, 2, 3] },
        ...{ steps: { tiny: 3000, small: 1500 }, batchSize: 16 },
      },
    });
    expect(
      optionsOf('--sizes', 'small', '--seeds', '0,7', '--steps', 'small:9', '--tasks', 'beats,eyes'),
    ).toMatchObject({
      tasks: ['eyes', 'beats'],
      plan: { sizes: ['small'], seeds: [0, 7], steps: { tiny: 3000, small: 9 } },
    });
    const ablation = { name: 'ablation', steps: 5, batchSize: 8, lr: 5e-4, seed: 1, seeds: 5 };
    expect(optionsOf('--plan', 'ablation', '--steps', '5').plan).toEqual(ablation);
    expect(parseStudy([], { SPOTR_SIGNALS_DIR: '/e' })?.signals).toBe('/e');
    expect(parseStudy(['--report-only'], {})?.reportOnly).toBe(true);
    expect(parseStudy(['--help'], {})).toBeUndefined();
    expect(() => parseStudy([], {})).toThrow(/no signals; give --signals DIR, or set SPOTR_SIGNALS_DIR/);
    const wrong: readonly (readonly [RegExp, ...string[]])[] = [
      [/--steps has "0", but must be a whole number of at least 1/, '--steps', 'tiny:0'],
      [/--steps has ""/, '--steps', 'tiny'],
      [/--steps has "base"; there are tiny, small/, '--steps', 'base:5'],
      [/--steps has "tiny" twice/, '--steps', 'tiny:5,tiny:6'],
      [/--steps has "tiny:5"/, '--plan', 'ablation', '--steps', 'tiny:5'],
      [/--sizes has "base"; there are tiny, small/, '--sizes', 'tiny,base'],
      [/--tasks has "sleep"; there are eyes/, '--tasks', 'sleep'],
      [/--plan has "both"; there are recipes, kinds, reconstruction, ablation/, '--plan', 'both'],
      [/--seeds has "2" twice/, '--seeds', '1,2,2'],
      [/--seeds has "-1"/, '--seeds=-1'],
      [/--seeds has "1e1"/, '--seeds', '1e1'],
      [/--seeds has ""/, '--seeds', '1,'],
      [/--lr is of --plan ablation/, '--lr', '1e-3'],
      [/--sizes is of --plan recipes/, '--plan', 'ablation', '--sizes', 'tiny'],
      [/--recipes is of --plan recipes/, '--plan', 'kinds', '--recipes', 'quick'],
      [/--lr is "fast"/, '--plan', 'ablation', '--lr', 'fast'],
      [/--stepz.*--help lists the options/, '--stepz', '1'],
      [/give one of them/, '--dry', '--report-only'],
    ];
    for (const [message, ...argv] of wrong) expect(() => optionsOf(...argv)).toThrow(message);
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
    const run = async (...argv: string[]) => {
      const lines: string[] = [];
      const variant = ablationOf('--steps', '50', ...argv).variants[2] as Variant;
      await pretrainVariant(variant, { out: home, adapter: 'llvmpipe' }, 'm.jsonl', async (...words) => {
        lines.push(words.join(' '));
      });
      return lines;
    };
    const folder = at('runs', FLAT.name);
    expect(await run()).toEqual([
      `pretrain --size small --recipe paper --draw 2 --compaction none --conditioning cls --steps 50 --batch-size 8 --lr 0.0005 --seed 1 m.jsonl --out ${folder} --adapter llvmpipe`,
    ]);
    mkdirSync(folder, { recursive: true });
    const settings = {
      ...{ size: 'small', draw: { temperature: 2 }, compaction: 'none', conditioning: 'cls' },
      ...{ steps: 50, batchSize: 8, lr: 0.0005, seed: 1, recipe: 'paper', paths: ['m.jsonl'] },
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ settings }));
    expect(await run()).toEqual([`pretrain --resume --out ${folder} --adapter llvmpipe`]);
    await expect(run('--steps', '60', '--batch-size', '4')).rejects.toThrow(
      /was made with steps 50, not 60, batch-size 8, not 4; give the options that it had/,
    );
    const summary = join(folder, 'summary.json');
    for (const [text, message] of [
      ['{"steps": 50', /summary\.json: cannot be read as JSON; remove its folder/],
      ['{"steps": 50}', /summary\.json: lacks seconds, adapter, modalities, parameters/],
      ['null', /summary\.json: lacks steps/],
    ] as const) {
      writeFileSync(summary, text);
      await expect(run()).rejects.toThrow(message);
    }
    writeFileSync(summary, '{"steps": 50, "seconds": 1, "adapter": "a", "modalities": {}, "parameters": 1}');
    expect(await run()).toEqual([]);
  });
});

/** A row of AUROC `auroc`, the encoder ahead of it by `low` to `high`. */
function row(
  id: string,
  auroc: number,
  [low, high]: readonly [number, number],
  ...behind: number[]
): ProbeRow {
  const [from, to] = behind;
  return {
    ...{ id, name: id, drawn: [] },
    seeds: [auroc - 0.01, auroc + 0.01].map((value) => ({ auroc: value, balancedAccuracy: 0.7, kappa: 0.4 })),
    intervals: { auroc: { low, high } },
    ...(from !== undefined && to !== undefined && { behind: { mean: (from + to) / 2, low: from, high: to } }),
  };
}

function result(auroc: number, interval: readonly [number, number]): AblationRows {
  return {
    trained: row('token', auroc, interval),
    fitted: row('token-logistic', 0.88, [0.82, 0.92], -0.1, -0.05),
    untrained: row('random', 0.6, [0.5, 0.7], 0.1, 0.3),
    untrainedFitted: row('random-logistic', 0.7, [0.6, 0.8], 0, 0.2),
    handcrafted: row('handcrafted', 0.94, [0.9, 0.97], -0.2, -0.05),
    raw: row('raw', 0.78, [0.7, 0.85], -0.05, 0.1),
    prior: row('prior', 0.5, [Number.NaN, Number.NaN], Number.NaN, Number.NaN),
  };
}

const probeOf = (rows: AblationRows): ProbeResult => ({
  adapter: 'a',
  task: [
    ['task', 'closed against open, windows of 3 s'],
    ['  train', '9 closed, 9 open'],
  ],
  rows: { windows: Object.values(rows), recordings: [] },
});

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

  it('names a row that a probe lacks', () => {
    const { raw: _, ...some } = result(0.8, [0.75, 0.85]);
    const { windows } = probeOf({ ...some, raw: undefined }).rows;
    const rowsOf = (rows: readonly (ProbeRow | undefined)[]) =>
      ablationRows({
        ...probeOf(some as AblationRows),
        rows: { windows: rows.filter((one) => one !== undefined), recordings: [] },
      });
    expect(rowsOf(windows)).toEqual({ ...some, raw: undefined });
    expect(() => rowsOf([some.trained, some.fitted])).toThrow(
      /no row "random"; there are token, token-logistic\. Probe again/,
    );
  });

  it('writes the tables, the runs and the words', () => {
    const [task] = TASKS as readonly [(typeof TASKS)[number]];
    const plan = ablationOf('--steps', '50', '--tasks', 'eyes');
    const results = RESULTS.map(({ variant, result }) => ({ variant, result: probeOf(result) }));
    const text = plan.write({
      plan,
      commit: 'abc1234',
      runs: VARIANTS.map((variant) => ({
        variant,
        run: {
          ...{ paths: ['m'], parameters: 4_916_484, steps: 50, seconds: 90, adapter: 'llvmpipe' },
          modalities: { ecg: modality(0.5, 0.6), eeg: modality(0.75, 0.7) },
        },
      })),
      tasks: [{ task, results }],
    });
    expect(text).toContain(
      'npm run study -- --signals DIR --plan ablation --steps 50 --batch-size 8 --lr 0.0005 --seed 1 --seeds 5 --tasks eyes',
    );
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
    const old = plan.write({
      plan,
      commit: 'abc1234',
      runs: [
        {
          variant: CLS,
          run: {
            paths: ['m'],
            parameters: 1,
            steps: 50,
            seconds: 90,
            adapter: 'a',
            modalities: { ecg: before },
          },
        },
      ],
      tasks: [],
    });
    expect(old).not.toMatch(/\| (position-blind floor|PCA-64) \||Above the position-blind floor/);
    expect(text).toContain('task: closed against open, windows of 3 s; train: 9 closed, 9 open.');
  });
});
