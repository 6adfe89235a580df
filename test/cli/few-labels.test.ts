import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../checkpoint/safetensors.ts';
import { readResult } from '../../cli/common/labelled/result-file.ts';
import { type ChannelContract, readContract } from '../../data/index.ts';
import { spotr } from '../support/spotr-command.ts';
import { type LabelledFixture, labelledFixture } from './labelled-fixture.ts';

let fixture: LabelledFixture;
beforeAll(() => {
  fixture = labelledFixture();
});
afterAll(() => fixture.remove());

describe('spotr fewshot', () => {
  it('makes a table for each number of shots, from the same draws for every row', async () => {
    const { at, weights } = fixture;
    const { code, out, err } = await spotr(
      ...['fewshot', at('m.jsonl'), '--weights', weights, '--shots', '1,8', '--draws', '6'],
      ...['--resamples', '100', '--out', at('few')],
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/1 window of each class +AUROC.*\n(?:.*\n)* {2}8 windows of each class +AUROC/);
    const { tables } = readResult(at('few'));
    expect(tables.map(({ rows }) => rows.map(({ seeds }) => seeds.length))).toEqual([
      Array(11).fill(6),
      Array(11).fill(6),
    ]);
    const features = tables.map(
      ({ rows }) => rows.find(({ id }) => id === 'handcrafted')?.seeds.map(({ auroc }) => auroc) ?? [],
    );
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(features[1] ?? [])).toBeGreaterThan(mean(features[0] ?? []));
    expect(new Set(features[0]).size).toBeGreaterThan(1);
  });

  it('refuses more shots than there are windows, naming the classes', async () => {
    const { at, weights } = fixture;
    const { code, err } = await spotr(
      ...['fewshot', at('m.jsonl'), '--weights', weights, '--shots', '99', '--out', at('none')],
    );
    expect(code).toBe(1);
    expect(err).toMatch(
      /There are not 99 training windows of each class: eyes closed has \d+, eyes open has \d+; give fewer --shots/,
    );
    expect(existsSync(at('none'))).toBe(false);
    expect((await spotr('fewshot', at('m.jsonl'), '--shots', '0')).err).toMatch(
      /--shots is "0", but must be whole numbers from 1/,
    );
  });
});

describe('spotr finetune', () => {
  it('tunes all weights, and leaves a classifier that embed takes', async () => {
    const { at, weights } = fixture;
    const { code, out, err } = await spotr(
      ...['finetune', at('m.jsonl'), '--weights', weights, '--seeds', '1', '--epochs', '2', '--lr', '1e-3'],
      ...['--resamples', '100', '--no-scratch', '--out', at('tuned')],
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/SPOTR, all weights tuned\s+\d\.\d{3}/);
    expect(out).not.toMatch(/from random weights/);
    const { tables } = readResult(at('tuned'));
    expect(tables[0]?.rows[0]?.histories?.[0]).toHaveLength(2);
    const file = at('tuned', 'classifier.safetensors');
    const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
    expect(JSON.parse(metadata.classes ?? '')).toEqual(['eyes closed', 'eyes open']);
    const { montages, windows, kinds } = readContract(metadata, file) as ChannelContract;
    expect({ windows, kinds, count: montages.length }).toEqual({ windows: [2], kinds: ['eeg'], count: 1 });
    expect(montages[0]).toMatchObject({ channels: [{ name: 'Fp1' }, { name: 'Fp2' }] });
    expect(tensors.get('classification_head.bias')?.shape).toEqual([2]);
    const embedded = await spotr(
      ...['embed', at('eyes', 's0.csv'), '--rate', '200', '--weights', at('tuned')],
      ...['--out', at('e.csv')],
    );
    expect(embedded.err).toBe('');
    // Cut as it was tuned: to the labelled stretches of two seconds.
    expect(embedded.out).toContain('of 2 s at 200 Hz, as the weights were trained');
    expect(readFileSync(at('e.csv'), 'utf8').trim().split('\n')).toHaveLength(7);
  });
});
