import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../checkpoint/safetensors.ts';
import { at, pretrain, QUICK, spotr, useFolder } from './pretrain-fixture.ts';

useFolder();

describe('spotr pretrain of recordings', () => {
  it('trains on recordings, says what it passed over, and replaces a run when told to', async () => {
    await pretrain('older', [...QUICK.slice(0, -4), '--steps', '1']);
    expect(existsSync(at('older', 'reconstruction-ppg.svg'))).toBe(true);
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
      '--stride',
      '1',
      '--batch-size',
      '2',
      '--detrend',
      'linear',
      '--steps',
      '2',
      '--overwrite',
      '--out',
      at('older'),
    ];
    const { code, out, err } = await spotr(...argv, at('wave.csv'));
    expect(err).toEqual([]);
    expect(code).toBe(0);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toContain('1 recording, windows of 1 s at 200 Hz, mains hum notched out where there is any');
    expect(text).toContain('ecg 2 channels (II, V5): 18 windows for training, 2 held out');
    expect(text).toMatch(/held-out loss predicting zero ratio floor PCA-32 windows ecg [01]\.\d{4}/);
    const { data } = JSON.parse(readFileSync(at('older', 'config.json'), 'utf8'));
    expect(data.groups).toMatchObject([
      { heldOut: 'the last 10 % of each recording held out', heldOutRecordings: [at('wave.csv')] },
    ]);
    const { metadata } = decodeSafetensors(readFileSync(at('older', 'encoder.safetensors')), 'encoder');
    expect(metadata).toMatchObject({ window: '1', detrend: 'linear' });
    expect(metadata.bandPass).toBeUndefined();
    const picture = readFileSync(at('older', 'reconstruction-ecg.svg'), 'utf8');
    for (const channel of ['II', 'V5']) expect(picture).toContain(`>${channel}</text>`);
    expect(picture).not.toMatch(/>ch \d/);
    expect(existsSync(at('older', 'reconstruction-ppg.svg'))).toBe(false);
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
    expect(short.text).toContain(
      'windows of 0.3 s are zero-padded to 1 s: 70 % of the reconstruction target',
    );
    expect(short.predictZeroLoss).toBeCloseTo((0.3 * 59) / 60, 3);
    expect((await run('0.7')).text).not.toContain('padding');
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

  it('says of a file without a single number that it holds none, once', async () => {
    writeFileSync(at('empty.csv'), `II\n${'NaN\n'.repeat(2000)}`);
    const result = await spotr('--out', at('none'), '--rate', '200', at('empty.csv'));
    expect(result.err).toEqual([
      `spotr pretrain: ${at('empty.csv')}: no channel is left to use: "II" holds no numbers (all its samples are missing).`,
    ]);
    expect(existsSync(at('none'))).toBe(false);
  });
});
