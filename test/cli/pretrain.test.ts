import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { requestAdapter } from '#platform';
import { decodeSafetensors } from '../../checkpoint/safetensors.ts';
import { command } from '../../cli/command.ts';
import { readEncoder } from '../../cli/common/weights/encoder.ts';
import type { PcaLoss } from '../../workflows/index.ts';
import { lacksHalf } from '../support/half.ts';
import { at, losses, pretrain, QUICK, spotr, useFolder } from './pretrain-fixture.ts';

useFolder();

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
    const { yardsticks, patchShare } = summary.modalities.ppg;
    expect(yardsticks.pca.map(({ components, windows }: PcaLoss) => [components, windows])).toEqual([
      [32, 2048],
      [64, 2048],
    ]);
    // What any run of this seed is measured against, whatever was learned.
    expect(yardsticks.positionBlindLoss / summary.predictZeroLoss).toBeCloseTo(0.763, 3);
    expect(yardsticks.pca[0].loss).toBeLessThan(0.01);
    expect(patchShare).toBeGreaterThanOrEqual(0);
    const floor = `position-blind floor ${yardsticks.positionBlindLoss.toFixed(3)}`;
    for (const name of ['loss.svg', 'reconstruction-ppg.svg'])
      expect(readFileSync(at('whole', name), 'utf8')).toContain(floor);
    const page = readFileSync(at('whole', 'report.html'), 'utf8');
    expect(page).toContain('<th>floor</th><th>PCA-32</th><th>windows</th>');
    expect(page).toContain('ended above the position-blind floor');
    expect(page).toMatch(/auxiliary<\/\w+>\s*<\w+>linear</);
    const read = (name: string) => decodeSafetensors(readFileSync(at('whole', `${name}.safetensors`)), name);
    expect(read('encoder').metadata).toMatchObject({ step: '9', size: 'tiny', window: '1' });
    const count = ['encoder', 'decoder'].reduce(
      (sum, name) => sum + [...read(name).tensors.values()].reduce((a, { data }) => a + data.length, 0),
      0,
    );
    expect(count).toBe(summary.parameters);
  });

  it('makes the page of a run that was not compared, as runs were before', async () => {
    cpSync(at('whole'), at('before'), { recursive: true });
    const path = at('before', 'summary.json');
    const summary = JSON.parse(readFileSync(path, 'utf8'));
    delete summary.modalities.ppg.yardsticks;
    delete summary.modalities.ppg.patchShare;
    writeFileSync(path, JSON.stringify(summary));
    vi.spyOn(console, 'log').mockReturnValue();
    expect(await command(['report', at('before')])).toBe(0);
    // Its pictures were drawn when it ended.
    const page = readFileSync(at('before', 'report.html'), 'utf8').replace(
      /<img[^>]*reconstruction over[^>]*>/g,
      '',
    );
    expect(page).toContain('<th>ratio</th><th>windows</th>');
    expect(/floor|PCA-32/.test(page)).toBe(false);
    expect(page).toContain(summary.modalities.ppg.ratio.toFixed(3));
  });

  it('prints the table and what it amounts to within 80 columns, quiet or not', async () => {
    const width = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
    Object.defineProperty(process.stdout, 'columns', { value: 80, configurable: true });
    onTestFinished(() => {
      if (width) Object.defineProperty(process.stdout, 'columns', width);
      else Reflect.deleteProperty(process.stdout, 'columns');
    });
    const { code, out } = await spotr(
      ...QUICK.slice(0, -4),
      '--steps',
      '1',
      '--recipe',
      'paper',
      '--quiet',
      '--out',
      at('quiet'),
    );
    expect(code).toBe(0);
    // But for the folder, which is as long as it is.
    for (const line of out.replaceAll(at('quiet'), 'x').split('\n'))
      expect(line.length).toBeLessThanOrEqual(80);
    expect(out).toMatch(/held-out loss +predicting zero +ratio +floor +PCA-32 +windows\n +ppg/);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toContain(
      'PCA-32, the best linear code of 32 numbers a window, fitted to 2,048 training windows.',
    );
    expect(text).toMatch(
      /ppg \([\d.]+; floor 0\.763\) ended above the position-blind floor.*; train longer \(--steps\) or from other position tables \(--position-init normal/,
    );
    expect(text).not.toContain('--window');
    expect(out).not.toContain('adapter');
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
