import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { HALF_EPSILON } from '../../base/half.ts';
import { encodeSafetensors } from '../../checkpoint/safetensors.ts';
import { command } from '../../cli/command.ts';
import { csvWriter, npyWriter, type RowWriter } from '../../cli/common/embed/tables.ts';
import { UsageError } from '../../cli/common/errors.ts';
import { embed } from '../../cli/embed.ts';
import type { EmbeddingRow } from '../../data/index.ts';
import { goldenFolders } from '../golden/folders.ts';
import { type GoldenFile, readGolden, truthOf } from '../golden/golden-file.ts';
import { firstTokens } from '../golden/models.ts';
import { writeCsv } from '../golden/recordings.ts';
import { relativeError } from '../support/check-op.ts';
import { hasHalf, lacksHalf } from '../support/half.ts';
import { writeEncoder } from '../support/weights.ts';

let folder: string;
let weights: string;
let golden: GoldenFile;
let recordings: string[];
let lines: string[];

const MODEL = 'p100_b2c3t400';
const PLAIN = ['--rate', '200', '--mains', 'none', '--window', '2'];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spotr-embed-'));
  const [subset] = goldenFolders();
  if (!subset) throw new Error('no reference values');
  golden = readGolden(subset, 'models', MODEL);
  weights = join(folder, 'weights.bin');
  writeEncoder(weights);
  recordings = writeCsv(folder, truthOf(golden, 'x'));
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  return () => vi.restoreAllMocks();
});

const at = (name: string) => join(folder, name);

it("gives the authors' first token for a file, as .npy and as .csv", async () => {
  const args = [...PLAIN, '--weights', weights, ...recordings];
  expect(await embed([...args, '--out', at('e.npy')])).toBe(0);
  const { shape, values } = readNpy(at('e.npy'));
  const [batch = 0, , dim = 0] = truthOf(golden, 'tokens').shape;
  expect(shape).toEqual([batch, dim]);
  const expected = firstTokens(Float32Array.from(truthOf(golden, 'tokens').data), [batch, dim]);
  expect(relativeError(values, expected)).toBeLessThan(1e-5);
  const places = readFileSync(at('e.windows.csv'), 'utf8').trim().split('\n');
  expect(places[0]).toBe('recording,start,seconds,channels,dataset,modality,subject,split,label');
  expect(places.slice(1)).toHaveLength(batch);
  expect(places[1]).toMatch(/recording-0\.csv,0,2,A1;A2;A3,,,,,$/);

  expect(await embed([...args, '--out', at('e.csv'), '--batch-size', '1'])).toBe(0);
  const rows = readFileSync(at('e.csv'), 'utf8').trim().split('\n').slice(1);
  const fromCsv = rows.flatMap((row) => row.split(',').slice(9).map(Number));
  expect(relativeError(fromCsv, values)).toBeLessThan(1e-6);
  expect(lines.join('\n')).toContain('2 embeddings of 64 values');
});

const half = await hasHalf('spotr embed --precision f16');
await lacksHalf('that spotr embed refuses --precision f16');

it('gives it stored as f16 but for the rounding, or says what the adapter lacks', async () => {
  const args = [...PLAIN, '--weights', weights, ...recordings, '--precision', 'f16', '--out', at('half.npy')];
  if (!half) {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    expect(await command(['embed', ...args])).toBe(1);
    expect(said.mock.calls.join('\n')).toMatch(/has no "shader-f16".*--precision f32/);
    said.mockRestore();
    expect(existsSync(at('half.npy'))).toBe(false);
    return;
  }
  expect(await embed(args)).toBe(0);
  const [batch = 0, , dim = 0] = truthOf(golden, 'tokens').shape;
  const expected = firstTokens(Float32Array.from(truthOf(golden, 'tokens').data), [batch, dim]);
  const error = relativeError(readNpy(at('half.npy')).values, expected);
  expect(error).toBeLessThan(8 * HALF_EPSILON);
  expect(error).toBeGreaterThan(1e-5);
});

it('gives a row for each window, with its start', async () => {
  const out = at('windows.csv');
  const args = [...PLAIN.slice(0, -1), '0.5', '--stride', '0.25', '--weights', weights, '--out', out];
  expect(await embed([...args, recordings[0] ?? ''])).toBe(0);
  const starts = readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => Number(row.split(',')[1]));
  expect(starts).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]);
});

it('does not write over what is there unless told to', async () => {
  const out = at('kept.npy');
  writeFileSync(at('kept.windows.csv'), 'mine');
  const args = [...PLAIN, '--weights', weights, '--out', out, ...recordings];
  await expect(embed(args)).rejects.toThrow(/kept\.windows\.csv already exists.*--overwrite/);
  expect(existsSync(out)).toBe(false);
  expect(await embed([...args, '--overwrite'])).toBe(0);
  expect(readFileSync(at('kept.windows.csv'), 'utf8')).toMatch(/^recording/);
});

it('says what is missing or does not fit', async () => {
  const [recording = ''] = recordings;
  await expect(embed(['--weights', weights, '--out', at('x.csv')])).rejects.toThrow(/name files or folders/);
  await expect(embed(['--weights', weights, recording])).rejects.toThrow(/--out/);
  await expect(embed(['--weights', weights, '--out', 'x.txt', recording])).rejects.toThrow(UsageError);
  const args = [...PLAIN, '--out', at('x.csv'), '--weights'];
  await expect(embed([...args, at('none.pt'), recording])).rejects.toThrow(/none\.pt/);
  await expect(embed([...args, weights, '--heads', '7', recording])).rejects.toThrow(
    /is not divisible by --heads 7/,
  );
  const cut = new Map([['cls_token', { shape: [1, 1, 8], data: new Float32Array(8) }]]);
  writeFileSync(at('cut.safetensors'), encodeSafetensors(cut));
  await expect(embed([...args, at('cut.safetensors'), recording])).rejects.toThrow(/cut\.safetensors/);
  expect(existsSync(at('x.csv'))).toBe(false);
});

it('writes NumPy files whose values begin at a multiple of 64, and quotes names', () => {
  const rows = [0, 1].map(
    (start): EmbeddingRow => ({
      ...{ recording: 'a, "b".csv', start, seconds: 1, channels: ['Fp1', 'Fp2'], subject: 's1' },
      embedding: Float32Array.of(1 / 3, -1e-30, start),
    }),
  );
  const inPieces = (writer: RowWriter) => {
    for (const row of rows) writer.write([row]);
    writer.finish();
  };
  inPieces(npyWriter(at('small.npy'), rows.length, 3));
  const { shape, values, start } = readNpy(at('small.npy'));
  expect(start % 64).toBe(0);
  expect(shape).toEqual([2, 3]);
  expect([...values]).toEqual(rows.flatMap(({ embedding }) => [...embedding]));
  inPieces(csvWriter(at('small.csv'), 3));
  const [header, row = ''] = readFileSync(at('small.csv'), 'utf8').split('\n');
  expect(header).toMatch(/,label,h0,h1,h2$/);
  expect(row).toMatch(/^"a, ""b""\.csv",0,1,Fp1;Fp2,,,s1,,,/);
  const fields = row.split(',').slice(-3);
  expect(fields.map((text) => Math.fround(Number(text)))).toEqual([...(rows[0]?.embedding ?? [])]);
});

/** By the format's description, not by what the writer does. */
function readNpy(path: string) {
  const bytes = readFileSync(path);
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x93NUMPY\x01\x00', 'latin1'));
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  expect(header).toMatch(/'descr': '<f4'/);
  expect(header).toMatch(/'fortran_order': False/);
  expect(header.endsWith('\n')).toBe(true);
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').map(Number);
  const values = new Float32Array((bytes.length - start) / 4);
  for (let i = 0; i < values.length; i++) values[i] = bytes.readFloatLE(start + i * 4);
  return { shape, values, start };
}
