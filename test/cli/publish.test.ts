import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../checkpoint/node.ts';
import { openCheckpoint } from '../../checkpoint/read.ts';
import { decodeSafetensors, encodeSafetensors } from '../../checkpoint/safetensors.ts';
import { sha256Of } from '../../cli/common/files.ts';
import { parseOptions } from '../../cli/common/options.ts';
import { PRETRAIN_OPTIONS, settingsOf } from '../../cli/common/training/options.ts';
import { checkPublished } from '../../cli/common/weights/published-check.ts';
import { publicCommand } from '../../cli/publish/command-line.ts';
import { requireFree, writeFolder } from '../../cli/publish/folder.ts';
import { readContract, writeManifest } from '../../data/index.ts';
import { nodeFileSource } from '../../data/node.ts';
import { spotr as runSpotr } from '../support/spotr-command.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);

/** What it printed as one line. */
async function spotr(...argv: string[]) {
  const { out, err, code } = await runSpotr(...argv);
  return { code, err, out: out.replace(/\s+/g, ' ') };
}

const publish = (run: string, out: string, ...more: string[]) =>
  spotr('publish', at(run), '--out', at(out), '--license', 'cc-by-4.0', ...more);

/** Everything private is called after Anna, whom nobody is to find. */
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'spotr-publish-anna-'));
  mkdirSync(at('anna'));
  const entries = ['one', 'two'].map((name, i) => {
    const rows = Array.from(
      { length: 4000 },
      (_, t) => `${(30 * Math.sin(t / (7 + i))).toFixed(3)},${(25 * Math.cos(t / (5 + i))).toFixed(3)}`,
    );
    writeFileSync(at('anna', `anna-${name}.csv`), `Fp1,C3\n${rows.join('\n')}\n`);
    return {
      ...{ path: `anna/anna-${name}.csv`, rate: 200, modality: 'eeg' as const },
      ...{
        subject: `anna-${name}`,
        dataset: 'anna-clinic',
        split: i === 0 ? ('train' as const) : ('validation' as const),
      },
    };
  });
  writeFileSync(at('anna.jsonl'), writeManifest({ entries, skipped: [] }));
  const { code, err } = await spotr(
    ...[
      'pretrain',
      at('anna.jsonl'),
      '--mains',
      'none',
      '--band-pass',
      '-40',
      '--batch-size',
      '2',
      '--steps',
      '2',
    ],
    ...['--channels', 'C3,Fp1', '--recipe', 'paper', '--lr', '0.002', '--out', at('run'), '--quiet'],
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

afterAll(() => rmSync(home, { recursive: true }));

const read = (...names: string[]) => readFileSync(at(...names), 'utf8');

describe('spotr publish', () => {
  it('makes a folder that says what it is and not who was recorded, the same every time', async () => {
    const { code, err, out } = await publish('run', 'pub');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('licence cc-by-4.0');
    expect(out).toContain('channels EEG, 2 channels, 20 windows: C3, Fp1');
    const names = ['README.md', 'config.json', 'decoder.safetensors', 'encoder.safetensors'];
    expect(readdirSync(at('pub')).sort()).toEqual(names);
    for (const name of names) expect(readFileSync(at('pub', name), 'latin1')).not.toMatch(/anna|\/tmp/i);
    const config = JSON.parse(read('pub', 'config.json'));
    const run = JSON.parse(read('run', 'config.json'));
    expect(config).toMatchObject({
      ...{ format: 'spotr-published', version: 1, license: 'cc-by-4.0' },
      model: { size: 'tiny', encoderDim: 64, decoderLayers: 2, conditioning: 'cls' },
      preprocessing: { rate: 200, windows: [1], mains: 'none', bandPass: { high: 40 } },
      training: { steps: 2, batchSize: 2, seed: 1, learningRate: 2e-3 },
      data: {
        kind: 'recordings',
        dataSets: 1,
        sources: [{ source: 'eeg', recordings: 2, trainWindows: 20 }],
      },
      contract: run.contract,
      heldOut: JSON.parse(read('run', 'summary.json')).modalities,
    });
    expect(run.contract).toMatchObject({
      ...{ version: 1, rate: 200, windows: [1], bandPass: { high: 40 }, mains: 'none', kinds: ['eeg'] },
      montages: [{ kind: 'eeg', windows: 20, channels: ['C3', 'Fp1'] }],
    });
    for (const [name, { bytes, sha256: hash }] of Object.entries<{ bytes: number; sha256: string }>(
      config.files,
    )) {
      const source = await nodeFileSource(at('pub', name));
      expect([await sha256(source, name), source.size]).toEqual([hash, bytes]);
      const { metadata } = await openCheckpoint(source, name);
      expect(readContract(metadata, name)).toMatchObject({ windows: [1], rows: 2 });
    }
    const card = read('pub', 'README.md');
    expect(card.split('---')[1]).toBe(
      '\nlicense: cc-by-4.0\nlibrary_name: spotr-webgpu\npipeline_tag: feature-extraction\ntags:\n- spotr\n- webgpu\n- self-supervised\n- biosignals\n- time-series\n- eeg\n',
    );
    const { heldOutLoss, predictZeroLoss } = config.heldOut.eeg;
    expect(card).toContain(`| eeg | ${heldOutLoss.toFixed(4)} | ${predictZeroLoss.toFixed(4)} |`);
    expect(card).toContain('\n\n- EEG: 20 windows, 2 recordings\n\n');
    // What the run said of floor and PCA, without its advice to train on.
    const { yardsticks, ratio } = config.heldOut.eeg;
    const floor = (yardsticks.positionBlindLoss / predictZeroLoss).toFixed(3);
    const verdict = card.split('\n').find((line) => line.startsWith('- EEG ('));
    expect(verdict).toContain(
      `- EEG (${ratio.toFixed(3)}; floor ${floor}) ended above the position-blind floor`,
    );
    expect(verdict).not.toContain('train longer');
    expect(verdict).toMatch(/[a-z]\.$/);
    // Two steps teach nothing, and the card does not keep that to itself.
    expect(card).toContain('On held-out EEG it is no better than predicting zero');
    expect(card).toContain('Embeddings are personal data: protect them like the recordings.');
    expect(card).toMatch(
      /^npx spotr pretrain --mains none --band-pass -40 .*--recipe paper .*--learning-rate 0\.002 RECORDINGS\.\.\.$/m,
    );
    expect(card).toContain('Options whose values are not published: `--channels`.');
    expect((await publish('run', 'again')).code).toBe(0);
    for (const name of names)
      expect(readFileSync(at('again', name)).equals(readFileSync(at('pub', name)))).toBe(true);
  });

  it('names data sets and says what the data were where somebody says so, with nothing taken for markup', async () => {
    const said = ['--name-data-sets', '--data', 'Two recordings, with consent.', '--title', 'A <b> & _c_'];
    expect((await publish('run', 'named', ...said)).code).toBe(0);
    const card = read('named', 'README.md');
    expect(card).toContain('Data sets: anna-clinic.');
    expect(card).toContain('\n\nTwo recordings, with consent.\n\n');
    expect(card).toContain('# A \\<b\\> \\& \\_c\\_');
    expect(JSON.parse(read('named', 'config.json')).dataSets).toEqual(['anna-clinic']);
  });

  it('is read as the run is, bit for bit', async () => {
    const embed = (weights: string, out: string) =>
      spotr('embed', at('anna.jsonl'), '--weights', at(weights), '--out', at(out));
    expect(await embed('run', 'run.csv')).toMatchObject({ code: 0, err: '' });
    expect(await embed('pub', 'pub.csv')).toMatchObject({ code: 0, err: '' });
    expect(read('pub.csv')).toBe(read('run.csv'));
    expect(read('pub.csv').trim().split('\n')).toHaveLength(41);
  });

  it('stores half-precision numbers where it is asked to, and refuses by name what they cannot be', async () => {
    expect((await publish('run', 'full32')).code).toBe(0);
    expect((await publish('run', 'half16', '--precision', 'f16')).code).toBe(0);
    const config = JSON.parse(read('half16', 'config.json'));
    expect([JSON.parse(read('full32', 'config.json')).model.stored, config.model.stored]).toEqual([
      'f32',
      'f16',
    ]);
    expect(read('half16', 'README.md')).toContain(
      'of the run with its weights in f32; the files hold them rounded to f16',
    );
    let moved = 0;
    for (const name of ['encoder.safetensors', 'decoder.safetensors']) {
      const bytes = readFileSync(at('half16', name));
      expect(config.files[name]).toEqual({ bytes: bytes.length, sha256: sha256Of(bytes) });
      expect(bytes.length).toBeLessThan(0.51 * readFileSync(at('full32', name)).length);
      const { tensors, metadata } = decodeSafetensors(bytes, name);
      const plain = decodeSafetensors(readFileSync(at('full32', name)), name);
      expect(metadata).toEqual(plain.metadata);
      expect([...tensors.keys()]).toEqual([...plain.tensors.keys()]);
      for (const [key, { data, shape }] of tensors) {
        const exact = plain.tensors.get(key);
        expect(shape).toEqual(exact?.shape);
        for (const [i, value] of data.entries()) {
          const was = exact?.data[i] as number;
          // Half of the step between neighbours, which is 2^-24 for the smallest.
          const most = Math.max(2 ** -11 * Math.abs(was), 2 ** -25);
          if (!(Math.abs(value - was) <= most)) expect.fail(`${key}[${i}]: ${was} became ${value}`);
          if (value !== was) moved++;
        }
      }
    }
    expect(moved).toBeGreaterThan(1e5);

    cpSync(at('run'), at('large'), { recursive: true });
    const { tensors, metadata } = decodeSafetensors(readFileSync(at('run', 'decoder.safetensors')), 'd');
    const [name, tensor] = [...tensors][0] ?? expect.fail();
    const data = Float32Array.from(tensor.data);
    data[5] = 7e4;
    writeFileSync(
      at('large', 'decoder.safetensors'),
      encodeSafetensors(new Map([...tensors, [name, { ...tensor, data }]]), metadata),
    );
    const { code, err } = await publish('large', 'no', '--precision', 'f16');
    expect(code).toBe(1);
    expect(err).toContain(
      `The tensor "${name}" holds 70000 at place 5, which is not a number of half precision`,
    );
    expect(existsSync(at('no'))).toBe(false);
    expect((await publish('large', 'large32')).code).toBe(0);
    data[5] = Number.NaN;
    writeFileSync(
      at('large', 'decoder.safetensors'),
      encodeSafetensors(new Map([...tensors, [name, { ...tensor, data }]]), metadata),
    );
    for (const precision of ['f32', 'f16']) {
      const refused = await publish('large', 'no', '--precision', precision);
      expect([refused.code, existsSync(at('no'))]).toEqual([1, false]);
      expect(refused.err).toMatch(
        new RegExp(`decoder\\.safetensors: ${name} holds NaN at index 5; .*train again`),
      );
    }
  });

  it('is not read where a file is not the one that was published', async () => {
    cpSync(at('pub'), at('torn'), { recursive: true });
    const bytes = readFileSync(at('torn', 'encoder.safetensors'));
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(at('torn', 'encoder.safetensors'), bytes);
    const argv = [at('anna.jsonl'), '--out', at('torn.csv'), '--weights'];
    const { code, err } = await spotr('embed', ...argv, at('torn'));
    expect(code).toBe(1);
    expect(err).toMatch(
      /torn\/encoder\.safetensors: its SHA-256 is [0-9a-f]{64}, but the folder was published with [0-9a-f]{64}/,
    );
    expect((await spotr('embed', ...argv, at('torn', 'encoder.safetensors'))).err).toMatch(/its SHA-256 is/);
    expect(await spotr('inspect', at('torn'))).toMatchObject({
      ...{ code: 1, err: expect.stringMatching(/its SHA-256 is/) },
    });
    // A decoder of another run beside the encoder.
    writeFileSync(at('torn', 'encoder.safetensors'), readFileSync(at('pub', 'encoder.safetensors')));
    const decoder = readFileSync(at('torn', 'decoder.safetensors'));
    decoder[decoder.length - 1] = (decoder.at(-1) as number) ^ 1;
    writeFileSync(at('torn', 'decoder.safetensors'), decoder);
    const drawn = await spotr(
      'reconstruct',
      at('anna', 'anna-one.csv'),
      '--rate',
      '200',
      '--out',
      at('drawn'),
      '--weights',
      at('torn'),
    );
    expect(drawn.err).toMatch(/torn\/decoder\.safetensors: its SHA-256 is/);
  });

  it.each([
    [
      '{"format": "spotr-published", "files": ',
      /config\.json: is not JSON, so the files beside it cannot be checked/,
    ],
    ['{"format": "spotr-published"}', /lists no files with their SHA-256/],
    [
      '{"format": "spotr-published", "files": {"w": {"sha256": "0"}}}',
      /names a file without its bytes and SHA-256/,
    ],
    ['{"format": "spotr-published", "files": {"w": null}}', /names a file without its bytes and SHA-256/],
    [
      `{"format": "spotr-published", "files": {"w": {"bytes": 1, "sha256": ["${'0'.repeat(64)}"]}}}`,
      /without its bytes/,
    ],
    [
      `{"format": "spotr-published", "files": {"w": {"bytes": "1", "sha256": "${'0'.repeat(64)}"}}}`,
      /without its bytes/,
    ],
    ['{"format": "spotr-published", "files": {}}', /the folder was published without such a file/],
    ['{"architectures": ["Other"]}', undefined],
    ['{"note": "not spotr-published"}', undefined],
    ['not even JSON', undefined],
  ])('a config.json of %s', (text, message) => {
    const folder = mkdtempSync(join(home, 'config-'));
    writeFileSync(join(folder, 'config.json'), text);
    const check = () => checkPublished(join(folder, 'w'), 'f'.repeat(64));
    if (message) expect(check).toThrow(message);
    else expect(check).not.toThrow();
  });

  it('refuses the config.json of a publication that is too long to be read, and passes over that of others', () => {
    const folder = mkdtempSync(join(home, 'config-'));
    const path = join(folder, 'config.json');
    const check = (text: string) => {
      writeFileSync(path, text);
      truncateSync(path, 2 ** 32);
      checkPublished(join(folder, 'w'), 'f'.repeat(64));
    };
    expect(() => check('{"settings": {}')).not.toThrow();
    expect(() => check('{"settings": {"paths": ["/data/spotr-published"]}')).not.toThrow();
    expect(() => check('{"format": "spotr-published"')).toThrow(
      /config\.json: has 4294967296 bytes, of which at most 1048576 are read, so .* cannot be checked/,
    );
    rmSync(folder, { recursive: true });
  });

  it('looks at no config.json that is a folder', () => {
    const folder = mkdtempSync(join(home, 'config-'));
    mkdirSync(join(folder, 'config.json'));
    expect(() => checkPublished(join(folder, 'w'), 'f'.repeat(64))).not.toThrow();
  });

  it('fails with an error for what is no finished run, and leaves nothing', async () => {
    const refused = async (run: string, message: RegExp) => {
      expect(await publish(run, 'no')).toMatchObject({ code: 1, err: expect.stringMatching(message) });
      expect(existsSync(at('no'))).toBe(false);
    };
    await refused('nowhere', /nowhere: is not a folder/);
    await refused('anna', /anna: is not a run of spotr pretrain \(it has no config\.json\)/);
    await refused('pub', /lacks settings, data or adapter/);
    cpSync(at('run'), at('begun'), { recursive: true });
    rmSync(at('begun', 'summary.json'));
    await refused('begun', /begun: the run is not finished \(it has no summary\.json\); finish it first/);
    writeFileSync(at('begun', 'summary.json'), '{"modalities": {"eeg": {"heldOutLoss": "1"}}}');
    await refused('begun', /summary\.json: holds no losses of a finished run/);
    const config = JSON.parse(read('run', 'config.json'));
    for (const [damage, message] of [
      [{ parameters: '5' }, /config\.json: does not state the number of parameters/],
      [{ spotr: undefined }, /and the version of spotr/],
      [{ from: {} }, /does not say by SHA-256 which weights it started from/],
      [{ from: { weights: 'w', encoder: 'x', decoder: null } }, /does not say by SHA-256/],
    ] as const) {
      writeFileSync(at('begun', 'config.json'), JSON.stringify({ ...config, ...damage }));
      await refused('begun', message);
    }
    writeFileSync(at('begun', 'config.json'), 'null');
    await refused('begun', /lacks settings, data or adapter/);
    const nested = `${'['.repeat(5e4)}${']'.repeat(5e4)}`;
    const deep = JSON.stringify({ ...config, settings: { ...config.settings, lr: '@' } });
    writeFileSync(at('begun', 'config.json'), deep.replace('"@"', nested));
    await refused('begun', /has lr something nested, which must be a number/);
    config.settings.steps = 9;
    writeFileSync(at('begun', 'config.json'), JSON.stringify(config));
    await refused('begun', /is not finished \(encoder\.safetensors is of step 2 of 9\)/);
    rmSync(at('begun', 'decoder.safetensors'));
    await refused('begun', /the run has no decoder\.safetensors/);
    expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('takes the place of nothing but an earlier publication that is to be replaced', async () => {
    cpSync(at('pub'), at('taken'), { recursive: true });
    expect((await publish('run', 'taken')).err).toMatch(/taken is not empty; .*or --overwrite to replace/);
    expect((await publish('run', 'taken', '--overwrite', '--title', 'Anew')).code).toBe(0);
    expect(read('taken', 'README.md')).toContain('# Anew');
    writeFileSync(at('taken', 'mine.txt'), 'mine');
    expect((await publish('run', 'taken', '--overwrite')).err).toMatch(/has other files, such as mine\.txt/);
    expect(read('taken', 'mine.txt')).toBe('mine');
    mkdirSync(at('half'));
    writeFileSync(at('half', 'README.md'), 'of somebody else');
    expect((await publish('run', 'half', '--overwrite')).err).toMatch(
      /half is not empty; give another --out\./,
    );
    writeFileSync(at('file'), '');
    expect((await publish('run', 'file')).err).toMatch(/file is a file, but --out is a folder/);
    mkdirSync(at('empty'));
    expect((await publish('run', 'empty')).code).toBe(0);
  });

  it('replaces nothing that came while it was made: neither a publication nor a file', async () => {
    const files = new Map([['config.json', 'new']]);
    // Both looked before either wrote.
    const plain = { names: ['config.json'], overwrite: false };
    requireFree(at('both'), plain);
    await writeFolder(at('both'), new Map([['config.json', 'first']]), plain);
    await expect(writeFolder(at('both'), files, plain)).rejects.toThrow(
      /both is not empty; .*or --overwrite to replace/,
    );
    expect(read('both', 'config.json')).toBe('first');
    await writeFolder(at('both'), files, { ...plain, overwrite: true });
    expect(read('both', 'config.json')).toBe('new');
    mkdirSync(at('meanwhile'));
    writeFileSync(at('meanwhile', 'config.json'), 'old');
    writeFileSync(at('meanwhile', 'mine.txt'), 'mine');
    for (const overwrite of [false, true])
      await expect(
        writeFolder(at('meanwhile'), files, { names: ['config.json'], overwrite }),
      ).rejects.toThrow(/meanwhile has other files, such as mine\.txt/);
    expect([read('meanwhile', 'config.json'), read('meanwhile', 'mine.txt')]).toEqual(['old', 'mine']);
    expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('goes where a link leads, and not where none does', async () => {
    mkdirSync(at('disk'));
    symlinkSync(at('disk'), at('link'));
    expect((await publish('run', 'link')).code).toBe(0);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(at('disk')).sort()).toEqual([
      'README.md',
      'config.json',
      'decoder.safetensors',
      'encoder.safetensors',
    ]);
    symlinkSync(at('nowhere'), at('broken'));
    expect((await publish('run', 'broken')).err).toMatch(/broken is a link that leads nowhere; delete it/);
    expect(lstatSync(at('broken')).isSymbolicLink()).toBe(true);
  });

  it('wants a folder and a licence to be stated', async () => {
    expect(await spotr('publish', at('run'), '--out', at('no'))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/needs --license NAME/),
    });
    expect(await spotr('publish', at('run'), '--license', 'mit')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/needs --out FOLDER/),
    });
    expect(await spotr('publish', '--out', 'x', '--license', 'mit')).toMatchObject({ code: 2 });
    expect((await spotr('publish', at('run'), '--out', at('no'), '--license', 'mit\nx: y')).err).toMatch(
      /--license is .*must be a name of letters/,
    );
  });
});

it('a command is told with numbers and its own words alone', () => {
  const argv = [
    '--modality',
    'ecg',
    '--draw',
    'equal',
    '--checkpointing',
    '--variable',
    'anna',
    '--size',
    'small',
    '--windows',
    '1,3:2',
    '--memory',
    '3',
    'anna.edf',
  ];
  const { values, given, positionals } = parseOptions(argv, PRETRAIN_OPTIONS);
  expect(publicCommand(settingsOf(values, given, positionals))).toEqual({
    line: 'npx spotr pretrain --modality ecg --windows 1,3:2 --draw equal --size small --position-init normal --weight-init wide --recipe quick --auxiliary spectrum,autocorrelation:0.5,linear:0.3 --learning-rate 0.001 RECORDINGS...',
    withheld: ['--variable'],
  });
});
