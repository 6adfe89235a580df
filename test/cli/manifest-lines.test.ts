import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRecordings } from '../../cli/common/recordings.ts';
import { type ManifestEntry, writeManifest } from '../../data/index.ts';

let home: string;
const at = (name: string) => join(home, name);
const wave = (row: number) => Array.from({ length: 64 }, (_, t) => Math.sin(t / 5 + row).toFixed(3));

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-lines-'));
  const header = ['subject', 'label', 'split', ...wave(0).map((_, i) => `s${i}`)].join(',');
  const rows = ['a,0,train', 'a,1,train', 'b,0,test'].map((facts, i) => `${facts},${wave(i).join()}`);
  writeFileSync(at('told.csv'), [header, ...rows, ''].join('\n'));
  writeFileSync(at('plain.txt'), [0, 1, 0, 1, 0].map((c, i) => `${c} ${wave(i).join(' ')}`).join('\n'));
  writeFileSync(at('rows.csv'), 'row,label,split\n0,x,train\n1,y,validation\n4,y,test\n');
  writeFileSync(at('line.csv'), Array.from({ length: 900 }, (_, i) => Math.sin(i / 7)).join());
  writeFileSync(at('wave.csv'), `II\n${Array.from({ length: 900 }, (_, i) => Math.sin(i / 7)).join('\n')}\n`);
});

afterAll(() => rmSync(home, { recursive: true }));

function openLines(...entries: ManifestEntry[]) {
  writeFileSync(at('m.jsonl'), writeManifest({ entries, skipped: [] }));
  return openRecordings([at('m.jsonl')], {});
}

it('opens tables of windows and generated sets that a manifest names, beside files', async () => {
  const { recordings, entries } = await openLines(
    { path: 'wave.csv', rate: 100, split: 'train', dataset: 'd' },
    { path: 'line.csv', rate: 100, channels: ['1'] },
    { path: 'told.csv', rate: 100, modality: 'ppg', dataset: 't', window: 0.64 },
    { path: 'plain.txt', rate: 200, modality: 'ecg', rowLabels: 'rows.csv' },
    { path: 'synthetic:eyes', window: 4 },
  );
  expect(recordings.find(({ name }) => name.endsWith('line.csv'))?.channels[0]?.length).toBe(900);
  const of = (part: string) =>
    recordings
      .filter(({ name }) => name.includes(part))
      .map(({ name, modality, dataset }) => {
        const { split, window, labels } = entries.get(name) ?? {};
        return { modality, dataset, split, window, labels: labels?.map(({ label }) => label) };
      });
  expect(of('wave.csv')).toMatchObject([{ dataset: 'd', split: 'train', window: undefined }]);
  expect(of('told.csv')).toEqual([
    { modality: 'ppg', dataset: 't', split: 'train', window: 0.64, labels: ['0', '1'] },
    { modality: 'ppg', dataset: 't', split: 'test', window: 0.64, labels: ['0'] },
  ]);
  expect(of('plain.txt').map(({ split, labels }) => [split, labels])).toEqual([
    ['train', ['x']],
    ['validation', ['y']],
    ['test', ['y']],
  ]);
  expect(of('synthetic:eyes')).toHaveLength(50);
  expect(new Set(of('synthetic:eyes').map(({ window }) => window))).toEqual(new Set([4]));
});

it('lets what stands in the line decide, and asks for a rate', async () => {
  const { entries } = await openLines({ path: 'told.csv', rate: 100, split: 'test' });
  expect([...entries.values()].map(({ split }) => split)).toEqual(['test', 'test']);
  await expect(openLines({ path: 'told.csv' })).rejects.toThrow(
    /m\.jsonl: "told\.csv" is a table of one window a row; its line needs "rate"/,
  );
});
