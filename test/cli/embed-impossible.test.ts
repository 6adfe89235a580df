import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { embed } from '../../cli/embed.ts';
import { BatchEncoder } from '../../workflows/encode.ts';
import { writeEncoder } from '../support/weights.ts';

let folder: string;
let lines: string[];
const at = (name: string) => join(folder, name);
const said = () => lines.join('\n').replace(/\s+/g, ' ');

/** Six seconds of noise at 200 Hz, but one value. */
function writeRecording(name: string, row?: number, value?: string): void {
  const values = Array.from({ length: 1200 }, (_, i) =>
    i === row ? value : (40 * Math.sin(i * i)).toFixed(4),
  );
  writeFileSync(at(name), `EEG Fz\n${values.join('\n')}\n`);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spotr-impossible-'));
  writeEncoder(at('weights.bin'));
  writeRecording('a.csv');
  writeRecording('b.csv', 650, '3.4e38');
  writeRecording('c.csv');
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => vi.restoreAllMocks());

const FILES = ['a.csv', 'b.csv', 'c.csv'];
const argv = (out: string, ...more: string[]) => [
  ...[
    '--weights',
    at('weights.bin'),
    '--rate',
    '200',
    '--mains',
    'none',
    '--window',
    '1',
    '--batch-size',
    '4',
  ],
  ...[...FILES.map(at), '--out', at(out), ...more],
];
const placesIn = (out: string) =>
  readFileSync(at(out), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) =>
      line
        .split(',')
        .slice(0, 2)
        .join(' ')
        .replace(/^\S*\//, ''),
    );

it('drops the window of a value that no recorder delivers, and names file, channel and second', async () => {
  expect(await embed(argv('dropped.csv'))).toBe(0);
  expect(placesIn('dropped.csv')).toHaveLength(17);
  expect(placesIn('dropped.csv')).not.toContain('b.csv 3');
  expect(said()).toMatch(/not used 1 window with impossible values/);
  expect(said()).toMatch(/note \S*b\.csv: "EEG Fz" is 3\.4e\+38 at 3\.25 s, which no recorder delivers/);
  expect(said()).toMatch(/17 embeddings of 64 values/);
});

/** Lets the vectors of some rows, counted over all batches, be none; `stop` fails after so many batches. */
function spoil(rows: readonly number[], stop = Number.POSITIVE_INFINITY) {
  const encode = BatchEncoder.prototype.encode;
  let [seen, batches] = [0, 0];
  return vi.spyOn(BatchEncoder.prototype, 'encode').mockImplementation(async function (
    this: BatchEncoder,
    ...args
  ) {
    if (batches++ === stop) throw new Error('pulled the plug');
    const values = await encode.apply(this, args);
    const [count] = args[1];
    for (const row of rows)
      if (row >= seen && row < seen + count) values[((row - seen) * values.length) / count] = Number.NaN;
    seen += count;
    return values;
  });
}

it('goes on where a vector is not finite, names the window, and resumes to the same bytes', async () => {
  // The second window of a, and the fourth of c.
  spoil([1, 14]);
  expect(await embed(argv('whole.csv'))).toBe(0);
  expect(said()).toMatch(/the embedding of \S*a\.csv at 1 s \(EEG Fz\) is not finite/);
  expect(said()).toMatch(/the embedding of \S*c\.csv at 3 s \(EEG Fz\) is not finite/);
  expect(said()).toMatch(/15 embeddings of 64 values/);
  expect(placesIn('whole.csv')).toHaveLength(15);
  expect(placesIn('whole.csv')).not.toContain('a.csv 1');
  vi.restoreAllMocks();
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  lines = [];

  spoil([1, 14], 1);
  await expect(embed(argv('resumed.csv'))).rejects.toThrow('pulled the plug');
  vi.restoreAllMocks();
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  // Of the four rows that are kept one is spoilt; the tenth of the rest is what was the fourteenth.
  spoil([10]);
  expect(await embed(argv('resumed.csv'))).toBe(0);
  expect(said()).toMatch(/the embedding of \S*a\.csv at 1 s \(EEG Fz\) is not finite/);
  expect(readFileSync(at('resumed.csv')).equals(readFileSync(at('whole.csv')))).toBe(true);
});

it('refuses where no vector is finite, with the first window', async () => {
  spoil(Array.from({ length: 17 }, (_, i) => i));
  await expect(embed(argv('none.csv'))).rejects.toThrow(
    /The embedding of \S*a\.csv at 0 s \(EEG Fz\) is not finite: .* or the weights are unusable/,
  );
});
