import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { study } from '../../bench/study/study.ts';
import { TASKS } from '../../bench/study/tasks.ts';
import { labelledWindows, type ManifestEntry } from '../../data/index.ts';
import { useStudyFolder } from './study-folder.ts';

// Asking git takes longer than everything else here.
vi.mock('../../bench/results-file.ts', () => ({ commitName: () => 'abc1234' }));

const ENTRIES: readonly ManifestEntry[] = [
  { path: 'z.txt', dataset: 'bonn-eyes', modality: 'eeg', window: 2.945, split: 'train' },
  { path: 'f.txt', dataset: 'bonn-ieeg', modality: 'ieeg', window: 2.945, split: 'train' },
  { path: 'a.hea', dataset: 'wfdb', modality: 'ecg', window: 3, channels: ['V', 'II'], split: 'train' },
  { path: 's.csv', dataset: 'af-rhythm', modality: 'ppg', rate: 100, window: 10 },
  ...['eyes', 'seizure', 'rhythm', 'artefact'].map((task) => ({ path: `synthetic:${task}`, window: 4 })),
];

const { at, entriesOf, taken } = useStudyFolder(ENTRIES);

/** AUROC of a token by run; of every other row it is 0.5. */
function fake(aurocOf: (run: string) => number = () => 0.5) {
  const lines: string[] = [];
  const spotr = async (...argv: readonly string[]) => {
    const { line, option, out } = taken(argv);
    lines.push(line);
    const write = (name: string, value: unknown) => writeFileSync(join(out, name), JSON.stringify(value));
    const run = (argv[0] === 'probe' ? option('weights') : out).split('/').at(-1) as string;
    if (argv[0] === 'probe') {
      const row = (id: string, auroc: number) => ({
        ...{ id, name: id, seeds: [{ auroc, balancedAccuracy: 0.7, kappa: 0.4 }] },
        ...{
          intervals: { auroc: { low: 0, high: 1 } },
          drawn: Array.from({ length: 101 }, (_, i) => auroc + i / 1e5),
        },
      });
      const encoder = readFileSync(join(option('weights'), 'encoder.safetensors'));
      const rows = [row('token-logistic', aurocOf(run)), row('random-logistic', 0.5)];
      write('result.json', {
        adapter: 'a',
        settings: { seed: Number(option('seed')), seeds: Number(option('seeds')) },
        weights: `tiny; SHA-256 ${createHash('sha256').update(encoder).digest('hex')}`,
        task: [['task', 'a against b']],
        tables: [{ title: 'Test windows', rows }],
      });
      return;
    }
    const numbers = ['steps', 'seed'].map((name) => [name, Number(option(name))]);
    const settings = {
      ...{ size: option('size'), recipe: option('recipe'), batchSize: Number(option('batch-size')) },
      ...{ draw: { temperature: Number(option('draw')) }, ...Object.fromEntries(numbers) },
      paths: [argv[argv.indexOf('--out') - 1]],
    };
    write('config.json', { settings });
    writeFileSync(join(out, 'encoder.safetensors'), run);
    const yardsticks = { positionBlindLoss: 1.6, pca: [{ components: 32, loss: 1, windows: 9 }] };
    const kind = run.split('-')[1] as string;
    write('summary.json', {
      ...{ parameters: 5, steps: Number(option('steps')), seconds: 60, adapter: 'a' },
      modalities: {
        [kind === 'quick' ? 'eeg' : kind]: { ...{ windows: 9, predictZeroLoss: 2, ratio: 0.4 }, yardsticks },
      },
    });
  };
  return { lines, spotr };
}

const run = ({ spotr }: ReturnType<typeof fake>, ...argv: string[]) =>
  study(
    ['--plan', 'kinds', '--sizes', 'tiny', '--signals', '/s', '--out', at(), '--report', at('R.md'), ...argv],
    spotr,
  );
const pathsOf = (name: string) => entriesOf(name).map(({ path }) => path);

describe('the study of kinds', () => {
  it('trains one model on everything and one on each kind, generated signals among their kind', async () => {
    const { lines, spotr } = fake();
    expect(await run({ lines, spotr }, '--seeds', '2')).toBe(0);
    const rest = '--size tiny --recipe quick --draw 2 --steps 3000 --batch-size 16 --seed 2 HOME';
    expect(lines.filter((line) => line.startsWith('pretrain'))).toEqual([
      `pretrain ${rest}/manifest.jsonl --out HOME/runs/tiny-quick-2`,
      ...['ecg', 'ppg', 'eeg', 'ieeg'].map(
        (kind) => `pretrain ${rest}/manifest-${kind}.jsonl --out HOME/runs/tiny-${kind}-2`,
      ),
    ]);
    expect(pathsOf('eeg')).toEqual(['z.txt', 'synthetic:eyes', 'synthetic:artefact']);
    expect(pathsOf('ieeg')).toEqual(['f.txt', 'synthetic:seizure']);
    expect(pathsOf('ecg')).toEqual(['a.hea', 'synthetic:rhythm']);
    expect(pathsOf('ppg')).toEqual(['s.csv']);
  });

  it('leaves a part alone that is as it should be, and mends one that is not', async () => {
    const made = fake();
    await run(made, '--seeds', '1');
    const [eeg, ppg] = ['eeg', 'ppg'].map((name) => at(`manifest-${name}.jsonl`)) as [string, string];
    const text = readFileSync(ppg, 'utf8');
    const before = statSync(eeg).ino;
    writeFileSync(ppg, 'cut short');
    await run(made, '--seeds', '1,2');
    expect(statSync(eeg).ino).toBe(before);
    expect(readFileSync(ppg, 'utf8')).toBe(text);
  });

  it('reads each kind with its own model, and all with the one for all', async () => {
    const { lines, spotr } = fake();
    await run({ lines, spotr }, '--seeds', '1');
    const probed = (name: string) =>
      lines.filter((line) => line.startsWith('probe') && line.includes(`/runs/${name} `));
    const tasksOf = (name: string) => probed(name).map((line) => line.match(/HOME\/probes\/([^/]+)\//)?.[1]);
    expect(tasksOf('tiny-quick-1')).toEqual(TASKS.map(({ name }) => name));
    expect(tasksOf('tiny-eeg-1')).toEqual(['eyes', 'synthetic-eyes', 'synthetic-artefact']);
    expect(tasksOf('tiny-ieeg-1')).toEqual(['ictal', 'focal', 'synthetic-seizure']);
    expect(tasksOf('tiny-ecg-1')).toEqual(['beats', 'synthetic-rhythm']);
    expect(tasksOf('tiny-ppg-1')).toEqual(['fibrillation']);
    expect(probed('tiny-ppg-1')).toEqual([
      'probe --weights HOME/runs/tiny-ppg-1 /s/ppg/af-rhythm/segments.csv --rate 100 --modality ppg --seed 1 --seeds 1 --out HOME/probes/fibrillation/tiny-ppg-1',
    ]);
    lines.length = 0;
    await run({ lines, spotr }, '--seeds', '1');
    expect(lines).toEqual([]);
  });

  it('counts the models of all kinds as one where tasks are read, and each alone where it was trained', async () => {
    const better = (name: string) => (/-(eeg|ppg)-/.test(name) ? 0.7 : 0.5);
    expect(await run(fake(better), '--seeds', '1,2')).toBe(0);
    const report = readFileSync(at('R.md'), 'utf8');
    expect(report).toContain('There are 10 of 10 trainings and 36 of 36 probes.');
    expect(report).toContain(
      'tiny, one model for all kinds (2 seeds), windows: beats the random encoder on 0 of 9.',
    );
    expect(report).toContain(
      'tiny, a model for each kind (2 seeds), windows: beats the random encoder on 4 of 9.',
    );
    expect(report).toContain('| tiny, eeg alone | 5 | 1, 2 | 3,000 | 1.0 min | 0.02 | a |');
    expect(report).toContain(
      '| tiny, ppg alone | ppg | 0.400 ± 0.000 | 0.800 | 0.500 | 32 | 2 of 2 | 2 of 2 |',
    );
    expect(report).toContain('tiny, ecg alone: with all 2 seeds reconstruction ended below');
    expect(report).toContain(
      '`npm run study -- --signals DIR --plan kinds --sizes tiny --seeds 1,2 --steps tiny:3000 --batch-size 16`',
    );
    expect(report).not.toMatch(/NaN|undefined/);
  });

  it('names the kind of each task as its signals are', () => {
    const generated = TASKS.filter(({ recordings }) => recordings.startsWith('synthetic:'));
    expect(generated).toHaveLength(4);
    for (const { recordings, kind } of generated) {
      const task = recordings.slice('synthetic:'.length) as 'eyes';
      const made = labelledWindows({ task, seed: 1, subjects: 2, windowsPerSubject: 2, seconds: 1 });
      expect([recordings, kind]).toEqual([recordings, made.modality]);
    }
    for (const { recordings, kind } of TASKS)
      if (!generated.some((one) => one.recordings === recordings))
        expect(recordings.split('/')[0]).toBe(kind);
  });
});
