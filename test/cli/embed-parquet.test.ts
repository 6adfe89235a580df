import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { NOTICE } from '../../cli/common/embed/facts.ts';
import { embed } from '../../cli/embed.ts';
import { type ManifestEntry, writeManifest } from '../../data/index.ts';
import { readParquet } from '../support/embeddings.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { writeEncoder } from '../support/weights.ts';

let folder: string;
let lines: string[];
const at = (name: string) => join(folder, name);
const wanted = (...argv: string[]) => ['--mains', 'none', '--weights', at('weights'), ...argv];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spotr-parquet-'));
  writeEncoder(at('weights'));
  writeSignals(at('b.npy'), { seconds: 4, seed: 1 });
  writeSignals(at('a.npy'), { seconds: 3, seed: 2, channels: 3 });
  const labels = [
    { start: 0, seconds: 1.6, label: 'rest' },
    { start: 1.6, seconds: 0.9, label: 'task' },
  ];
  const entries: ManifestEntry[] = [
    { path: 'b.npy', rate: 200, modality: 'eeg', dataset: 'D', subject: 's1', split: 'test', labels },
    { path: 'a.npy', rate: 200 },
  ];
  writeFileSync(at('m.jsonl'), writeManifest({ entries, skipped: [] }));
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => vi.restoreAllMocks();
});

it('writes a row a window with all that a manifest says, sorted by recording', async () => {
  expect(await embed([...wanted('--out', at('m.parquet')), at('m.jsonl')])).toBe(0);
  const { rows, said, metadata } = await readParquet(at('m.parquet'));
  const { embedding, ...first } = rows[3] ?? {};
  expect(first).toEqual({
    ...{ recording: at('b.npy'), start: 0, seconds: 1, channels: ['1', '2'] },
    ...{ dataset: 'D', modality: 'eeg', subject: 's1', split: 'test', label: 'rest' },
  });
  expect(embedding).toHaveLength(64);
  expect(rows.map(({ recording, start }) => `${recording.slice(-5)} ${start}`)).toEqual([
    ...['a.npy 0', 'a.npy 1', 'a.npy 2', 'b.npy 0', 'b.npy 1', 'b.npy 2', 'b.npy 3'],
  ]);
  // Of the window from 1 s 0.6 s are rest; of that from 2 s half is task; then there is nothing.
  expect(rows.slice(3).map(({ label }) => label)).toEqual(['rest', 'rest', 'task', null]);
  expect(rows[0]).toMatchObject({ channels: ['1', '2', '3'] });
  expect(rows[0]?.subject).toBeNull();
  expect(said).toMatchObject({
    'spotr.notice': NOTICE,
    'spotr.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
    'spotr.weights': expect.stringMatching(/^[0-9a-f]{64}$/),
    'spotr.recordings': expect.stringMatching(/^[0-9a-f]{64}$/),
    'spotr.encoder': expect.stringContaining('64 wide'),
    'spotr.adapter': expect.stringMatching(/./),
  });
  expect(JSON.parse(said['spotr.settings'] ?? '')).toMatchObject({
    window: 1,
    stride: 1,
    mains: 'none',
    heads: 8,
  });
  expect('spotr.shard' in said).toBe(false);
  const leaves = metadata.schema.map(({ name, type, repetition_type, converted_type }) =>
    [name, type, repetition_type, converted_type].filter(Boolean).join(' '),
  );
  expect(leaves).toEqual([
    ...[
      'embeddings',
      'recording BYTE_ARRAY REQUIRED UTF8',
      'start DOUBLE REQUIRED',
      'seconds DOUBLE REQUIRED',
    ],
    ...['channels REQUIRED LIST', 'list REPEATED', 'element BYTE_ARRAY REQUIRED UTF8'],
    ...['dataset', 'modality', 'subject', 'split', 'label'].map((name) => `${name} BYTE_ARRAY OPTIONAL UTF8`),
    ...['embedding REQUIRED LIST', 'list REPEATED', 'element FLOAT REQUIRED'],
  ]);
  expect(lines.join(' ')).toContain('7 embeddings of 64 values');
  expect(lines.join(' ').replace(/\s+/g, ' ')).toContain(NOTICE);
  expect(existsSync(at('m.parquet.partial'))).toBe(false);
});

it('has the same in .csv and .npy, with the facts beside them', async () => {
  for (const out of ['m.csv', 'm.npy'])
    expect(await embed([...wanted('--out', at(out)), at('m.jsonl')])).toBe(0);
  const { rows, said } = await readParquet(at('m.parquet'));
  const csv = readFileSync(at('m.csv'), 'utf8').trim().split('\n').slice(1);
  expect(csv[3]?.split(',').slice(1, 9)).toEqual(['0', '1', '1;2', 'D', 'eeg', 's1', 'test', 'rest']);
  const values = csv.map((row) =>
    row
      .split(',')
      .slice(9)
      .map((text) => Math.fround(Number(text))),
  );
  expect(values).toEqual(rows.map(({ embedding }) => embedding));
  const windows = readFileSync(at('m.windows.csv'), 'utf8').trim().split('\n');
  expect(windows).toEqual(
    readFileSync(at('m.csv'), 'utf8')
      .trim()
      .split('\n')
      .map((row) => row.split(',').slice(0, 9).join(',')),
  );
  for (const out of ['m.csv', 'm.npy']) {
    const about = JSON.parse(readFileSync(at(`${out}.about.json`), 'utf8'));
    expect(about).toEqual({ ...said, 'spotr.settings': JSON.parse(said['spotr.settings'] ?? '') });
  }
});

it('gives the same whatever the size of batches and the order of the command line', async () => {
  const files = [at('a.npy'), at('b.npy')];
  const argv = [...SIGNAL_OPTIONS, '--weights', at('weights')];
  expect(await embed([...argv, '--out', at('x.npy'), ...files])).toBe(0);
  expect(
    await embed([...argv, '--out', at('y.npy'), '--batch-size', '3', ...files.reverse(), at('a.npy')]),
  ).toBe(0);
  const [x, y] = [readFileSync(at('x.npy')), readFileSync(at('y.npy'))];
  const floats = (bytes: Buffer) =>
    new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length));
  expect(floats(y)).toHaveLength(7 * 64);
  const difference = floats(x).map((value, i) => Math.abs(value - (floats(y)[i] ?? 0)));
  expect(Math.max(...difference)).toBeLessThan(1e-5);
  expect(readFileSync(at('x.windows.csv'))).toEqual(readFileSync(at('y.windows.csv')));
});

it('lists what gives no window, and refuses a file that was named and gives none', async () => {
  writeSignals(at('short.npy'), { seconds: 0.5, seed: 3 });
  const entries = ['b.npy', 'short.npy'].map((path): ManifestEntry => ({ path, rate: 200 }));
  writeFileSync(at('short.jsonl'), writeManifest({ entries, skipped: [] }));
  expect(await embed([...wanted('--out', at('s.csv')), at('short.jsonl')])).toBe(0);
  expect(lines.join(' ').replace(/\s+/g, ' ')).toMatch(
    /passed over \S*short\.npy: is shorter than a window of 1 s/,
  );
  const named = [...wanted('--rate', '200', '--out', at('none.csv')), at('b.npy'), at('short.npy')];
  await expect(embed(named)).rejects.toThrow(/short\.npy: is shorter than a window of 1 s/);
  writeFileSync(at('only.jsonl'), writeManifest({ entries: entries.slice(1), skipped: [] }));
  await expect(embed([...wanted('--out', at('none.csv')), at('only.jsonl')])).rejects.toThrow(
    /short\.npy: is shorter/,
  );
  expect(existsSync(at('none.csv'))).toBe(false);
  expect(existsSync(at('none.csv.partial'))).toBe(false);
});

it('says what cannot be: an encoder that is none, a folder that is not there or in the way, no such file', async () => {
  const argv = [...SIGNAL_OPTIONS, at('b.npy')];
  await expect(embed([...argv, '--weights', at('b.npy'), '--out', at('z.parquet')])).rejects.toThrow(
    /b\.npy/,
  );
  await expect(embed([...argv, '--weights', at('weights'), '--out', at('b.npy/z.parquet')])).rejects.toThrow(
    /z\.parquet.* cannot be written \(ENOTDIR/,
  );
  await expect(
    embed([...argv.slice(0, -1), at('gone.npy'), '--weights', at('weights'), '--out', at('z.csv')]),
  ).rejects.toThrow(/gone\.npy: there is no such file/);
  expect(existsSync(at('z.parquet'))).toBe(false);
  mkdirSync(at('dir.csv'));
  await expect(
    embed([...argv, '--weights', at('weights'), '--overwrite', '--out', at('dir.csv')]),
  ).rejects.toThrow(/dir\.csv is a folder, but --out is a file/);
});
