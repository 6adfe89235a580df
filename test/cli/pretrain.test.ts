import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { requestAdapter } from '#platform';
import { command } from '../../cli/command.ts';
import { readEncoder } from '../../cli/embed/weights.ts';
import { parseOptions } from '../../cli/options.ts';
import { PRETRAIN_OPTIONS, settingsOf } from '../../cli/pretrain/options.ts';
import { type RunObserver, runPretraining } from '../../cli/pretrain/run.ts';
import { EngineError } from '../../engine/errors.ts';
import { decodeSafetensors } from '../../model/checkpoint/safetensors.ts';
import { Pretrainer } from '../../model/index.ts';
import { hasHalf } from '../support/half.ts';

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-pretrain-'));
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const at = (...parts: string[]) => join(home, ...parts);
const QUICK = [
  '--modality',
  'ppg',
  '--window',
  '1',
  '--batch-size',
  '2',
  '--steps',
  '9',
  '--checkpoint-every',
  '4',
];
const SILENT: RunObserver = { rows() {}, training() {}, step() {}, trained() {} };

/** Runs the job as the command would; `stopAt` interrupts it once that step has been told. */
function pretrain(out: string, argv: readonly string[], stopAt = Number.POSITIVE_INFINITY) {
  const { values, given, positionals } = parseOptions(argv, PRETRAIN_OPTIONS);
  const controller = new AbortController();
  return runPretraining({
    settings: settingsOf(values, positionals),
    given,
    out: at(out),
    mode: values.resume ? 'resume' : values.overwrite ? 'overwrite' : 'new',
    adapter: values.adapter,
    signal: controller.signal,
    observer: { ...SILENT, step: ({ step }) => step >= stopAt && controller.abort() },
  });
}

/** What must be the same in two runs of one seed: all but the times. */
function losses(out: string) {
  return readFileSync(at(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { seconds, ...rest } = JSON.parse(line);
      expect(seconds).toBeGreaterThan(0);
      return rest;
    });
}

/** Runs a command line in this process and returns its exit code and what it said. */
async function spotr(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
  return { code: await command(['pretrain', ...argv]), out: out.join('\n'), err };
}

const half = await hasHalf('spotr pretrain --precision f16');

describe('spotr pretrain --precision f16', () => {
  it.runIf(half)('goes on after an interruption as if there had been none', async () => {
    const argv = [...QUICK, '--precision', 'f16'];
    await pretrain('half', argv);
    await pretrain('torn-half', argv, 2);
    await expect(pretrain('torn-half', ['--resume', '--precision', 'f32'])).rejects.toThrow(
      /--precision is f32, but the run was started with f16/,
    );
    expect((await pretrain('torn-half', ['--resume'])).step).toBe(9);
    expect(losses('torn-half')).toEqual(losses('half'));
    for (const name of ['encoder.safetensors', 'optimizer.safetensors'])
      expect(readFileSync(at('torn-half', name)).equals(readFileSync(at('half', name))), name).toBe(true);
    expect(JSON.parse(readFileSync(at('half', 'summary.json'), 'utf8')).precision).toBe('f16');
  });

  it.runIf(!half)('says what the adapter lacks and leaves nothing behind', async () => {
    const { code, err } = await spotr(...QUICK, '--precision', 'f16', '--out', at('no-half'));
    expect(code).toBe(1);
    expect(err.join('\n')).toMatch(/has no "shader-f16".*--precision f32/);
    expect(existsSync(at('no-half'))).toBe(false);
  });
});

describe('spotr pretrain', () => {
  it('leaves a whole run, the same in every file that says what was learned', async () => {
    const result = await pretrain('whole', QUICK);
    expect(result).toMatchObject({ step: 9, steps: 9 });
    expect(readdirSync(at('whole')).sort()).toEqual([
      'config.json',
      'decoder.safetensors',
      'encoder.safetensors',
      'loss.svg',
      'metrics.jsonl',
      'optimizer.safetensors',
      'reconstruction-ppg.svg',
      'report.html',
      'state.json',
      'summary.json',
    ]);
    const records = losses('whole');
    expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(records[8].loss).toBeLessThan(records[0].loss);
    const summary = JSON.parse(readFileSync(at('whole', 'summary.json'), 'utf8'));
    const { description, kind } = await requestAdapter();
    expect(summary).toMatchObject({
      steps: 9,
      seed: 1,
      size: 'tiny',
      compaction: 'spotr',
      conditioning: 'cls',
      precision: 'f32',
      adapter: description,
      adapterKind: kind,
    });
    expect(summary.predictZeroLoss).toBeGreaterThan(0.9);
    expect(summary.modalities.ppg.ratio).toBeCloseTo(summary.heldOutLoss / summary.predictZeroLoss, 12);
    const read = (name: string) => decodeSafetensors(readFileSync(at('whole', `${name}.safetensors`)), name);
    expect(read('encoder').metadata).toMatchObject({ step: '9', size: 'tiny', window: '1' });
    const count = ['encoder', 'decoder'].reduce(
      (sum, name) => sum + [...read(name).tensors.values()].reduce((a, { data }) => a + data.length, 0),
      0,
    );
    expect(count).toBe(summary.parameters);
  });

  it('goes on after an interruption as if there had been none', async () => {
    const first = await pretrain('torn', QUICK, 2);
    expect(first.outcomes).toBeUndefined();
    expect(first.step).toBeLessThan(9);
    expect(existsSync(at('torn', 'summary.json'))).toBe(false);
    // A crash after the checkpoint would have left more lines, the last one cut off.
    const metrics = at('torn', 'metrics.jsonl');
    writeFileSync(metrics, `${readFileSync(metrics, 'utf8')}{"step":${first.step + 1},"loss":7}\n{"step":`);
    expect((await pretrain('torn', ['--resume'])).step).toBe(9);
    expect(losses('torn')).toEqual(losses('whole'));
    for (const name of ['encoder', 'decoder', 'optimizer'])
      expect(
        readFileSync(at('torn', `${name}.safetensors`)).equals(
          readFileSync(at('whole', `${name}.safetensors`)),
        ),
      ).toBe(true);
    const { resumedFrom, heldOutLoss } = JSON.parse(readFileSync(at('torn', 'summary.json'), 'utf8'));
    expect(resumedFrom).toBe(first.step);
    expect(heldOutLoss).toBe(JSON.parse(readFileSync(at('whole', 'summary.json'), 'utf8')).heldOutLoss);
  });

  it('refuses to go on with another run than the one in the folder', async () => {
    for (const [argv, message] of [
      [['--lr', '0.5'], /--lr is 0\.5, but the run was started with 0\.002; leave it out/],
      [['--band-pass', '2-30'], /--band-pass is 2-30, but the run was started with none/],
      [['--seed', '2'], /--seed is 2, but the run was started with 1/],
      [['--compaction', 'none'], /--compaction is none, but the run was started with spotr/],
      [['x.edf'], /The run was started on synthetic signals; leave the files out/],
      [['--steps', '3'], /--steps is 3, but the run in .* has done 9 already; give more/],
      [[], /is complete with 9 steps; to train on, give more --steps/],
    ] as const) {
      await expect(pretrain('whole', ['--resume', ...argv])).rejects.toThrow(message);
    }
    expect(existsSync(at('whole', 'summary.json'))).toBe(true);
    const config = at('whole', 'config.json');
    const text = readFileSync(config, 'utf8');
    for (const [damaged, message] of [
      [text.slice(0, 40), /config\.json: is not JSON/],
      [text.replace('"batchSize": 2', '"batchSize": "two"'), /batchSize "two", which must be a whole number/],
      [text.replace('"rate": 200', '"rate": 100'), /recordings are not those/],
    ] as const) {
      expect(damaged).not.toBe(text);
      writeFileSync(config, damaged);
      await expect(pretrain('whole', ['--resume', '--steps', '10'])).rejects.toThrow(message);
    }
    // A run from before there was a choice is one with the compactor.
    const older = text.replace(/\n\s*"compaction": "spotr",/, '');
    expect(older).not.toBe(text);
    writeFileSync(config, older);
    await expect(pretrain('whole', ['--resume'])).rejects.toThrow(/is complete with 9 steps/);
    await expect(pretrain('whole', ['--resume', '--compaction', 'none'])).rejects.toThrow(
      /--compaction is none, but the run was started with spotr/,
    );
    writeFileSync(config, text);
    const encoder = readFileSync(at('torn', 'encoder.safetensors'));
    writeFileSync(at('torn', 'encoder.safetensors'), encoder.subarray(0, 5000));
    await expect(pretrain('torn', ['--resume', '--steps', '10'])).rejects.toThrow(
      /encoder\.safetensors: claims a header|cut short/,
    );
  });

  it('trains without the compactor, says so in every file, and goes on so', async () => {
    const argv = [...QUICK.slice(0, -4), '--steps', '2', '--compaction', 'none'];
    const { code, out } = await spotr(...argv, '--out', at('flat'));
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, ' ')).toContain(
      'flattened patches instead of the compactor, conditioning cls',
    );
    expect(JSON.parse(readFileSync(at('flat', 'summary.json'), 'utf8'))).toMatchObject({
      compaction: 'none',
    });
    const path = at('flat', 'encoder.safetensors');
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    expect(metadata.compaction).toBe('none');
    expect([...tensors.keys()].filter((name) => /_attn/.test(name) && !name.startsWith('block.'))).toEqual(
      [],
    );
    await expect(pretrain('flat', ['--resume', '--steps', '3', '--compaction', 'spotr'])).rejects.toThrow(
      /--compaction is spotr, but the run was started with none/,
    );
    expect((await pretrain('flat', ['--resume', '--steps', '3'])).step).toBe(3);
    const found = await readEncoder(path, 8);
    expect(found.compaction).toBe('none');
    expect(found.description).toContain('tiny without the compactor: 64 wide');
    expect((await readEncoder(at('whole', 'encoder.safetensors'), 8)).compaction).toBe('spotr');
    vi.restoreAllMocks();
    const said = vi.spyOn(console, 'log').mockReturnValue();
    expect(await command(['inspect', path])).toBe(0);
    expect(said.mock.calls.join('\n').replace(/\s+/g, ' ')).toContain(
      'without the compactor (flattened patches)',
    );
    expect(said.mock.calls.join('\n')).toMatch(/trained on +windows of 1 s/);
  });

  it('trains on recordings, says what it passed over, and replaces a run when told to', async () => {
    const rows = Array.from(
      { length: 4000 },
      (_, i) => `${Math.sin(i / 9).toFixed(4)},${Math.cos(i / 11).toFixed(4)}`,
    );
    writeFileSync(at('wave.csv'), `II,V5\n${rows.join('\n')}\n`);
    const argv = [
      '--rate',
      '200',
      '--window',
      '1',
      '--batch-size',
      '2',
      '--detrend',
      'linear',
      '--steps',
      '2',
      '--overwrite',
      '--out',
      at('torn'),
    ];
    const { code, out, err } = await spotr(...argv, at('wave.csv'));
    expect(err).toEqual([]);
    expect(code).toBe(0);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toContain('1 recording, windows of 1 s at 200 Hz, mains hum notched out where there is any');
    expect(text).toContain('ecg 2 channels (II, V5): 18 windows to train on, 2 to measure on');
    expect(text).toMatch(/held-out loss predicting zero ratio windows ecg [01]\.\d{4}/);
    const { data } = JSON.parse(readFileSync(at('torn', 'config.json'), 'utf8'));
    expect(data.groups).toMatchObject([
      { heldOut: 'the last 10 % of each recording held out', heldOutRecordings: [at('wave.csv')] },
    ]);
    const { metadata } = decodeSafetensors(readFileSync(at('torn', 'encoder.safetensors')), 'encoder');
    expect(metadata).toMatchObject({ window: '1', detrend: 'linear' });
    expect(metadata.bandPass).toBeUndefined();
    expect(existsSync(at('torn', 'reconstruction-ecg.svg'))).toBe(true);
    expect(existsSync(at('torn', 'reconstruction-ppg.svg'))).toBe(false);
  });

  it.each([
    ['a file that is not there', ['nowhere.edf'], /nowhere\.edf: there is no such file or folder\.$/],
    ['no adapter', ['--adapter', 'Voodoo2'], /no WebGPU adapter that fits 'Voodoo2'/],
    [
      'options for files without files',
      ['--mains', '60'],
      /--mains is for recordings, but no file or folder is named/,
    ],
    ['two ways to treat a run', ['--resume', '--overwrite'], /--resume and --overwrite exclude each other/],
    ['overwriting nothing in particular', ['--overwrite', '--out', ''], /--out is "", but must be not empty/],
  ])('ends with one sentence for %s, and leaves nothing', async (_, argv, message) => {
    const result = await spotr('--out', at('none'), ...argv);
    expect(result.code).toBeGreaterThan(0);
    expect(result.err).toHaveLength(1);
    expect(result.err[0]).toMatch(message);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('names the channel that spoils a recording', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => `${Math.sin(i / 9).toFixed(4)},NaN`);
    writeFileSync(at('broken.csv'), `II,V5\n${rows.join('\n')}\n`);
    const result = await spotr('--out', at('none'), '--rate', '200', at('broken.csv'));
    expect(result.code).toBe(1);
    expect(result.err).toHaveLength(1);
    expect(result.err[0]).toMatch(/broken\.csv: the channel "V5" holds no numbers.*--channels II\.$/);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('says how units were converted and how much of a short window is padding', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) =>
      (2e-5 * Math.sin(i / 9 + Math.sin(i))).toExponential(4),
    );
    writeFileSync(at('volts.csv'), `EEG Fz (V)\n${rows.join('\n')}\n`);
    const argv = ['--rate', '200', '--mains', 'none', '--batch-size', '2', '--steps', '1', at('volts.csv')];
    const run = async (window: string) => {
      const { err, out } = await spotr('--out', at('volts'), '--overwrite', '--window', window, ...argv);
      expect(err).toEqual([]);
      const { predictZeroLoss } = JSON.parse(readFileSync(at('volts', 'summary.json'), 'utf8'));
      return { text: out.replace(/\s+/g, ' '), predictZeroLoss };
    };
    const whole = await run('1');
    expect(whole.text).toContain('units V to uV: x 1e6');
    expect(whole.text).toContain('training 1 step of 2 windows');
    expect(whole.text).not.toContain('padding');
    // In volts it would be 0.87. What is left to 1 is the n - 1 of the standard deviation.
    expect(whole.predictZeroLoss).toBeCloseTo(199 / 200, 3);
    const short = await run('0.3');
    expect(short.text).toContain('windows of 0.3 s are filled up with zeros to 1 s: 70 % of what');
    expect(short.predictZeroLoss).toBeCloseTo((0.3 * 59) / 60, 3);
    expect((await run('0.7')).text).not.toContain('padding');
  });

  it('says of a file without a single number that it holds none, once', async () => {
    writeFileSync(at('empty.csv'), `II\n${'NaN\n'.repeat(2000)}`);
    const result = await spotr('--out', at('none'), '--rate', '200', at('empty.csv'));
    expect(result.err).toEqual([
      `spotr pretrain: ${at('empty.csv')}: no channel is left to use: "II" holds no numbers (all its samples are missing).`,
    ]);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('stops when training diverges, and keeps the checkpoint from before', async () => {
    // A decay of ten times the rate of one turns every weight to minus nine times itself, step after step.
    const wild = [...QUICK, '--lr', '1', '--weight-decay', '10', '--schedule', 'constant', '--steps', '200'];
    const result = await spotr('--out', at('wild'), ...wild);
    expect(result).toMatchObject({
      code: 1,
      err: [
        expect.stringMatching(
          /The (loss|gradient norm) of step \d+ is .*diverged.*--lr.* checkpoint, of step \d+, is in/,
        ),
      ],
    });
    const { step } = JSON.parse(readFileSync(at('wild', 'state.json'), 'utf8'));
    expect(result.err[0]).toContain(`of step ${step}, is in`);
    expect(losses('wild').at(-1).step).toBeGreaterThanOrEqual(step);
    const { tensors } = decodeSafetensors(readFileSync(at('wild', 'encoder.safetensors')), 'encoder');
    for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
    expect(existsSync(at('wild', 'summary.json'))).toBe(false);
  });

  it('keeps the losses of a run that fails before its first checkpoint', async () => {
    const train = Pretrainer.prototype.train;
    let calls = 0;
    vi.spyOn(Pretrainer.prototype, 'train').mockImplementation(function (this: Pretrainer, ...args) {
      if (++calls === 8) throw new EngineError('the device was lost: driver reset');
      return train.apply(this, args);
    });
    const result = await spotr('--out', at('lost'), ...QUICK, '--checkpoint-every', '100');
    expect(result).toMatchObject({ code: 1, err: [expect.stringMatching(/the device was lost/)] });
    expect(result.out.replace(/\s+/g, ' ')).toContain(
      'stopped It had not come to a checkpoint yet; its losses are in',
    );
    expect(readdirSync(at('lost')).sort()).toEqual(['config.json', 'metrics.jsonl']);
    expect(losses('lost').map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    await expect(pretrain('lost', ['--resume'])).rejects.toThrow(/no checkpoint to resume from.*--overwrite/);
    expect(existsSync(at('lost', 'metrics.jsonl'))).toBe(true);
  });

  it('refuses a batch that the device cannot hold, and leaves nothing', async () => {
    const { limits } = (await requestAdapter()).adapter;
    // The stem alone keeps 32 numbers a sample.
    const batch = Math.ceil(limits.maxStorageBufferBindingSize / (32 * 12_800 * 4)) + 1;
    const argv = ['--modality', 'ppg', '--window', '64', '--batch-size', String(batch)];
    const result = await spotr('--out', at('none'), ...argv);
    expect(result).toMatchObject({
      code: 1,
      err: [expect.stringMatching(/MiB.* this device allows .* smaller batch/)],
    });
    expect(existsSync(at('none'))).toBe(false);
  });

  it('saves at Ctrl-C, says how to go on, and ends with 130', async () => {
    const program = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
    const argv = ['pretrain', ...QUICK, '--steps', '100000', '--out', 'stopped'];
    const child = spawn(process.execPath, [program, ...argv], { cwd: home });
    let said = '';
    let sent = false;
    child.stdout.on('data', (text: Buffer) => {
      said += String(text);
      if (sent || !said.includes('/100000')) return;
      sent = true;
      // As npm does: the same keystroke arrives twice.
      child.kill('SIGINT');
      child.kill('SIGINT');
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(said).toMatch(
      /Interrupted after step (\d+) of 100000; everything is saved\. To go on:\n {2}npx spotr pretrain --resume --out stopped/,
    );
    expect(code).toBe(130);
    const { step } = JSON.parse(readFileSync(at('stopped', 'state.json'), 'utf8'));
    expect(losses('stopped').at(-1).step).toBe(step);
    expect(said).toContain(`after step ${step} of`);
  });
});
