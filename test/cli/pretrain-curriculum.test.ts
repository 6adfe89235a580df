/** Windows of several lengths after one another, windows that overlap, and kinds of signal in turn. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../cli/common/training/dataset.ts';
import { createTrainer } from '../../cli/common/training/trainer.ts';
import { contractMetadata, contractOf, readContract, writeManifest } from '../../data/index.ts';
import { stateDigests } from '../support/digest.ts';
import { testEngine } from '../support/engine.ts';
import { at, pretrain, SHORT, settingsFor, useFolder } from './pretrain-fixture.ts';

useFolder();

describe('--windows', () => {
  it('goes on from the middle of each stage with the bits of the uninterrupted run', async () => {
    const engine = await testEngine();
    const wanted = settingsFor([
      ...SHORT,
      '--windows',
      '1:1,2:2',
      '--steps',
      '6',
      '--auxiliary',
      'spectrum,autocorrelation,linear',
    ]);
    const fresh = async () => {
      const { source } = await openDataset(wanted);
      return { source, trainer: createTrainer(engine, wanted, source.describe()) };
    };
    const run = async (stops: readonly number[]) => {
      let { source, trainer } = await fresh();
      const told: unknown[] = [];
      for (let step = 0; step < 6; step++) {
        if (stops.includes(step)) {
          const state = await trainer.state();
          trainer.dispose();
          ({ source, trainer } = await fresh());
          trainer.load({ ...state, step });
        }
        const batch = await source.trainBatch(step);
        const { learningRate, result } = await trainer.train([batch]);
        told.push({ learningRate, shape: batch.shape, ...(await result) });
      }
      const end = await stateDigests(await trainer.state());
      trainer.dispose();
      return { told, end };
    };
    const whole = await run([]);
    expect(whole.told.map((one) => (one as { shape: number[] }).shape[2])).toEqual([
      200, 200, 400, 400, 400, 400,
    ]);
    // In the first stage, at the boundary, and in the second.
    expect(await run([1, 2, 4])).toEqual(whole);
  });

  it('cuts each length from the same recordings, and measures the last', async () => {
    const rows = Array.from({ length: 60 * 200 }, (_, i) =>
      (Math.sin(i / 9) + Math.sin(i ** 1.5)).toFixed(4),
    );
    writeFileSync(at('minute.csv'), `II\n${rows.join('\n')}\n`);
    const argv = ['--rate', '200', '--mains', 'none', '--batch-size', '2', '--windows', '1,4'];
    const open = (...more: string[]) => openDataset(settingsFor([...argv, ...more], [at('minute.csv')]));
    const { source, rows: said } = await open('--stride', '4');
    const description = source.describe() as {
      groups: { samples: number; trainWindows: number; heldOutWindows: number }[];
      stages: { groups: { samples: number; trainWindows: number; heldOutWindows: number }[] }[];
    };
    // The last 2 of 15 windows of 4 s are held out; 52 s are left to train on.
    expect(description.groups).toMatchObject([{ samples: 800, trainWindows: 13, heldOutWindows: 2 }]);
    expect(description.stages.map(({ groups }) => groups[0])).toMatchObject([
      { samples: 200, trainWindows: 13, heldOutWindows: 0 },
      { samples: 800, trainWindows: 13, heldOutWindows: 2 },
    ]);
    expect((await source.heldOut()).map(({ shape }) => shape)).toEqual([[2, 1, 800]]);
    expect(said.map(([name, text]) => `${name}: ${text}`).join('\n')).toContain(
      'before: 13 windows of 1 s of the same recordings, without held-out windows',
    );
    const dense = (await open()).source.describe() as typeof description;
    // By default an eighth of the window apart: 4 s every 0.5 s, 1 s every 0.125 s.
    expect(dense.stages.map(({ groups }) => groups[0]?.trainWindows)).toEqual([
      expect.any(Number),
      expect.any(Number),
    ]);
    const [short = 0, long = 0] = dense.stages.map(({ groups }) => groups[0]?.trainWindows as number);
    // Held out are the last 12 of 113 windows of 4 s, the first of which begins at 50.5 s.
    expect(long).toBe((50.5 - 4) / 0.5 + 1);
    expect(short).toBe((50.5 - 1) / 0.125 + 1);
  });

  it('measures on some of what a manifest trains on where it names nothing to measure on, at every length', async () => {
    mkdirSync(at('parts'));
    const wave = (file: number) =>
      Array.from({ length: 6 * 200 }, (_, i) => Math.sin(i / (5 + file)).toFixed(4)).join('\n');
    const files = Array.from({ length: 8 }, (_, i) => `${i}.csv`);
    for (const [i, name] of files.entries()) writeFileSync(at('parts', name), `II\n${wave(i)}\n`);
    const entries = files.map((path, i) => ({
      ...{ path, rate: 200, seconds: 6, modality: 'ecg' as const },
      split: i < 6 ? ('train' as const) : ('test' as const),
    }));
    const manifest = at('parts', 'm.jsonl');
    writeFileSync(manifest, writeManifest({ entries, skipped: [] }));
    const argv = ['--mains', 'none', '--batch-size', '2', '--windows', '1,2', '--stride', '1'];
    const open = async (...more: string[]) => {
      const { source, rows } = await openDataset(settingsFor([...argv, ...more], [manifest]));
      const { groups, stages } = source.describe() as {
        groups: { heldOutRecordings: string[] }[];
        stages: { groups: { trainWindows: number; heldOutWindows: number }[] }[];
      };
      return { said: rows.flat().join(' '), held: groups[0]?.heldOutRecordings, stages };
    };
    const { said, held, stages } = await open();
    // Of six one is held out, of none of whose seconds either length is; the two tested ones are in no part.
    expect(stages.map(({ groups }) => groups[0])).toMatchObject([
      { trainWindows: 5 * 6, heldOutWindows: 6 },
      { trainWindows: 5 * 5, heldOutWindows: 5 },
    ]);
    expect(held).toHaveLength(1);
    expect(files.slice(0, 6)).toContain(held?.[0]?.split('/').at(-1));
    expect(said).toContain('1 of 8 recordings held out, drawn by subject from those for training');
    expect((await open('--held-out', '0.5')).held).toHaveLength(3);
  });

  it('overlaps windows where little is trained on, however much is tested', async () => {
    mkdirSync(at('little'));
    const parts = { train: 400, validation: 20, test: 600 } as const;
    const entries = (['train', 'validation', 'test'] as const).map((split) => {
      const rows = Array.from({ length: 200 * parts[split] }, (_, i) => Math.sin(i ** 1.5).toFixed(3));
      writeFileSync(at('little', `${split}.csv`), `II\n${rows.join('\n')}\n`);
      return { path: `${split}.csv`, rate: 200, modality: 'ecg' as const, split };
    });
    writeFileSync(at('little', 'm.jsonl'), writeManifest({ entries, skipped: [] }));
    const argv = ['--mains', 'none', '--batch-size', '2', '--window', '0.2'];
    const { source, rows } = await openDataset(settingsFor(argv, [at('little', 'm.jsonl')]));
    const { groups } = source.describe() as { groups: { trainWindows: number }[] };
    // They begin every 0.025 s, where all of 1,020 s would have them begin every 0.035 s.
    expect(groups[0]?.trainWindows).toBeGreaterThan(15_900);
    expect(rows.flat().join(' ')).toContain('windows of 0.2 s begin every 0.025 s');
    // Rows of a table are a window each, which nothing can overlap.
    const columns = Array.from({ length: 200 }, (_, i) => i);
    const lines = Array.from({ length: 8 }, (_, row) => [
      `p${row}`,
      ...columns.map((i) => Math.sin(i ** 1.5 + row)),
    ]);
    const table = [['subject', ...columns.map((i) => `s${i}`)], ...lines]
      .map((line) => line.join())
      .join('\n');
    writeFileSync(at('rows.csv'), `${table}\n`);
    const whole = ['--mains', 'none', '--batch-size', '2', '--rate', '200', '--modality', 'ecg'];
    const ofTable = await openDataset(settingsFor(whole, [at('rows.csv')]));
    expect(ofTable.rows.flat().join(' ')).toMatch(/4 windows for training/);
    expect(ofTable.rows.flat().join(' ')).not.toContain('begin every');
  });

  it('takes as many lengths as there are steps, in any order and again, and the weights say 64 of them', async () => {
    for (const count of [64, 65, 200]) {
      const lengths = Array.from({ length: count }, (_, i) => 0.1 + ((i * 7) % count) / 200);
      const argv = ['--windows', [...lengths, 0.1].join(), '--steps', String(count + 1)];
      const heads = ['--auxiliary', 'spectrum,autocorrelation,linear'];
      const { source } = await openDataset(settingsFor([...SHORT, ...heads, ...argv]));
      const samples = async (step: number) => (await source.trainBatch(step)).shape[2];
      expect([await samples(0), await samples(1), await samples(count)]).toEqual([20, 27, 20]);
      const contract = contractOf(source.montages(), {});
      expect(contract.windows).toHaveLength(64);
      expect(contract.windows[0]).toBe(0.1);
      expect(readContract({ model: 'spotr', ...contractMetadata(contract) }, 'w')).toEqual(contract);
    }
  });

  it('is refused before an adapter is asked for or a file is read', async () => {
    const argv = ['--adapter', 'no such', '--windows', '1,2,3', '--steps', '2'];
    await expect(pretrain('early', [...argv, 'nowhere.edf'])).rejects.toThrow(
      /Stage \d of 3 has no update of 2; train for more steps/,
    );
    const from = ['--adapter', 'no such', '--from', 'bundled:small', '--size', 'tiny'];
    await expect(pretrain('early', from)).rejects.toThrow(/not of --size tiny; give --size small/);
    expect(existsSync(at('early'))).toBe(false);
  });

  it('says what cannot be', async () => {
    const open = (...argv: string[]) => openDataset(settingsFor([...SHORT, ...argv]));
    await expect(open('--windows', '1,2,3', '--steps', '2')).rejects.toThrow(
      /Stage 1 of 3 has no update of 2|Stage \d of 3/,
    );
  });
});

describe('--turns', () => {
  it('orders the kinds of generated signals', async () => {
    const { source } = await openDataset(
      settingsFor(['--turns', 'ecg,ppg,ecg,eeg,ieeg', '--batch-size', '1']),
    );
    const asked = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => source.trainBatch(step)));
    expect(asked.map(({ source }) => source)).toEqual(['ecg', 'ppg', 'ecg', 'eeg', 'ieeg', 'ecg']);
    await expect(openDataset(settingsFor(['--turns', 'ecg,ppg']))).rejects.toThrow(/eeg has none/);
    for (const [argv, paths] of [
      [['--modality', 'ecg'], []],
      [[], ['x.edf']],
    ] as const)
      expect(() => settingsFor(['--turns', 'ecg', ...argv], paths)).toThrow(
        /--turns is for generated signals/,
      );
    expect(settingsFor([], ['x.edf']).turns).toBeUndefined();
    expect(settingsFor([]).turns).toContain('ppg');
    expect(settingsFor(['--recipe', 'paper']).turns).toBeUndefined();
  });
});
