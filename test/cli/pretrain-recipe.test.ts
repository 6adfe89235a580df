/** What recipes are made of, through the command: curricula, starts from weights, overlapping windows, older runs. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../cli/options.ts';
import { readConfig } from '../../cli/pretrain/config.ts';
import { openDataset } from '../../cli/pretrain/dataset.ts';
import { readStart, startFrom } from '../../cli/pretrain/from.ts';
import { FORMER_SETTINGS, PRETRAIN_OPTIONS, settingsOf } from '../../cli/pretrain/options.ts';
import { createTrainer } from '../../cli/pretrain/run.ts';
import { RunFolder } from '../../cli/run-folder.ts';
import { contractMetadata, contractOf, writeManifest } from '../../data/index.ts';
import { encodeSafetensors } from '../../model/checkpoint/safetensors.ts';
import type { NamedTensors, Pretrainer } from '../../model/index.ts';
import { digestsOf } from '../support/digest.ts';
import { testEngine } from '../support/engine.ts';
import { at, pretrain } from './pretrain-fixture.ts';

const settings = (argv: readonly string[], paths: readonly string[] = []) => {
  const { values, given } = parseOptions(argv, PRETRAIN_OPTIONS);
  return settingsOf(values, given, paths);
};

const SHORT = ['--modality', 'ppg', '--batch-size', '2'];

async function fingerprint(trainer: Pretrainer) {
  const { encoder, decoder, optimizer } = await trainer.state();
  return Promise.all([encoder, decoder, optimizer].map(digestsOf));
}

describe('--windows', () => {
  it('goes on from the middle of each stage with the bits of the uninterrupted run', async () => {
    const engine = await testEngine();
    const wanted = settings([
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
        const { lr, result } = await trainer.train([batch]);
        told.push({ lr, shape: batch.shape, ...(await result) });
      }
      const end = await fingerprint(trainer);
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
    const open = (...more: string[]) => openDataset(settings([...argv, ...more], [at('minute.csv')]));
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
      'before: 13 windows of 1 s of the same recordings, without what is held out',
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
      const { source, rows } = await openDataset(settings([...argv, ...more], [manifest]));
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
    const { source, rows } = await openDataset(settings(argv, [at('little', 'm.jsonl')]));
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
    const ofTable = await openDataset(settings(whole, [at('rows.csv')]));
    expect(ofTable.rows.flat().join(' ')).toMatch(/4 windows to train on/);
    expect(ofTable.rows.flat().join(' ')).not.toContain('begin every');
  });

  it('says what cannot be', async () => {
    const open = (...argv: string[]) => openDataset(settings([...SHORT, ...argv]));
    await expect(open('--windows', '1,2,3', '--steps', '2')).rejects.toThrow(
      /Stage 1 of 3 has no update of 2|Stage \d of 3/,
    );
  });
});

describe('--turns', () => {
  it('orders the kinds of generated signals', async () => {
    const { source } = await openDataset(settings(['--turns', 'ecg,ppg,ecg,eeg,ieeg', '--batch-size', '1']));
    const asked = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => source.trainBatch(step)));
    expect(asked.map(({ source }) => source)).toEqual(['ecg', 'ppg', 'ecg', 'eeg', 'ieeg', 'ecg']);
    await expect(openDataset(settings(['--turns', 'ecg,ppg']))).rejects.toThrow(/eeg has none/);
    for (const [argv, paths] of [
      [['--modality', 'ecg'], []],
      [[], ['x.edf']],
    ] as const)
      expect(() => settings(['--turns', 'ecg', ...argv], paths)).toThrow(/--turns is for generated signals/);
    expect(settings([], ['x.edf']).turns).toBeUndefined();
    expect(settings([]).turns).toContain('ppg');
    expect(settings(['--recipe', 'paper']).turns).toBeUndefined();
  });
});

describe('--from', () => {
  const file = (path: string, tensors: NamedTensors, metadata: Record<string, string> = {}) => {
    const bytes = encodeSafetensors(tensors, { format: 'pt', ...metadata });
    writeFileSync(path, bytes);
    return createHash('sha256').update(bytes).digest('hex');
  };
  const prefixed = (prefix: string, tensors: NamedTensors) =>
    [...tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const);

  it('takes the weights of a run or a file, and says what does not fit', async () => {
    const engine = await testEngine();
    const make = (...argv: string[]) => {
      const own = settings([...SHORT, '--window', '1', ...argv]);
      return createTrainer(engine, own, { samples: 200, channels: { ppg: 1 } });
    };
    const trained = make('--seed', '7');
    const { encoder, decoder } = await trained.state();
    const [weightsOf, fresh] = [await fingerprint(trained), await fingerprint(make())];
    mkdirSync(at('run'));
    const own = settings(SHORT);
    const hashes = {
      encoder: file(at('run', 'encoder.safetensors'), encoder),
      decoder: file(at('run', 'decoder.safetensors'), decoder, { conditioning: 'cls' }),
    };
    const both = new Map([...prefixed('encoder', encoder), ...prefixed('decoder', decoder)]);
    const hash = file(at('both.safetensors'), both);
    for (const [weights, from] of [
      [at('run'), hashes],
      [at('both.safetensors'), { encoder: hash, decoder: hash }],
    ] as const) {
      const start = await readStart(weights, own);
      expect(start.from).toEqual({ weights, ...from });
      const trainer = make();
      startFrom(start, trainer);
      const [e, d, optimizer] = await fingerprint(trainer);
      expect([e, d, trainer.step]).toEqual([weightsOf[0], weightsOf[1], 0]);
      // Heads and moments are those of the run that begins.
      expect(optimizer).toEqual(fresh[2]);
    }
    file(at('alone.safetensors'), encoder);
    const alone = await readStart(at('alone.safetensors'), own);
    expect(alone.row[1]).toContain('it has no renderer: one is drawn anew');
    const trainer = make();
    startFrom(alone, trainer);
    expect((await fingerprint(trainer)).slice(0, 2)).toEqual([weightsOf[0], fresh[1]]);

    await expect(readStart(at('run'), { ...own, size: 'small' })).rejects.toThrow(
      /run: the weights are not of --size small; give --size tiny/,
    );
    await expect(readStart(at('run'), { ...own, conditioning: 'tokens' })).rejects.toThrow(
      /conditioned on cls, but --conditioning is tokens; give --conditioning cls/,
    );
    await expect(readStart(at('run'), { ...own, compaction: 'none' })).rejects.toThrow(
      /with the compactor, but --compaction is none; give --compaction spotr/,
    );
    const broken = new Map(decoder);
    const mask = decoder.get('mask_token') as { shape: readonly number[]; data: Float32Array };
    broken.set('mask_token', { ...mask, data: mask.data.map(() => Number.NaN) });
    file(at('run', 'decoder.safetensors'), broken);
    await expect(readStart(at('run'), own)).rejects.toThrow(/mask_token holds values that are not finite/);
    await expect(readStart(at('nowhere'), own)).rejects.toThrow(/nowhere/);
    file(at('run', 'decoder.safetensors'), decoder);
  });

  it('stays in config.json, by which a run goes on without the file', async () => {
    const argv = [...SHORT, '--window', '1', '--steps', '1', '--from', at('run')];
    await pretrain('started', argv);
    const config = () => JSON.parse(readFileSync(at('started', 'config.json'), 'utf8'));
    const { from, settings: kept } = config();
    const sha256 = createHash('sha256')
      .update(readFileSync(at('run', 'encoder.safetensors')))
      .digest('hex');
    expect(from).toMatchObject({ weights: at('run'), encoder: sha256 });
    expect(kept).toMatchObject({ recipe: 'quick', positionInit: 'normal', from: at('run') });
    rmSync(at('run'), { recursive: true });
    await expect(pretrain('started', ['--resume', '--steps', '2', '--from', at('other')])).rejects.toThrow(
      /--from is .*other, but the run was started with .*run/,
    );
    const { step } = await pretrain('started', ['--resume', '--steps', '2']);
    expect(step).toBe(2);
    expect(config().from).toEqual(from);

    // A run from before there was a choice is the paper's.
    const { settings: now, ...rest } = config();
    const former = Object.fromEntries(Object.entries(now).filter(([name]) => !(name in FORMER_SETTINGS)));
    writeFileSync(at('started', 'config.json'), JSON.stringify({ ...rest, settings: former }));
    const folder = RunFolder.open({ verb: 'pretrain', out: at('started'), mode: 'resume' });
    expect(readConfig(folder).settings).toMatchObject({
      ...{ recipe: 'paper', positionInit: 'zeros', weightInit: 'paper', auxiliary: [], dense: false },
      ...{ precision: 'f32', compaction: 'spotr' },
    });
    folder.discard();
    // Its state has no heads; this one's has, and is not taken for it.
    await expect(pretrain('started', ['--resume', '--steps', '3'])).rejects.toThrow(
      /a run with auxiliary heads .* but none are trained here/,
    );
  });

  it('puts channels into the order of the weights, in a resumed run too, and refuses other kinds unless told', async () => {
    const engine = await testEngine();
    const trainer = createTrainer(engine, settings(SHORT), { samples: 200, channels: { eeg: 2 } });
    const { encoder, decoder } = await trainer.state();
    trainer.dispose();
    const contract = contractOf(
      [
        {
          kind: 'eeg',
          channels: ['Fp1', 'O1'].map((name) => ({ name, kind: 'eeg' as const, unit: 'uV' })),
          windows: 100,
        },
      ],
      { windows: [1], mains: 'none' },
    );
    mkdirSync(at('told'));
    file(at('told', 'encoder.safetensors'), encoder, { model: 'spotr', ...contractMetadata(contract) });
    file(at('told', 'decoder.safetensors'), decoder, { conditioning: 'cls' });
    const rows = Array.from({ length: 20 * 200 }, (_, i) => [
      (9 * Math.sin(i / 9)).toFixed(3),
      (5 * Math.sin(i / 4) + 2).toFixed(3),
    ]);
    const csv = (header: string, swap: boolean) =>
      `${header}\n${rows.map(([a, b]) => (swap ? `${b},${a}` : `${a},${b}`)).join('\n')}\n`;
    writeFileSync(at('same.csv'), csv('Fp1,O1', false));
    writeFileSync(at('mixed.csv'), csv('O1,Fp1', true));
    const argv = [
      ...['--rate', '200', '--mains', 'none', '--modality', 'eeg', '--window', '1', '--batch-size', '2'],
      ...['--from', at('told')],
    ];
    const open = async (name: string, ...more: string[]) => {
      const own = settings([...argv, ...more], [at(name)]);
      const { source, rows: said } = await openDataset(own, await readStart(at('told'), own));
      return { batch: await source.trainBatch(0), said: said.map((row) => row.join(': ')).join('\n') };
    };
    const [same, mixed] = [await open('same.csv'), await open('mixed.csv')];
    expect(mixed.batch).toEqual(same.batch);
    expect(mixed.said).toMatch(/channels: .*order/);
    // Named channels keep the order in which they are named.
    const named = await open('mixed.csv', '--channels', 'O1,Fp1');
    expect(named.batch.signal.subarray(0, 200)).toEqual(same.batch.signal.subarray(200, 400));

    await pretrain('ordered', [...argv, '--steps', '1', at('mixed.csv')]);
    const config = () => JSON.parse(readFileSync(at('ordered', 'config.json'), 'utf8'));
    const namesIn = ({ montages }: { montages: { channels: string[] }[] }) => montages[0]?.channels;
    const before = config();
    expect(JSON.stringify(namesIn(before.contract))).toMatch(/Fp1.*O1/);
    rmSync(at('told'), { recursive: true });
    expect((await pretrain('ordered', ['--resume', '--steps', '2'])).step).toBe(2);
    expect(config()).toMatchObject({ contract: before.contract, from: before.from });

    mkdirSync(at('told'));
    file(at('told', 'encoder.safetensors'), encoder, { model: 'spotr', ...contractMetadata(contract) });
    writeFileSync(at('pulse.csv'), csv('PLETH,PLETH2', false));
    const pulse = ['--modality', 'ppg'];
    await expect(open('pulse.csv', ...pulse)).rejects.toThrow(/is PPG, but the weights were trained on EEG/);
    await expect(open('pulse.csv', ...pulse, '--other-kinds')).resolves.toBeDefined();
    const generated = settings(['--from', at('told')]);
    await expect(openDataset(generated, await readStart(at('told'), generated))).rejects.toThrow(
      /What is generated is ECG, but the weights were trained on EEG/,
    );
  });
});
