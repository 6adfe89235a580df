import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { requestAdapter } from '#platform';
import { decodeSafetensors } from '../../checkpoint/safetensors.ts';
import { EngineError } from '../../engine/errors.ts';
import { Pretrainer } from '../../model/index.ts';
import { at, losses, pretrain, QUICK, spotr, useFolder } from './pretrain-fixture.ts';

useFolder();

describe('spotr pretrain, where it cannot go on', () => {
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

  it('stops when training diverges, and keeps the checkpoint from before', async () => {
    // A decay of three times the rate of one turns every weight to minus twice itself, step after step.
    // The paper's initial weights, which grow slowly enough to come to a checkpoint before.
    const wild = [
      ...QUICK,
      '--recipe',
      'paper',
      '--lr',
      '1',
      '--weight-decay',
      '3',
      '--schedule',
      'constant',
      '--steps',
      '200',
    ];
    const result = await spotr('--out', at('wild'), ...wild);
    expect(result).toMatchObject({
      code: 1,
      err: [
        expect.stringMatching(
          /The (loss|gradient norm) of step \d+ is .*diverged.*--learning-rate.* checkpoint, of step \d+, is in/,
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
      'stopped No checkpoint was saved yet; its losses are in',
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
});
