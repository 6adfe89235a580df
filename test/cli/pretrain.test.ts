import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { requestAdapter } from '#platform';
import { command } from '../../cli/command.ts';
import { readEncoder } from '../../cli/embed/weights.ts';
import { decodeSafetensors } from '../../model/checkpoint/safetensors.ts';
import { lacksHalf } from '../support/half.ts';
import { at, losses, pretrain, QUICK, spotr } from './pretrain-fixture.ts';

const noHalf = await lacksHalf('that spotr pretrain refuses --precision f16');

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

  it.runIf(noHalf)('says what the adapter lacks for --precision f16 and leaves nothing behind', async () => {
    const { code, err } = await spotr(...QUICK, '--precision', 'f16', '--out', at('no-half'));
    expect(code).toBe(1);
    expect(err.join('\n')).toMatch(/has no "shader-f16".*--precision f32/);
    expect(existsSync(at('no-half'))).toBe(false);
  });
});
