import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GENERATED, SOURCES } from '../../../bench/weights/sources.ts';
import { findConfig } from '../../../checkpoint/find-config.ts';
import { openCheckpoint } from '../../../checkpoint/read.ts';
import { readStart } from '../../../cli/common/training/from.ts';
import {
  bundledFolder,
  bundledNames,
  bundledStates,
  chosenWeights,
} from '../../../cli/common/weights/bundled.ts';
import { readEncoder } from '../../../cli/common/weights/encoder.ts';
import { resolveWeights, wholeWord } from '../../../cli/common/weights/resolve.ts';
import { readModel } from '../../../cli/reconstruct/weights.ts';
import { CONTRACT_ENTRY } from '../../../data/index.ts';
import { nodeFileSource } from '../../../data/node.ts';
import { readWeights } from '../../../demo/worker/weights.ts';
import { SIZES } from '../../../model/index.ts';
import { digestsOf } from '../../support/digest.ts';
import { sha256Of } from '../../support/hub-server.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../../support/signals.ts';
import { spotr } from '../../support/spotr-command.ts';

const NAMES = ['small', 'tiny'] as const;
const PARTS = ['encoder', 'decoder'] as const;
const ROOM = fileURLToPath(new URL('../../../weights', import.meta.url));
/** Where a person's or a machine's files lie. */
const PATHS = /(?:^|["'\s=(])(?:\/(?:home|root|tmp|work|mnt|Users|var)\/|[A-Z]:\\|~\/)/m;

let home: string;
const at = (...names: string[]) => join(home, ...names);
const text = (name: string, file: string) => readFileSync(join(ROOM, name, file), 'utf8');

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-bundled-'));
});
afterAll(() => rmSync(home, { recursive: true }));

it('ships small and tiny', () => {
  expect(bundledNames()).toEqual(NAMES);
  expect('/home/anna/x "/tmp/y').toMatch(PATHS);
});

describe.each(NAMES)('bundled:%s', (name) => {
  it('is under 16 MB, of the bytes that config.json and the card name, and knows no machine', async () => {
    const config = JSON.parse(text(name, 'config.json'));
    const card = text(name, 'README.md');
    const files = Object.entries<{ bytes: number; sha256: string }>(config.files);
    expect(files.map(([file]) => file).sort()).toEqual(['decoder.safetensors', 'encoder.safetensors']);
    let total = card.length + text(name, 'config.json').length;
    for (const [file, { bytes, sha256 }] of files) {
      const content = readFileSync(join(ROOM, name, file));
      expect({ bytes: content.length, sha256: sha256Of(content) }).toEqual({ bytes, sha256 });
      expect(card).toContain(sha256);
      total += bytes;
    }
    expect(total).toBeLessThan(16e6);
    expect(config.license).toBe('mit');
    expect(card).toMatch(/^---\nlicense: mit\n/);
    for (const document of [card, JSON.stringify(config, null, 1)]) expect(document).not.toMatch(PATHS);
    expect((await bundledStates(`bundled:${name}`)).map(({ state }) => state)).toEqual(['whole', 'whole']);
  });

  it('says of itself what its tensors do', async () => {
    const config = JSON.parse(text(name, 'config.json'));
    let parameters = 0;
    for (const part of PARTS) {
      const path = join(ROOM, name, `${part}.safetensors`);
      const { tensors, metadata } = await openCheckpoint(await nodeFileSource(path), path);
      const found = findConfig(tensors);
      expect(found).toMatchObject({ size: name, parts: [part] });
      for (const [key, value] of Object.entries(found.config))
        if (value !== undefined) expect([key, config.model[key]]).toEqual([key, value]);
      expect(new Set(tensors.map(({ dtype }) => dtype.toLowerCase()))).toEqual(
        new Set([config.model.stored]),
      );
      parameters += tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
      expect(JSON.parse(metadata[CONTRACT_ENTRY] ?? '')).toEqual(config.contract);
      expect(metadata).toMatchObject({ step: String(config.training.steps), size: name });
      expect(JSON.stringify(metadata)).not.toMatch(PATHS);
    }
    expect(config.model).toMatchObject({ size: name, ...SIZES[name], parameters });
    const card = text(name, 'README.md');
    expect(card).toContain(`(${parameters.toLocaleString('en')} parameters)`);
    const kinds = Object.keys(config.heldOut).sort();
    expect(kinds).toEqual(['ecg', 'eeg', 'ieeg', 'ppg']);
    expect([...config.contract.kinds].sort()).toEqual(kinds);
    for (const kind of kinds)
      expect(card).toContain(`| ${kind} | ${config.heldOut[kind].heldOutLoss.toFixed(4)} |`);
  });

  it('was trained on nothing but what the maker may take, and on no more than the training part of it', () => {
    const { dataSets, contract, data } = JSON.parse(text(name, 'config.json'));
    const generated = GENERATED.map(({ path }) => `${path}-`);
    const own = new Set(SOURCES.map(({ dataset }) => dataset));
    for (const set of dataSets)
      expect([set, own.has(set) || generated.some((prefix) => set.startsWith(prefix))]).toEqual([set, true]);
    expect(data.dataSets).toBe(dataSets.length);
    // Of 50 generated subjects with 12 windows each 30 are for training; the montages are those of the generator.
    const windowsOf = (channels: string) =>
      contract.montages
        .filter((one: { channels: string[] }) => one.channels.join() === channels)
        .reduce((sum: number, one: { windows: number }) => sum + one.windows, 0);
    const sets: [channels: string, tasks: number][] = [
      ['Fp1,Fp2,C3,C4,P7,P8,O1,O2', 2],
      ['II,V1,V5', 1],
      ['contact 1,contact 2,contact 3,contact 4,contact 5,contact 6', 1],
    ];
    for (const [channels, tasks] of sets) {
      expect(windowsOf(channels)).toBeGreaterThan(0);
      expect(windowsOf(channels)).toBeLessThanOrEqual(tasks * 30 * 12);
    }
    for (const { licence, dataset } of SOURCES)
      expect(text(name, 'README.md')).toMatch(
        new RegExp(`^\\| ${dataset} \\|.*${licence.replace(/[()]/g, '\\$&')}`, 'm'),
      );
  });

  it('is read by the command as a file is, by the page and to train on from', async () => {
    const word = `bundled:${name}`;
    const found = await resolveWeights(word, PARTS);
    for (const part of PARTS)
      expect(found[part]).toEqual({ path: join(ROOM, name, `${part}.safetensors`), name: word });
    const asked = { decoder: undefined, conditioning: undefined, heads: 8, offline: false };
    const model = await readModel({ ...asked, weights: word });
    expect(model.description).toContain(`${word} (safetensors), ${name}: `);
    const own = await readModel({ ...asked, weights: join(ROOM, name) });
    expect(await digestsOf(model.encoder)).toEqual(await digestsOf(own.encoder));
    expect(await digestsOf(model.decoder)).toEqual(await digestsOf(own.decoder));
    const page = await readWeights(
      PARTS.map((part) => new File([readFileSync(found[part].path)], `${part}.safetensors`)),
    );
    expect(page).toMatchObject({ size: name, conditioning: 'cls' });
    expect(await digestsOf(page.weights.encoder)).toEqual(await digestsOf(model.encoder));
    expect(await digestsOf(page.weights.decoder ?? new Map())).toEqual(await digestsOf(model.decoder));
    const start = await readStart(word, { size: name, compaction: 'spotr', conditioning: 'cls' });
    const { files } = JSON.parse(text(name, 'config.json'));
    expect(start.from).toMatchObject({
      weights: word,
      encoder: files['encoder.safetensors'].sha256,
      decoder: files['decoder.safetensors'].sha256,
    });
  });
});

it('names those that there are, and takes no path for one', async () => {
  await expect(readEncoder('small', 8)).rejects.toThrow(
    'small: there is no such file of weights; those that ship with spotr are bundled:small and bundled:tiny.',
  );
  expect(() => bundledFolder('bundled:base')).toThrow(
    'There are no weights "bundled:base"; there are bundled:small, bundled:tiny.',
  );
  for (const word of ['bundled:', 'bundled:../weights/tiny', 'bundled:tiny/', 'bundled:TINY'])
    expect(() => bundledFolder(word)).toThrow(/There are no weights/);
  expect(() => bundledFolder('bundled:tiny', at('nowhere'))).toThrow(/there are none in this installation/);
  expect(wholeWord('bundled:tiny')).toBe('bundled:tiny');
});

it('passes over what is not a folder of weights, and tells a file that was changed or is gone', async () => {
  const room = at('room');
  mkdirSync(room);
  symlinkSync(at('gone'), join(room, 'broken'));
  writeFileSync(join(room, 'notes.txt'), '');
  mkdirSync(join(room, 'empty'));
  cpSync(join(ROOM, 'tiny'), join(room, 'tiny'), { recursive: true });
  expect(bundledNames(room)).toEqual(['tiny']);
  const path = join(room, 'tiny', 'encoder.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  writeFileSync(path, bytes);
  rmSync(join(room, 'tiny', 'decoder.safetensors'));
  const states = await bundledStates('bundled:tiny', room);
  expect(states.map(({ name, state }) => [name, state])).toEqual([
    ['encoder.safetensors', 'changed'],
    ['decoder.safetensors', 'missing'],
  ]);
  const config = JSON.parse(text('tiny', 'config.json'));
  for (const [field, message] of [
    ['license', 'its licence'],
    ['model', 'its model'],
    ['heldOut', 'its losses'],
    ['format', 'that it belongs to published weights'],
  ]) {
    writeFileSync(join(room, 'tiny', 'config.json'), JSON.stringify({ ...config, [field as string]: null }));
    expect(() => chosenWeights(undefined, room)).toThrow(`config.json: does not state ${message}`);
  }
});

it('stands in where no weights are named, which is said from its own facts', async () => {
  expect(chosenWeights('mine')).toEqual({ word: 'mine', rows: [], options: [] });
  const { word, rows, options } = chosenWeights(undefined);
  expect({ word, options }).toEqual({ word: 'bundled:tiny', options: ['--weights', 'bundled:tiny'] });
  const config = JSON.parse(text('tiny', 'config.json'));
  const windows = config.data.sources.reduce(
    (sum: number, one: { trainWindows: number }) => sum + one.trainWindows,
    0,
  );
  const [label, said] = rows[0] ?? expect.fail();
  expect(label).toBe('no --weights');
  expect(said).toContain(
    `bundled:tiny is used: ${config.model.parameters.toLocaleString('en')} parameters, ${config.training.steps.toLocaleString('en')} steps on ${windows.toLocaleString('en')} windows of `,
  );
  for (const kind of ['EEG', 'iEEG', 'ECG', 'PPG']) expect(said?.split('.')[0]).toContain(kind);
  expect(said).toContain('recorded and generated');
  expect(said).toMatch(/Choose other weights with --weights\.$/);
  const floors = Object.values<{ heldOutLoss: number; yardsticks: { positionBlindLoss: number } }>(
    config.heldOut,
  );
  const isPoor = floors.some(({ heldOutLoss, yardsticks }) => heldOutLoss >= yardsticks.positionBlindLoss);
  expect(said?.includes('one waveform repeated in each patch')).toBe(isPoor);
});

it('embeds and reconstructs without --weights, and says and keeps which they are', async () => {
  writeSignals(at('s.npy'), { seconds: 8 });
  const run = async (verb: string, ...more: string[]) => {
    const { code, out, err } = await spotr(verb, ...SIGNAL_OPTIONS, '--window', '4', at('s.npy'), ...more);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.replace(/\s+/g, ' ')).toContain('no --weights bundled:tiny is used: ');
  };
  await run('embed', '--out', at('e.csv'));
  expect(readFileSync(at('e.csv'), 'utf8').trim().split('\n')).toHaveLength(3);
  const { sha256 } = JSON.parse(text('tiny', 'config.json')).files['encoder.safetensors'];
  const about = JSON.parse(readFileSync(at('e.csv.about.json'), 'utf8'));
  expect(about['spotr.weights']).toBe(sha256);
  expect(about['spotr.encoder']).toContain('bundled:tiny (safetensors), tiny');

  await run('reconstruct', '--windows', '1', '--out', at('drawn'));
  const numbers = JSON.parse(readFileSync(at('drawn', 'errors.json'), 'utf8'));
  expect(numbers).toMatchObject({ settings: { weights: 'bundled:tiny' } });
  expect(numbers.weights).toContain(sha256);
});

it.each(['probe', 'fewshot', 'finetune'])('%s needs no --weights either', async (verb) => {
  // They are read before the recordings, of which there are none.
  const { code, err } = await spotr(verb, at('none.jsonl'));
  expect(code).toBe(1);
  expect(err).toMatch(/none\.jsonl/);
});

it('is listed and verified with what was fetched, and by its word alone', async () => {
  process.env.SPOTR_WEIGHTS_DIR = at('cache');
  try {
    const list = (await spotr('weights', 'list')).out;
    for (const name of NAMES)
      expect(list).toMatch(new RegExp(`bundled:${name} .* MiB .* [0-9a-f]{12}, [0-9a-f]{12} +mit `));
    const all = await spotr('weights', 'verify');
    expect(all.code).toBe(0);
    expect(all.out.match(/bundled:\w+, \w+\.safetensors: whole, SHA-256 [0-9a-f]{64}/g)).toHaveLength(
      2 * NAMES.length,
    );
    const one = await spotr('weights', 'verify', 'bundled:tiny');
    expect(one.out.split('\n')).toHaveLength(2);
    expect((await spotr('weights', 'verify', 'bundled:base')).err).toMatch(
      /There are no weights "bundled:base"/,
    );
    const removed = await spotr('weights', 'remove', 'bundled:tiny');
    expect(removed.code).toBe(2);
    expect(removed.err).toContain('"bundled:tiny" ships with spotr');
  } finally {
    delete process.env.SPOTR_WEIGHTS_DIR;
  }
});
