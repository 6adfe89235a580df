/** Runs that start from weights, what is kept of that, and runs of before there was a choice. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../checkpoint/safetensors.ts';
import { readConfig } from '../../cli/common/run/config.ts';
import { RunFolder } from '../../cli/common/run/run-folder.ts';
import { openDataset } from '../../cli/common/training/dataset.ts';
import { readStart, startFrom } from '../../cli/common/training/from.ts';
import { FORMER_SETTINGS } from '../../cli/common/training/options.ts';
import { createTrainer } from '../../cli/common/training/trainer.ts';
import { type ChannelContract, contractMetadata, contractOf } from '../../data/index.ts';
import type { NamedTensors, Pretrainer } from '../../model/index.ts';
import { stateDigests } from '../support/digest.ts';
import { testEngine } from '../support/engine.ts';
import { at, pretrain, SHORT, settingsFor, useFolder } from './pretrain-fixture.ts';

useFolder();

const fingerprint = async (trainer: Pretrainer) => stateDigests(await trainer.state());

describe('--from', () => {
  const file = (path: string, tensors: NamedTensors, metadata: Record<string, string> = {}) => {
    const bytes = encodeSafetensors(tensors, { format: 'pt', ...metadata });
    writeFileSync(path, bytes);
    return createHash('sha256').update(bytes).digest('hex');
  };
  const prefixed = (prefix: string, tensors: NamedTensors) =>
    [...tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const);

  /** What a finished run leaves in `run`. */
  function writeRun(encoder: NamedTensors, decoder: NamedTensors) {
    mkdirSync(at('run'), { recursive: true });
    return {
      encoder: file(at('run', 'encoder.safetensors'), encoder),
      decoder: file(at('run', 'decoder.safetensors'), decoder, { conditioning: 'cls' }),
    };
  }

  it('takes the weights of a run or a file, and says what does not fit', async () => {
    const engine = await testEngine();
    const make = (...argv: string[]) => {
      const own = settingsFor([...SHORT, '--window', '1', ...argv]);
      return createTrainer(engine, own, { samples: 200, channels: { ppg: 1 } });
    };
    const trained = make('--seed', '7');
    const { encoder, decoder } = await trained.state();
    const [weightsOf, fresh] = [await fingerprint(trained), await fingerprint(make())];
    const own = settingsFor(SHORT);
    const hashes = writeRun(encoder, decoder);
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
    expect(alone.row[1]).toContain('it has no renderer: a new one is initialised');
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
    const sha256 = (hash: string) => ({ bytes: 1, sha256: hash });
    const published = {
      format: 'spotr-published',
      files: { 'encoder.safetensors': sha256(hashes.encoder), 'decoder.safetensors': sha256(hashes.encoder) },
    };
    writeFileSync(at('run', 'config.json'), JSON.stringify(published));
    await expect(readStart(at('run'), own)).rejects.toThrow(/decoder\.safetensors: its SHA-256 is/);
    rmSync(at('run', 'config.json'));
    const broken = new Map(decoder);
    const mask = decoder.get('mask_token') as { shape: readonly number[]; data: Float32Array };
    broken.set('mask_token', { ...mask, data: mask.data.map(() => Number.NaN) });
    file(at('run', 'decoder.safetensors'), broken);
    await expect(readStart(at('run'), own)).rejects.toThrow(/mask_token holds values that are not finite/);
    await expect(readStart(at('nowhere'), own)).rejects.toThrow(/nowhere/);
  });

  it('stays in config.json, by which a run goes on without the file', async () => {
    const engine = await testEngine();
    const trained = createTrainer(engine, settingsFor(SHORT), { samples: 200, channels: { ppg: 1 } });
    const { encoder, decoder } = await trained.state();
    trained.dispose();
    const { encoder: sha256 } = writeRun(encoder, decoder);
    const argv = [...SHORT, '--window', '1', '--steps', '1', '--from', at('run')];
    await pretrain('started', argv);
    const config = () => JSON.parse(readFileSync(at('started', 'config.json'), 'utf8'));
    const { from, settings: kept } = config();
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

  /** Tensors of a model, and the contract of weights that were trained on Fp1 before O1. */
  async function orderedWeights() {
    const engine = await testEngine();
    const trainer = createTrainer(engine, settingsFor(SHORT), { samples: 200, channels: { eeg: 2 } });
    const tensors = await trainer.state();
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
    return { tensors, contract };
  }

  function writeOrdered(
    { encoder, decoder }: { encoder: NamedTensors; decoder: NamedTensors },
    contract: ChannelContract,
  ) {
    mkdirSync(at('told'));
    file(at('told', 'encoder.safetensors'), encoder, { model: 'spotr', ...contractMetadata(contract) });
    file(at('told', 'decoder.safetensors'), decoder, { conditioning: 'cls' });
  }

  it('puts channels into the order of the weights in windows of each length, and says so of every recording', async () => {
    const { tensors, contract } = await orderedWeights();
    writeOrdered(tensors, contract);
    const csv = (header: string, seconds: number, of: (i: number) => number[]) =>
      `${header}\n${Array.from({ length: seconds * 200 }, (_, i) => of(i).join(',')).join('\n')}\n`;
    const [a, b] = [(i: number) => Math.sin(i / 9), (i: number) => Math.sin(i / 4) + i / 999];
    const open = async (...names: string[]) => {
      const own = settingsFor(
        [
          ...['--rate', '200', '--mains', 'none', '--modality', 'eeg', '--windows', '1,2', '--steps', '4'],
          ...['--batch-size', '2', '--from', at('told')],
        ],
        names.map((name) => at(name)),
      );
      const { source, rows } = await openDataset(own, await readStart(at('told'), own));
      return {
        batches: [await source.trainBatch(0), await source.trainBatch(3)],
        said: rows.map((row) => row.join(': ')).join('\n'),
      };
    };
    mkdirSync(at('lengths'));
    writeFileSync(
      at('same.csv'),
      csv('Fp1,O1', 20, (i) => [a(i), b(i)]),
    );
    writeFileSync(
      at('mixed.csv'),
      csv('O1,Fp1', 20, (i) => [b(i), a(i)]),
    );
    const [same, mixed] = [await open('same.csv'), await open('mixed.csv')];
    expect(same.batches.map(({ shape }) => shape)).toEqual([
      [2, 2, 200],
      [2, 2, 400],
    ]);
    expect(mixed.batches).toEqual(same.batches);
    // Too short for the last length; it is trained on all the same.
    writeFileSync(
      at('lengths', 'long.csv'),
      csv('Fp1,O1', 20, (i) => [a(i), b(i)]),
    );
    expect((await open('lengths')).said).not.toMatch(/channels: .*order/);
    writeFileSync(
      at('lengths', 'short.csv'),
      csv('O1,Fp1', 1.5, (i) => [b(i), a(i)]),
    );
    expect((await open('lengths')).said).toMatch(/channels: .*short\.csv.*order/);
    rmSync(at('told'), { recursive: true });
  });

  it('puts channels into the order of the weights, in a resumed run too, and refuses other kinds unless told', async () => {
    const { tensors, contract } = await orderedWeights();
    writeOrdered(tensors, contract);
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
      const own = settingsFor([...argv, ...more], [at(name)]);
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

    writeOrdered(tensors, contract);
    writeFileSync(at('pulse.csv'), csv('PLETH,PLETH2', false));
    const pulse = ['--modality', 'ppg'];
    await expect(open('pulse.csv', ...pulse)).rejects.toThrow(/is PPG, but the weights were trained on EEG/);
    await expect(open('pulse.csv', ...pulse, '--other-kinds')).resolves.toBeDefined();
    const generated = settingsFor(['--from', at('told')]);
    await expect(openDataset(generated, await readStart(at('told'), generated))).rejects.toThrow(
      /The generated signal is ECG, but the weights were trained on EEG/,
    );
  });
});
