import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasHalf } from '../support/half.ts';
import { at, losses, pretrain, QUICK, useFolder } from './pretrain-fixture.ts';

useFolder();

const half = await hasHalf('spotr pretrain --resume of --precision f16');

/** A run that nobody interrupted. */
beforeAll(async () => {
  await pretrain('whole', QUICK);
});

describe('spotr pretrain --resume', () => {
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

  it('compares again where it was interrupted in that, with the same outcome', async () => {
    const first = await pretrain('compared', QUICK, 'comparing');
    expect(first).toMatchObject({ step: 9, steps: 9, outcomes: undefined });
    expect(existsSync(at('compared', 'summary.json'))).toBe(false);
    const summaryOf = (name: string) => JSON.parse(readFileSync(at(name, 'summary.json'), 'utf8'));
    expect((await pretrain('compared', ['--resume'])).outcomes?.size).toBe(1);
    expect(losses('compared')).toEqual(losses('whole'));
    expect(summaryOf('compared').modalities).toEqual(summaryOf('whole').modalities);
  });

  it('refuses to go on with another run than the one in the folder', async () => {
    for (const [argv, message] of [
      [['--lr', '0.5'], /--learning-rate is 0\.5, but the run was started with 0\.004; leave it out/],
      [['--band-pass', '2-30'], /--band-pass is 2-30, but the run was started with none/],
      [['--seed', '2'], /--seed is 2, but the run was started with 1/],
      [['--compaction', 'none'], /--compaction is none, but the run was started with spotr/],
      [['x.edf'], /The run was started on synthetic signals; leave the files out/],
      [['--steps', '3'], /--steps is 3, but the run in .* has done 9 already; give more/],
      [[], /is complete with 9 steps; to train longer, give more --steps/],
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

  it.runIf(half)('goes on with f16 as with f32', async () => {
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

  it('saves at Ctrl-C, says how to go on, and ends with 130', async () => {
    const program = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
    const argv = ['pretrain', ...QUICK, '--steps', '100000', '--out', 'stopped'];
    const child = spawn(process.execPath, [program, ...argv], { cwd: at() });
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
      /Interrupted after step (\d+) of 100000; everything is saved\. To resume:\n {2}npx spotr pretrain --resume --out stopped/,
    );
    expect(code).toBe(130);
    const { step } = JSON.parse(readFileSync(at('stopped', 'state.json'), 'utf8'));
    expect(losses('stopped').at(-1).step).toBe(step);
    expect(said).toContain(`after step ${step} of`);
  });
});
