/** What the original C programs (rdsamp, rdann) print for known records, and the checksums in their headers. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../base/bytes.ts';
import { readWfdbAnnotations } from '../../data/formats/wfdb/annotations.ts';
import { parseWfdbHeader } from '../../data/formats/wfdb/header.ts';
import { isMaster } from '../../data/formats/wfdb/master.ts';
import { openWfdb } from '../../data/formats/wfdb/wfdb.ts';
import type { Annotation, Recording } from '../../data/recording.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { sharedSignals } from './shared-signals.ts';
import { annotationBytes, fileSet, format16 } from './writers.ts';

const folder = sharedSignals('wfdb-outputs.test.ts');
const root = join(folder ?? '', 'ecg/wfdb');

const open = async (path: string): Promise<Recording> =>
  openWfdb(await nodeFileSource(join(root, path)), async (name) => {
    const full = join(root, dirname(path), name);
    return existsSync(full) ? nodeFileSource(full) : undefined;
  });

/** What rdann prints of an annotation after its time: sample, symbol, subtype, channel, num and what it says. */
const printed = ({ sample, symbol, subtype, channel, num, aux }: Annotation) =>
  `${String(sample).padStart(9)}     ${symbol}${[subtype, channel, num].map((value) => String(value).padStart(5)).join('')}${aux === undefined ? '' : `\t${aux}`}`;

/** The columns of rdsamp's output. */
function columnsOf(file: string): number[][] {
  const bytes = readFileSync(join(root, 'expected', file));
  const rows = String(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  return (rows[0] as number[]).map((_, column) => rows.map((row) => row[column] as number));
}

/** Digital values by the gain and baseline in the header. */
async function digitalOf(path: string, recording: Recording, index: number, start: number, count: number) {
  const text = readFileSync(join(root, path), 'latin1');
  const { gain, baseline } = parseWfdbHeader(text, path).signals[index] as { gain: number; baseline: number };
  const [values] = (await recording.read([index], start, count)) as [Float64Array];
  return values.map((value) => Math.round(value * gain + baseline));
}

/** Output, header, first sample, signals in the output's order, and whether its values are physical ones. */
const OUTPUTS: [string, string, number, number[], boolean][] = [
  ['record-1a', 'test01_00s.hea', 0, [0, 1, 2, 3], false],
  ['record-1b', 'a103l.hea', 12_500, [2, 0], true],
  ['record-1c', 'a103l.hea', 20_000, [0, 1], false],
  ['record-1d', '3000003_0003.hea', 125, [1], true],
  ['record-1f.gz', 'binformats.hea', 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], false],
  ['record-2b', '100.hea', 1, [1], false],
  ['record-2c', '100_3chan.hea', 0, [0, 1, 2], true],
  ['record-2d', '310derive.hea', 2, [0, 1], false],
  ['record-2e', '311derive.hea', 1, [0], true],
  ['record-multi-fixed-c', 'multi-segment/fixed1/v102s.hea', 70_000, [1, 0, 3], true],
];

describe.runIf(folder)('rdsamp', () => {
  it.each(OUTPUTS)('%s of %s', async (file, path, start, signals, isPhysical) => {
    const recording = await open(path);
    const columns = columnsOf(file);
    expect(columns.length).toBe(signals.length);
    for (const [column, wanted] of columns.entries()) {
      const index = signals[column] as number;
      if (!isPhysical) {
        expect([...(await digitalOf(path, recording, index, start, wanted.length))]).toEqual(wanted);
        continue;
      }
      const [values] = (await recording.read([index], start, wanted.length)) as [Float64Array];
      // A missing sample is printed as "-".
      values.forEach((value, i) => {
        if (Number.isNaN(wanted[i])) expect(value).toBeNaN();
        else expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(6e-9);
      });
    }
  });

  it('record-4a and record-4d: skew, and two samples a frame', async () => {
    const path = 'test01_00s_skewframe.hea';
    const recording = await open(path);
    const [low, high] = [columnsOf('record-4a'), columnsOf('record-4d')];
    for (const [index, samples] of [1, 2, 1].entries()) {
      const frames = low[index]?.length ?? 0;
      const digital = await digitalOf(path, recording, index, 0, frames * samples);
      // At the frame rate, rdsamp gives the mean of a frame, rounded towards zero.
      const means = Array.from(
        { length: frames },
        (_, i) =>
          // Without the -0 of small negative means.
          0 + Math.trunc(digital.slice(i * samples, (i + 1) * samples).reduce((a, b) => a + b) / samples),
      );
      expect(means).toEqual(low[index]);
      const twice = Array.from(
        { length: 2 * frames },
        (_, i) => digital[samples === 2 ? i : i >> 1] as number,
      );
      expect(twice.map((value) => value / 100)).toEqual(high[index]);
    }
  });
});

describe.runIf(folder)('rdann', () => {
  it.each([
    ['100.atr', 'ann-1', 360],
    ['12726.anI', 'ann-2', 250],
    ['1003.atr', 'ann-3', 360],
  ])('%s', async (file, output, rate) => {
    const found = await readWfdbAnnotations(await nodeFileSource(join(root, file)), rate);
    const lines = readFileSync(join(root, 'expected', output), 'utf8')
      .split('\n')
      .filter(Boolean);
    expect(found.length).toBe(lines.length);
    found.forEach((annotation, i) => {
      expect(lines[i]?.endsWith(printed(annotation)), `${lines[i]}: ${printed(annotation)}`).toBe(true);
      expect(annotation.onset).toBeCloseTo((annotation.sample ?? -1) / rate, 9);
    });
  });
});

describe('checksums of the header', () => {
  /** Sums of all samples, modulo 2^16, where none is missing. */
  async function compare(text: string, recording: Recording): Promise<number> {
    let compared = 0;
    for (const [index, { checksum, gain, baseline, skew }] of parseWfdbHeader(text, 'r').signals.entries()) {
      const { length } = recording.channels[index] as { length: number };
      const [values] = (await recording.read([index], 0, length)) as [Float64Array];
      if (checksum === undefined || skew > 0 || values.some(Number.isNaN)) continue;
      const sum = values.reduce((all, value) => all + Math.round(value * gain + baseline), 0);
      expect((((sum - checksum) % 65_536) + 65_536) % 65_536, `${recording.name} signal ${index}`).toBe(0);
      compared++;
    }
    return compared;
  }

  it('agree with what is read, in a record of our own', async () => {
    const values = Array.from({ length: 400 }, (_, i) => ((i * 7919) % 60_001) - 30_000);
    const text = `r 1 100 400\nd 16 10(-3)/mV 16 0 0 ${values.reduce((a, b) => a + b) % 65_536} 0 a`;
    const { source, find } = fileSet({ 'r.hea': text, d: format16(values) });
    expect(await compare(text, await openWfdb(source('r.hea'), find))).toBe(1);
  });

  it.runIf(folder)(
    'agree with what is read, in known records',
    async () => {
      let compared = 0;
      for (const path of readdirSync(root, { recursive: true }).map(String)) {
        // Copies of headers of other records keep the checksums of those.
        if (!path.endsWith('.hea') || /\/v102s_[23]|no-len|_frame|skew/.test(path)) continue;
        const text = readFileSync(join(root, path), 'latin1');
        if (isMaster(text) || /^(1003|12726)\.hea$|_layout/.test(path)) continue;
        compared += await compare(text, await open(path));
      }
      expect(compared).toBeGreaterThan(30);
    },
    30_000,
  );
});

describe('annotation files', () => {
  const source = (words: number[]) => memorySource('r.atr', annotationBytes(words));
  const read = (words: number[]) => readWfdbAnnotations(source(words), 100);
  /** A word of a code and ten bits. */
  const word = (code: number, low: number) => (code << 10) | (low & 1023);
  const aux = (text: string) => [
    word(63, text.length),
    ...Array.from(
      { length: Math.ceil(text.length / 2) },
      (_, i) => text.charCodeAt(2 * i) | ((text.charCodeAt(2 * i + 1) || 0) << 8),
    ),
  ];

  it('count time by intervals and long skips, forwards and back', async () => {
    const found = await read([
      word(1, 50),
      word(59, 0),
      1,
      2,
      word(5, 10),
      word(59, 0),
      0xffff,
      0xfff6,
      word(28, 4),
      0,
    ]);
    expect(found.map(({ sample, symbol, text }) => [sample, symbol, text])).toEqual([
      [50, 'N', 'N'],
      [50 + 65_538 + 10, 'V', 'V'],
      [65_598 - 10 + 4, '+', '+'],
    ]);
    expect(found[1]?.onset).toBeCloseTo(655.98, 9);
  });

  it('keep channel and num for what follows, and subtype and words for one annotation', async () => {
    const found = await read([
      ...[word(1, 1), word(62, 3), word(60, -2), word(61, -1), ...aux('(AF')],
      ...[word(1, 1), word(0, 5), word(49, 1), word(62, 0), word(15, 1), 0],
    ]);
    expect(
      found.map(({ symbol, subtype, channel, num, text }) => [symbol, subtype, channel, num, text]),
    ).toEqual([
      ['N', -1, 3, -2, '(AF'],
      ['N', 0, 3, -2, 'N'],
      ['[49]', 0, 0, -2, '[49]'],
      ['[15]', 0, 0, -2, '[15]'],
    ]);
    expect(found[0]?.aux).toBe('(AF');
    expect('aux' in (found[1] as Annotation)).toBe(false);
  });

  it('may state the resolution of their times, and the meaning of codes', async () => {
    const words = [
      ...[word(22, 0), ...aux('## time resolution: 1000')],
      ...[word(22, 0), ...aux('## annotation type definitions')],
      ...[word(22, 0), ...aux('42 Z something of our own')],
      ...[word(22, 0), ...aux('## end of definitions')],
      ...[word(42, 505), word(22, 0), ...aux('## no definition'), 0],
    ];
    const found = await read(words);
    expect(found.map(({ onset, sample, symbol }) => [onset, sample, symbol])).toEqual([
      [0.505, 51, 'Z'],
      [0.505, 51, '"'],
    ]);
    // Without a record the ticks are all that is known.
    expect((await readWfdbAnnotations(source(words), undefined))[0]).toMatchObject({
      onset: 0.505,
      sample: 505,
    });
  });

  it('are refused by their place where they are damaged', async () => {
    await expect(read([word(1, 5)])).rejects.toThrow(/r\.atr, byte 2: ends without the mark of an end/);
    await expect(read([word(1, 5), word(55, 0), 0])).rejects.toThrow(/byte 2: has the annotation code 55/);
    await expect(read([word(1, 5), word(63, 40), 0])).rejects.toThrow(
      /byte 4: ends inside an annotation: 40 bytes/,
    );
    await expect(read([word(59, 0), 1])).rejects.toThrow(/byte 2: ends inside an annotation: 4 bytes/);
    await expect(readWfdbAnnotations(source([word(1, 5), 0]), undefined)).rejects.toThrow(
      /neither it nor a header says.*\(\.hea\) beside it/,
    );
  });
});
