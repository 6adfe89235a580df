import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { parseStudy } from '../../bench/study/options.ts';
import { study } from '../../bench/study/study.ts';
import type { ManifestEntry } from '../../data/index.ts';
import { useStudyFolder } from './study-folder.ts';

// Asking git takes longer than everything else here.
vi.mock('../../bench/results-file.ts', () => ({ commitName: () => 'abc1234' }));

const ENTRIES: readonly ManifestEntry[] = [
  { path: 'z.txt', dataset: 'bonn-eyes', modality: 'eeg', window: 2.945, split: 'train' },
  { path: 'o.txt', dataset: 'bonn-eyes', modality: 'eeg', window: 2.945, split: 'test' },
  { path: 'f.txt', dataset: 'bonn-ieeg', modality: 'ieeg', window: 2.945, split: 'train' },
  { path: 'a.hea', dataset: 'wfdb', modality: 'ecg', window: 3, channels: ['V', 'II'], split: 'train' },
  { path: 'b.hea', dataset: 'wfdb', modality: 'ecg', window: 3, channels: ['MLII', 'V5'], split: 'train' },
  { path: 's.csv', dataset: 'af-rhythm', modality: 'ppg', rate: 100, window: 10 },
];

const { at, entriesOf, taken } = useStudyFolder(ENTRIES);

/** Held-out loss over that of predicting zero, by run; the floor is 0.8 and PCA-d 0.5. */
function fake(ratioOf: (run: string) => number, pathOf = (manifest: string) => manifest) {
  const lines: string[] = [];
  const spotr = async (...argv: readonly string[]) => {
    const { line, option, out } = taken(argv);
    lines.push(line);
    const given = ['window', 'stride', 'steps', 'seed'].filter((name) => argv.includes(`--${name}`));
    const numbers = given.map((name) => [name, Number(option(name))]);
    const settings = {
      ...{ size: option('size'), recipe: option('recipe'), batchSize: Number(option('batch-size')) },
      ...{ auxiliary: [{ name: option('auxiliary'), weight: 1 }], ...Object.fromEntries(numbers) },
      paths: [pathOf(argv[argv.indexOf('--out') - 1] as string)],
    };
    writeFileSync(join(out, 'config.json'), JSON.stringify({ settings }));
    const run = out.split('/').at(-1) as string;
    const components = run.startsWith('tiny') ? 32 : 64;
    const yardsticks = { positionBlindLoss: 1.6, pca: [{ components, loss: 1, windows: 9 }] };
    const modality = { windows: 9, predictZeroLoss: 2, ratio: ratioOf(run), yardsticks };
    const summary = { parameters: 5, steps: Number(option('steps')), seconds: 60, adapter: 'a' };
    writeFileSync(
      join(out, 'summary.json'),
      JSON.stringify({ ...summary, modalities: { [run.split('-')[1] as string]: modality } }),
    );
  };
  return { lines, spotr };
}

const run = ({ spotr }: ReturnType<typeof fake>, ...argv: string[]) =>
  study(
    ['--plan', 'reconstruction', '--signals', '/s', '--out', at(), '--report', at('R.md'), ...argv],
    spotr,
  );
describe('the study of reconstruction', () => {
  it('trains a model for each kind and length, on a manifest of it alone', async () => {
    const made = fake(() => 0.4);
    expect(await run(made, '--seeds', '1', '--steps', 'tiny:9')).toBe(0);
    expect(made.lines).toHaveLength(10);
    const rest = '--batch-size 16 --seed 1 HOME';
    expect(made.lines.slice(0, 2)).toEqual([
      `pretrain --size tiny --recipe quick --auxiliary linear --window 1 --steps 9 ${rest}/manifest-eeg-1.jsonl --out HOME/runs/tiny-eeg-1-1`,
      `pretrain --size tiny --recipe quick --auxiliary linear --window 3 --steps 9 ${rest}/manifest-eeg-3.jsonl --out HOME/runs/tiny-eeg-3-1`,
    ]);
    expect(made.lines[2]).toContain('--window 3 --stride 0.08 --steps 9');
    expect(made.lines[9]).toContain('--size small');
    expect(made.lines[9]).toContain('--window 10 --steps 4000');
    // What is tested stays there as such; lengths are the plan's.
    for (const name of ['eeg-1', 'eeg-3'])
      expect(entriesOf(name)).toEqual([
        { path: 'z.txt', dataset: 'bonn-eyes', modality: 'eeg', split: 'train' },
        { path: 'o.txt', dataset: 'bonn-eyes', modality: 'eeg', split: 'test' },
      ]);
    expect(entriesOf('ppg-10').map(({ path }) => path)).toEqual(['s.csv']);
    expect(entriesOf('ecg-10').map(({ channels, split }) => [channels, split])).toEqual([
      [['II'], undefined],
      [['MLII'], undefined],
    ]);
    made.lines.length = 0;
    expect(await run(made, '--seeds', '1', '--steps', 'tiny:9')).toBe(0);
    expect(made.lines).toEqual([]);
  });

  it('says of each model and kind whether every seed ended below floor and linear code', async () => {
    const ratios: Readonly<Record<string, number>> = {
      ...{ 'tiny-eeg-1-1': 0.4, 'tiny-eeg-1-2': 0.48, 'tiny-eeg-3-1': 0.49, 'tiny-eeg-3-2': 0.53 },
      ...{ 'tiny-ppg-10-1': 0.9, 'tiny-ppg-10-2': 0.7 },
    };
    const some = ['--sizes', 'tiny', '--kinds', 'eeg-1,eeg-3,ppg-10', '--seeds', '1,2'];
    expect(
      await run(
        fake((name) => ratios[name] as number),
        ...some,
      ),
    ).toBe(0);
    const report = readFileSync(at('R.md'), 'utf8');
    expect(report).toContain(
      '- Below the position-blind floor with every seed: tiny, scalp EEG, 1 s (0.440; floor 0.800); tiny, scalp EEG, 3 s (0.510; floor 0.800). Not: tiny, PPG, 10 s (0.800; floor 0.800).',
    );
    expect(report).toContain(
      '- Below the linear code of as many numbers with every seed: tiny, scalp EEG, 1 s (0.440; PCA-32 0.500). Not: tiny, scalp EEG, 3 s (0.510; PCA-32 0.500); tiny, PPG, 10 s (0.800; PCA-32 0.500).',
    );
    expect(report).toMatch(
      /\| tiny, scalp EEG, 3 s \| eeg \| 0\.510 ± 0\.028 \| 0\.800 \| 0\.500 \| 32 \| 2 of 2 \| 1 of 2 \|/,
    );
    expect(report).toContain('There are 6 of 6 trainings.\n');
    expect(report).toContain(
      '`npm run study -- --signals DIR --plan reconstruction --sizes tiny --kinds eeg-1,eeg-3,ppg-10 --seeds 1,2 --batch-size 16`',
    );
    expect(report).not.toContain('four recordings');
    expect(report).not.toMatch(/NaN|undefined|probe/);
  });

  it('says which of them have one seed alone', async () => {
    const of = async (...argv: string[]) => {
      await run(
        fake(() => 0.4),
        ...['--sizes', 'tiny', '--kinds', 'eeg-1,ppg-10', ...argv],
      );
      return readFileSync(at('R.md'), 'utf8');
    };
    const once = await of('--seeds', '2');
    expect(once).toContain(
      '- Below the position-blind floor with its one seed: tiny, scalp EEG, 1 s (0.400; floor 0.800); tiny, PPG, 10 s (0.400; floor 0.800).\n',
    );
    expect(once).not.toContain('every seed');
    await of('--seeds', '1,2');
    rmSync(at('runs', 'tiny-ppg-10-1'), { recursive: true });
    expect(await of('--seeds', '1,2', '--report-only')).toContain(
      '- Below the linear code of as many numbers with every seed: tiny, scalp EEG, 1 s (0.400; PCA-32 0.500); tiny, PPG, 10 s (0.400, its one seed; PCA-32 0.500).\n',
    );
  });

  it('compares only what was trained on the same lines', async () => {
    const one = ['--sizes', 'tiny', '--kinds', 'eeg-1,ppg-10', '--seeds'];
    await run(
      fake(() => 0.4),
      ...one,
      '1',
    );
    const moved = fake(
      () => 0.4,
      (path) => path.replace(at(), '/other'),
    );
    await expect(run(moved, ...one, '1,2')).rejects.toThrow(
      /of different data \(.*\/manifest-eeg-1.jsonl; \/other\/manifest-eeg-1.jsonl\)/,
    );
  });

  it('takes options of its own, and says whose the others are', () => {
    const of = (...argv: string[]) => parseStudy(['--signals', '/s', ...argv], {})?.plan;
    expect(of('--plan', 'reconstruction', '--kinds', 'ecg-10,eeg-1')).toEqual({
      ...{ name: 'reconstruction', kinds: ['eeg-1', 'ecg-10'], sizes: ['tiny', 'small'] },
      ...{ seeds: [1, 2, 3], steps: {}, batchSize: 16 },
    });
    for (const [message, ...argv] of [
      [/--tasks is of --plan recipes/, '--plan', 'reconstruction', '--tasks', 'eyes'],
      [/--recipes is of --plan recipes/, '--plan', 'reconstruction', '--recipes', 'quick'],
      [/--lr is of --plan ablation/, '--plan', 'reconstruction', '--lr', '1e-3'],
      [/--kinds is of --plan reconstruction/, '--kinds', 'eeg-1'],
      [/--kinds is of --plan reconstruction/, '--plan', 'ablation', '--kinds', 'eeg-1'],
      [/--kinds has "eeg"; there are eeg-1, eeg-3/, '--plan', 'reconstruction', '--kinds', 'eeg'],
    ] as const)
      expect(() => of(...argv)).toThrow(message);
  });
});
