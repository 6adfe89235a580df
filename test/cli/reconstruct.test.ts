import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../checkpoint/safetensors.ts';
import { chooseByError } from '../../cli/reconstruct/choose.ts';
import { ErrorSummary, type WindowError } from '../../cli/reconstruct/errors.ts';
import { bandNote, bandTable } from '../../cli/reconstruct/tables.ts';
import type { RecordingWindows } from '../../data/index.ts';
import { unpadded } from '../../workflows/reconstruct.ts';
import { goldenFolders } from '../golden/folders.ts';
import { type GoldenFile, readGolden, truthOf } from '../golden/golden-file.ts';
import { stateOf, wholeTables } from '../golden/model-runs.ts';
import { writeCsv } from '../golden/recordings.ts';
import { spotr } from '../support/spotr-command.ts';

let home: string;
let golden: GoldenFile;
let recordings: string[];
type Part = 'encoder' | 'decoder';
let parts: Record<Part, ReturnType<typeof wholeTables>>;
const at = (...names: string[]) => join(home, ...names);
const PLAIN = ['--rate', '200', '--mains', 'none', '--window', '2'];

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-reconstruct-'));
  const [subset] = goldenFolders();
  if (!subset) throw new Error('no reference values');
  golden = readGolden(subset, 'models', 'p100_b2c3t400');
  const state = stateOf(readGolden(subset, 'models', 'p100_weights').tensors);
  const whole = (part: Part) => {
    const dim = state[part].get('pos_embed')?.shape[3] ?? 1;
    return wholeTables(state[part], new Map([['pos_embed', [1, 128, 128, dim]]]));
  };
  parts = { encoder: whole('encoder'), decoder: whole('decoder') };
  for (const conditioning of ['cls', 'tokens']) {
    mkdirSync(at(conditioning));
    for (const part of ['encoder', 'decoder'] as const)
      writeFileSync(
        at(conditioning, `${part}.safetensors`),
        encodeSafetensors(parts[part], { conditioning, step: '7' }),
      );
  }
  const both = [...prefixed('encoder'), ...prefixed('decoder')];
  writeFileSync(at('both.safetensors'), encodeSafetensors(new Map(both)));
  recordings = writeCsv(home, truthOf(golden, 'x'));
  writeFileSync(at('cls', 'config.json'), JSON.stringify({ settings: { paths: [recordings[0]] } }));
});

afterAll(() => rmSync(home, { recursive: true }));

const reconstruct = (...argv: string[]) => spotr('reconstruct', ...argv);

const prefixed = (part: Part) =>
  [...parts[part]].map(([name, tensor]) => [`${part}.${name}`, tensor] as const);

const numbersIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'errors.json'), 'utf8'));

/** Of all windows, by channel, from what the authors' code gives. */
function expectedR2(variant: string): number[] {
  const [y, rendered] = [truthOf(golden, 'x_norm'), truthOf(golden, `${variant}.x_pred`)];
  const [batch = 0, channels = 0, length = 0] = y.shape;
  return Array.from({ length: channels }, (_, channel) => {
    let [error, power] = [0, 0];
    for (let b = 0; b < batch; b++)
      for (let t = 0; t < length; t++) {
        const i = (b * channels + channel) * length + t;
        error += ((y.data[i] as number) - (rendered.data[i] as number)) ** 2;
        power += (y.data[i] as number) ** 2;
      }
    return 1 - error / power;
  });
}

describe('spotr reconstruct', () => {
  it.each([
    ['cls', 'paper'],
    ['tokens', 'reference'],
  ])('gives what the authors’ code gives back (%s)', async (conditioning, variant) => {
    const out = at(`out-${conditioning}`);
    const run = await reconstruct(...PLAIN, '--weights', at(conditioning), '--out', out, ...recordings);
    expect(run.err).toBe('');
    expect(run.code).toBe(0);
    const { modalities, shown } = numbersIn(out);
    expect(modalities).toHaveLength(1);
    const expected = expectedR2(variant);
    for (const [i, { label, r2, normalizedError, windows, bands }] of modalities[0].channels.entries()) {
      expect(label).toBe(`A${i + 1}`);
      expect(r2).toBeCloseTo(expected[i] as number, 4);
      expect(r2 + normalizedError).toBeCloseTo(1, 9);
      expect(windows).toBe(2);
      const shares = bands.map(({ share }: { share: number }) => share);
      expect(shares.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 9);
      expect(run.out).toMatch(new RegExp(`A${i + 1}\\s+${r2.toFixed(3)}`));
    }
    expect(/1\s+of\s+2\s+recordings\s+was\s+given\s+to\s+the\s+run/.test(run.out)).toBe(
      conditioning === 'cls',
    );
    const [{ yardsticks, verdict, normalizedError: lost }] = modalities;
    expect(run.out).toMatch(
      new RegExp(`position-blind floor\\s+${yardsticks.positionBlindFloor.toFixed(3)}`),
    );
    expect(yardsticks.positionBlindFloor).toBeGreaterThan(0.5);
    expect(yardsticks.positionBlindFloor).toBeLessThan(1);
    // Two windows are no ground for a linear code.
    expect(yardsticks.pca).toEqual([
      { components: 32, error: null, windows: 2 },
      { components: 64, error: null, windows: 2 },
    ]);
    expect(run.out).toMatch(/PCA-32\s+and\s+PCA-64\s+are\s+not\s+shown/);
    expect(lost).toBeGreaterThan(1);
    expect(verdict).toBe(
      'signals of unknown kind: nothing is reconstructed; predicting zero would lose less.',
    );
    expect(run.out.replace(/\s+/g, ' ')).toContain(verdict);
    expect(run.out).toMatch(/delta, 0.5 to 4 Hz\s+\d/);
    expect(run.out).toMatch(/predicting\s+zero\s+has\s+0/);
    expect(run.out).toMatch(/these\s+are\s+the\s+bands\s+of\s+EEG/);
    // Two windows: the median one is the best one too.
    expect(shown.map(({ why }: { why: string }) => why)).toEqual([
      'median error of 2 windows',
      'the largest error of 2 windows',
    ]);
    expect(readdirSync(out).sort()).toEqual([
      'errors.json',
      'reconstruction.html',
      'window-1.svg',
      'window-2.svg',
    ]);
    const page = readFileSync(join(out, 'reconstruction.html'), 'utf8');
    expect(page.match(/<img alt="[^"]+" src="data:image\/svg\+xml;base64,/g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|<link|<svg|url\((?!#)|https?:/);
    expect(page).toContain('Beside baselines');
    expect(page).toContain(verdict);
    expect(page.includes('is conditioned on all tokens')).toBe(conditioning === 'tokens');
    expect(run.out.includes('is conditioned on all tokens')).toBe(conditioning === 'tokens');
  });

  it('takes one file with both parts, or two files, once it is told the conditioning', async () => {
    const [recording = ''] = recordings;
    const bare = at('encoder.bin');
    writeFileSync(bare, encodeSafetensors(parts.encoder));
    writeFileSync(at('decoder.bin'), encodeSafetensors(parts.decoder));
    const fresh = [...parts.decoder].map(([name, { shape, data }]) =>
      name.includes('norm_')
        ? ([name, { shape, data: data.map(() => 1) }] as const)
        : ([name, { shape, data }] as const),
    );
    writeFileSync(at('fresh.bin'), encodeSafetensors(new Map(fresh)));
    const untold = ['--weights', bare, '--decoder', at('fresh.bin'), '--out', at('unsure'), recording];
    const unsure = await reconstruct(...PLAIN, ...untold);
    expect(unsure.code).toBe(1);
    expect(unsure.err).toMatch(/do not state what conditioned this decoder in training.*--conditioning cls/);
    const told = ['--conditioning', 'cls', '--at', '0.3', '--out'];
    const one = await reconstruct(
      ...[...PLAIN, '--weights', at('both.safetensors'), ...told, at('one'), recording],
    );
    expect(one.err).toBe('');
    const files = ['--weights', bare, '--decoder', at('decoder.bin')];
    expect((await reconstruct(...PLAIN, ...files, ...told, at('two'), recording)).err).toBe('');
    expect(numbersIn(at('one')).modalities).toEqual(numbersIn(at('two')).modalities);
    expect(numbersIn(at('two')).shown).toMatchObject([{ start: 0, why: 'the one at 0.3 s' }]);
  });

  it('says what is missing or does not fit, and leaves nothing behind', async () => {
    const [recording = ''] = recordings;
    const failing = async (...argv: string[]) => {
      const { code, err } = await reconstruct(...PLAIN, '--out', at('none'), ...argv);
      expect(code).toBeGreaterThan(0);
      expect(existsSync(at('none'))).toBe(false);
      return err;
    };
    expect(await failing()).toMatch(/reconstruct needs recordings; name files or folders/);
    expect(await failing('--decoder', at('cls', 'decoder.safetensors'), recording)).toMatch(
      /--decoder needs --weights, the encoder that it was trained with/,
    );
    expect(await failing('--weights', at('cls', 'encoder.safetensors'), recording)).toMatch(
      /encoder\.safetensors: the file has no decoder.*--decoder FILE.*--weights RUN/,
    );
    mkdirSync(at('half'));
    writeFileSync(at('half', 'x.safetensors'), encodeSafetensors(parts.encoder));
    expect(await failing('--weights', at('half'), recording)).toMatch(
      /half holds no decoder: none of x\.safetensors has one/,
    );
    expect(await failing('--weights', at('cls'), '--at', '1', ...recordings)).toMatch(
      /--at is a place in one recording, but there are 2/,
    );
    expect(await failing('--weights', at('cls'), '--at', '9', recording)).toMatch(
      /no usable window at 9 s; the nearest starts at 0 s/,
    );
    expect(await failing('--weights', at('cls'), '--at', '1', '--windows', '2', recording)).toMatch(
      /give one of them/,
    );
    mkdirSync(at('mixed'));
    for (const [part, step] of [
      ['encoder', '7'],
      ['decoder', '8'],
    ] as const)
      writeFileSync(at('mixed', `${part}.safetensors`), encodeSafetensors(parts[part], { step }));
    expect(await failing('--weights', at('mixed'), recording)).toMatch(/is of step 7, but .* of step 8/);
    const holed = new Map([...parts.decoder].filter(([name]) => name !== 'norm.weight'));
    writeFileSync(at('holed.bin'), encodeSafetensors(holed));
    expect(
      await failing(
        ...['--weights', at('cls'), '--decoder', at('holed.bin'), '--conditioning', 'cls', recording],
      ),
    ).toMatch(/do not fit the decoder:\s+norm\.weight \[32\] is missing/);
    const narrow = new Map(parts.decoder);
    narrow.set('encoder_proj.weight', { shape: [32, 48], data: new Float32Array(32 * 48) });
    writeFileSync(at('narrow.bin'), encodeSafetensors(narrow));
    expect(await failing('--weights', at('cls'), '--decoder', at('narrow.bin'), recording)).toMatch(
      /decoder is for an encoder 48 wide.*is 64 wide/,
    );
  });

  it('replaces an earlier reconstruction only where it is told to, and nothing else', async () => {
    const [recording = ''] = recordings;
    const out = at('kept');
    mkdirSync(out);
    writeFileSync(join(out, 'encoder.safetensors'), 'mine');
    writeFileSync(join(out, 'window-9.svg'), 'older');
    const argv = [...PLAIN, '--weights', at('cls'), '--out', out, recording];
    const refused = await reconstruct(...argv);
    expect(refused.err).toMatch(
      /is not empty; choose another --out, or replace what is there with --overwrite/,
    );
    expect((await reconstruct(...argv, '--overwrite')).err).toBe('');
    expect(readdirSync(out).sort()).toEqual([
      'encoder.safetensors',
      'errors.json',
      'reconstruction.html',
      'window-1.svg',
    ]);
    expect(readFileSync(join(out, 'encoder.safetensors'), 'utf8')).toBe('mine');
  });
});

const recording = (modality: 'eeg' | 'ecg' | undefined, channels: number, samples: number) =>
  ({
    name: 'r',
    labels: Array.from({ length: channels }, (_, i) => `c${i}`),
    shape: [9, channels, samples],
    ...(modality && { modality }),
  }) as unknown as RecordingWindows;

describe('ErrorSummary', () => {
  const tone = (frequency: number, samples = 400) =>
    Float32Array.from(
      { length: samples },
      (_, t) => Math.SQRT2 * Math.sin((2 * Math.PI * frequency * t) / 200),
    );

  it('gives zero for predicting zero, one for a copy', () => {
    const errors = new ErrorSummary();
    const original = Float32Array.of(...tone(10), ...tone(20));
    const reconstruction = new Float32Array(800);
    reconstruction.set(tone(20), 400);
    errors.add({ recording: recording('eeg', 2, 400), window: 0, original, reconstruction });
    const [{ channels, all }] = errors.modalities as [(typeof errors.modalities)[0]];
    expect(channels.get('c0')?.r2).toBe(0);
    expect(channels.get('c1')?.r2).toBe(1);
    expect(all.r2).toBeCloseTo(0.5, 6);
    expect(all.windows).toBe(1);
    const returned = Object.fromEntries(all.bands.map(({ band, ...rest }) => [band.name ?? 'rest', rest]));
    expect(returned.alpha?.share).toBeCloseTo(0.5, 2);
    expect(returned.alpha?.returned).toBeCloseTo(0, 3);
    expect(returned.beta?.returned).toBeCloseTo(1, 3);
  });

  it('what comes back of the bands adds up to R2, and mere drift is named', () => {
    const samples = 2000;
    const errors = new ErrorSummary();
    const sum = (...all: Float32Array[]) =>
      (all[0] as Float32Array).map((_, t) => all.reduce((total, one) => total + (one[t] as number), 0));
    const drift = tone(0.3, samples);
    const original = sum(drift, tone(1.2, samples), tone(9, samples), tone(60, samples));
    // The drift whole, and half of the amplitude of alpha, which is three quarters of its power.
    const reconstruction = sum(
      drift,
      tone(9, samples).map((value) => value / 2),
    );
    errors.add({ recording: recording('ecg', 1, samples), window: 0, original, reconstruction });
    const [modality] = errors.modalities as [(typeof errors.modalities)[0]];
    const { r2, bands } = modality.all;
    expect(r2).toBeCloseTo(1.75 / 4, 2);
    expect(bands.reduce((total, { share, returned }) => total + share * returned, 0)).toBeCloseTo(r2, 2);
    expect(bandTable(modality).rows.map(([name, share]) => [name, share?.split('.')[0]])).toEqual([
      ['below 0.5 Hz', '25'],
      ['0.5 to 4 Hz', '25'],
      ['4 to 8 Hz', '0'],
      ['8 to 15 Hz', '25'],
      ['15 to 40 Hz', '0'],
      ['from 40 Hz on', '25'],
    ]);
    expect(bandNote(modality)).toContain('Most of the reconstruction is drift below 0.5 Hz');
    const fast = new ErrorSummary();
    fast.add({ recording: recording('ecg', 1, samples), window: 0, original, reconstruction: original });
    expect(bandNote(fast.modalities[0] as typeof modality)).not.toContain('drift');
  });

  it('keeps modalities apart, each with its own bands', () => {
    const errors = new ErrorSummary();
    for (const modality of ['eeg', 'ecg', undefined] as const)
      errors.add({
        recording: recording(modality, 1, 400),
        window: 0,
        original: tone(6),
        reconstruction: tone(6).map((value) => value / 2),
      });
    expect(errors.modalities.map(({ modality, all }) => [modality, all.bands.length])).toEqual([
      ['eeg', 7],
      ['ecg', 6],
      [undefined, 7],
    ]);
    for (const { all } of errors.modalities) expect(all.r2).toBeCloseTo(0.75, 6);
  });
});

describe('chooseByError', () => {
  const windows = Array.from(
    { length: 9 },
    (_, i): WindowError => ({
      recording: recording('eeg', 1, 400),
      window: i,
      normalizedError: [4, 8, 0, 6, 2, 7, 1, 5, 3][i] as number,
    }),
  );

  it('takes the median, the best, the worst, and then others between them', () => {
    const errorsOf = (count: number) =>
      chooseByError(windows, count).map(({ normalizedError }) => normalizedError);
    expect(errorsOf(1)).toEqual([4]);
    expect(errorsOf(3)).toEqual([4, 0, 8]);
    expect(errorsOf(5)).toEqual([4, 0, 8, 3, 5]);
    expect(new Set(errorsOf(100)).size).toBe(9);
    expect(chooseByError(windows.slice(0, 1), 3).map(({ why }) => why)).toEqual(['the only window']);
  });
});

it('takes a window without the zeros that fill it up', () => {
  const values = Float32Array.from({ length: 2 * 2 * 5 }, (_, i) => i);
  expect([...unpadded(values, 1, [2, 5], 3)]).toEqual([10, 11, 12, 15, 16, 17]);
});
