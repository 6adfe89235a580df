import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../base/bytes.ts';
import { parseWfdbHeader } from '../../data/formats/wfdb/header.ts';
import { type FindFile, openWfdb } from '../../data/formats/wfdb/wfdb.ts';
import { openPaths } from '../../data/open-node.ts';
import type { Recording } from '../../data/recording.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { agrees, sharedSignals, summary } from './shared-signals.ts';
import { fileSet, format8, format16, format212, interleave, wfdbBytes } from './writers.ts';

interface Expected {
  not_readable?: string;
  fs?: number;
  signals?: {
    name: string;
    units: string;
    samps_per_frame?: number;
    n_samples: number;
    /** This and what follows is not given for records that another file gives whole. */
    n_missing?: number;
    phys_first5?: (number | null)[];
    phys_last5?: (number | null)[];
    first_valid_index?: number;
    first_valid5?: number[];
    last_valid_index?: number;
    last_valid5?: number[];
    phys_min?: number | null;
    phys_max?: number | null;
    phys_mean?: number | null;
  }[];
}

type Case = [name: string, expected: Expected, open: () => Promise<Recording>];

const open = (files: Record<string, string | number[]>, header = 'r.hea') => {
  const { source, find } = fileSet(files);
  return openWfdb(source(header), find);
};

function selfWritten(): Case {
  const digital = Array.from({ length: 301 }, (_, i) => ((i * 97) % 1999) - 999);
  digital[4] = -2048;
  const physical = digital.map((value) => (value === -2048 ? null : (value - 24) / 200));
  const known = physical.filter((value) => value !== null);
  const expected: Expected = {
    fs: 360,
    signals: [
      {
        name: 'MLII',
        units: 'mV',
        samps_per_frame: 1,
        n_samples: 301,
        n_missing: 1,
        phys_first5: physical.slice(0, 5),
        phys_last5: physical.slice(-5),
        phys_min: Math.min(...known),
        phys_max: Math.max(...known),
        phys_mean: known.reduce((a, b) => a + b) / known.length,
      },
    ],
  };
  const files = { 'r.hea': 'r 1 360 301\nr.dat 212 200 11 24 0 0 0 MLII\n', 'r.dat': format212(digital) };
  return ['self-written record', expected, () => open(files)];
}

const folder = sharedSignals('wfdb.test.ts');
const cases: Case[] = [selfWritten()];
if (folder) {
  const root = join(folder, 'ecg/wfdb');
  const table = JSON.parse(readFileSync(join(root, 'expected/expected.json'), 'utf8')) as {
    records: Record<string, Expected>;
  };
  const headers = readdirSync(root, { recursive: true }).map(String);
  for (const [name, expected] of Object.entries(table.records)) {
    const path = headers.find((header) => header === `${name}.hea` || header.endsWith(`/${name}.hea`));
    if (!path) throw new Error(`expected.json names ${name}, whose header is not in the folder`);
    const find: FindFile = async (file): Promise<ByteSource | undefined> => {
      const full = join(root, dirname(path), file);
      return existsSync(full) ? nodeFileSource(full) : undefined;
    };
    cases.push([name, expected, async () => openWfdb(await nodeFileSource(join(root, path)), find)]);
  }
}

describe('known records', () => {
  it.each(cases)('%s', async (_, expected, openCase) => {
    if (expected.not_readable) {
      await expect(openCase()).rejects.toThrow(/not there|without samples/);
      return;
    }
    const signals = expected.signals ?? [];
    const recording = await openCase();
    expect(recording.channels.map(({ label, unit, length }) => [label, unit, length])).toEqual(
      signals.map(({ name: label, units, n_samples }) => [label, units, n_samples]),
    );
    for (const [index, signal] of signals.entries()) {
      const { samps_per_frame = 1, n_samples, phys_first5, phys_last5, first_valid5, last_valid5 } = signal;
      expect(recording.channels[index]?.rate).toBeCloseTo((expected.fs ?? 0) * samps_per_frame, 9);
      const [values] = (await recording.read([index], 0, n_samples)) as [Float64Array];
      const { mean, min, max, missing } = summary(values);
      if (signal.n_missing !== undefined) expect(missing).toBe(signal.n_missing);
      const valid = { first: signal.first_valid_index ?? 0, last: (signal.last_valid_index ?? -1) + 1 };
      const head = values.slice(valid.first, valid.first + 5);
      const [first, last] = [phys_first5 ?? first_valid5 ?? [], phys_last5 ?? last_valid5 ?? []];
      const end = valid.last || n_samples;
      const tail = values.slice(end - last.length, end);
      expect(first.length).toBeGreaterThanOrEqual(4);
      first.forEach((value, i) => {
        expect(agrees(head[i] as number, value), `${signal.name}: ${head[i]} for ${value}`).toBe(true);
      });
      last.forEach((value, i) => {
        expect(agrees(tail[i] as number, value), `${signal.name}: ${tail[i]} for ${value}`).toBe(true);
      });
      const { phys_min, phys_max, phys_mean } = signal;
      if (phys_min !== undefined && phys_max !== undefined && phys_mean !== undefined && missing < n_samples)
        expect(agrees(min, phys_min) && agrees(max, phys_max) && agrees(mean, phys_mean)).toBe(true);
    }
  });
});

/** Bits of a sample in each format. */
const BITS = new Map([
  [8, 7],
  ...[16, 24, 32].map((format): [number, number] => [format, format]),
  ...[61, 160].map((format): [number, number] => [format, 16]),
  ...[310, 311].map((format): [number, number] => [format, 10]),
  [80, 8],
  [212, 12],
]);

describe('openWfdb', () => {
  it('reads any stretch of interleaved signals in every format', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...BITS.keys()),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(20),
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        async (format, count, length, offset, part) => {
          const limit = 2 ** ((BITS.get(format) as number) - 1);
          const signals = Array.from({ length: count }, (_, s) =>
            Array.from({ length }, (_, i) => (((i + 3) * (s + 5) * 7919) % (2 * limit)) - limit),
          );
          // The code for a missing sample, wherever the numbers do not reach it themselves.
          if (format !== 8) (signals[0] as number[])[length >> 1] = -limit;
          const values = interleave(signals);
          const body = format === 8 ? format8(values, count) : wfdbBytes(format, values);
          const line = `d ${format}+${offset} 50(7)/mV 12 0 0 0 0 lead`;
          const recording = await open({
            'r.hea': `r ${count} 250 ${length}\n${Array.from({ length: count }, () => line).join('\n')}`,
            d: [...new Array<number>(offset).fill(99), ...body],
          });
          expect(recording.channels[0]?.length).toBe(length);
          const start = Math.floor(part[0] * length);
          const wanted = Math.floor(part[1] * (length - start));
          const read = await recording.read(
            signals.map((_, s) => s),
            start,
            wanted,
          );
          const expected = signals.map((signal) =>
            signal
              .slice(start, start + wanted)
              .map((value) => (format !== 8 && value === -limit ? Number.NaN : (value - 7) / 50)),
          );
          expect(read.map((values) => [...values])).toEqual(expected);
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });

  it('reads differences (format 8) from any place of a long file, in whatever order', async () => {
    // Two samples a frame of one signal, one of the other; longer than what is summed at once.
    const frames = 50_000;
    const wave = (i: number) => Math.round(60 * Math.sin(i / 40));
    const stored: number[] = [];
    const values: [number[], number[]] = [[], []];
    const sums: [number, number] = [-300, 40];
    for (let i = 0; i < 3 * frames; i++) {
      stored.push(wave(i) & 255);
      const signal = i % 3 < 2 ? 0 : 1;
      sums[signal] += wave(i);
      values[signal].push(sums[signal]);
    }
    const recording = await open({
      'r.hea': `r 2 100 ${frames}\nd 8x2 1 8 0 -300 0 0 a\nd 8 1 8 0 40 0 0 b`,
      d: stored,
    });
    const read = async (channel: 0 | 1, start: number, count: number) =>
      expect([...((await recording.read([channel], start, count))[0] ?? [])]).toEqual(
        values[channel].slice(start, start + count),
      );
    await Promise.all([read(0, 90_001, 5), read(1, 49_990, 10), read(1, 16_380, 10)]);
    await read(0, 3, 6);
    await read(1, 0, frames);
  });

  it('knows signals that are not stored (format 0) beside others', async () => {
    const recording = await open({
      'r.hea': 'r 2 100 3\nd 16 1 16 0 0 0 0 a\n~ 0 1 16 0 0 0 0 b',
      d: format16([1, 2, 3]),
    });
    const read = await recording.read([0, 1], 1, 2);
    expect(read.map((values) => [...values])).toEqual([
      [2, 3],
      [Number.NaN, Number.NaN],
    ]);
  });

  it('reads several samples a frame, skew, and signals in several files', async () => {
    // Frames of a, b0, b1; signal a was stored two frames late.
    const recording = await open({
      'r.hea': 'r 3 100 4\nd 16:2 1(0) 16 0 0 0 0 a\nd 16x2 1(0) 16 0 0 0 0 b\ne 16 1(0) 16 0 0 0 0 c',
      d: format16([10, 1, 2, 11, 3, 4, 12, 5, 6, 13, 7, 8]),
      e: format16([21, 22, 23, 24]),
    });
    expect(recording.channels.map(({ rate, length }) => [rate, length])).toEqual([
      [100, 4],
      [200, 8],
      [100, 4],
    ]);
    expect([...((await recording.read([0], 0, 4))[0] as Float64Array)]).toEqual([
      12,
      13,
      Number.NaN,
      Number.NaN,
    ]);
    expect([...((await recording.read([1], 1, 6))[0] as Float64Array)]).toEqual([2, 3, 4, 5, 6, 7]);
    expect([...((await recording.read([2], 0, 4))[0] as Float64Array)]).toEqual([21, 22, 23, 24]);
    await expect(recording.read([0, 1], 0, 2)).rejects.toThrow(/cannot be read together/);
  });

  it('takes the length from the file where the header has none, and says when a file is short', async () => {
    const line = 'd 16 1 16 0 0 0 0 a';
    expect((await open({ 'r.hea': `r 1 100\n${line}`, d: format16([1, 2, 3]) })).channels[0]?.length).toBe(3);
    const short = await open({ 'r.hea': `r 1 100 9\n${line}`, d: format16([1, 2, 3]) });
    expect(short.channels[0]?.length).toBe(3);
    expect(short.notes.join()).toMatch(/cut short: 3 of 9/);
  });

  it('takes a folder in the name of a record for what it is, and a number of segments for that', async () => {
    const there = fileURLToPath(new URL('cases/wfdb-folder-in-record-name', import.meta.url));
    const { recordings } = await openPaths([there]);
    expect(recordings.map(({ channels }) => channels.map(({ rate, length }) => [rate, length]))).toEqual([
      [[500, 5000]],
    ]);
    const signal = 'd 16 1 16 0 0 0 0 a';
    const d = format16([1, 2, 3]);
    // Digits behind the / are a record too where lines of signals follow.
    for (const name of ['f/r', 'f/00001', 'f/1', 'f/g/2'])
      expect((await open({ 'r.hea': `${name} 1 100 3\n${signal}`, d })).channels[0]?.length).toBe(3);
    const joined = { 'r.hea': 'f/g/1 1 100 3\ns 3', 's.hea': `s 1 100 3\n${signal}`, d };
    expect([...((await (await open(joined)).read([0], 0, 3))[0] as Float64Array)]).toEqual([1, 2, 3]);
  });

  it('refuses signals of a file that do not lie side by side, or do not begin together', async () => {
    const there = fileURLToPath(new URL('cases/wfdb-file-twice-apart', import.meta.url));
    await expect(openPaths([`${there}/aba.hea`])).rejects.toThrow(
      /aba\.hea: names the signal file "a\.dat" again after another one/,
    );
    const line = (format: string, label: string) => `d ${format} 1(0)/mV 16 0 0 0 0 ${label}`;
    const d = format16([9, 1, 2, 3, 4]);
    const read = async (...lines: string[]) => {
      const recording = await open({ 'r.hea': `r ${lines.length} 100 2\n${lines.join('\n')}`, d });
      return (await recording.read([0, 1], 0, 2)).map((values) => [...values]);
    };
    expect(await read(line('16+2', 'a'), line('16+2', 'b'))).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(await read(line('16+2', 'a'), line('16', 'b'))).toEqual([
      [1, 3],
      [2, 4],
    ]);
    await expect(read(line('16+2', 'a'), line('16+4', 'b'))).rejects.toThrow(/begin at byte 2 and at byte 4/);
    // Signals that are not stored lie nowhere.
    const nulls = { 'r.hea': `r 3 100 2\n~ 0 1 16 0 0 0 0 x\n${line('16', 'a')}\n~ 0 1 16 0 0 0 0 y`, d };
    expect((await open(nulls)).channels).toHaveLength(3);
  });

  it('says what is wrong, naming the file at fault', async () => {
    await expect(open({ 'r.hea': '' })).rejects.toThrow(/r\.hea: is an empty header/);
    await expect(open({ 'r.hea': 'r/3 1 100 9\na 3' })).rejects.toThrow(/declares 3 segments but names 1/);
    await expect(open({ 'r.hea': 'r two 100' })).rejects.toThrow(/no number as its number of signals/);
    await expect(open({ 'r.hea': 'r 1 0 9\nd 16' })).rejects.toThrow(/"0" as its sampling rate/);
    await expect(open({ 'r.hea': 'r 2 100 9\nd 16' })).rejects.toThrow(/declares 2 signals but describes 1/);
    await expect(open({ 'r.hea': 'r 1 100 9\nd sixteen' })).rejects.toThrow(
      /, line 2: has no number as a signal format/,
    );
    await expect(open({ 'r.hea': 'r 1 100 9\nd 16x0' })).rejects.toThrow(/"16x0" as a signal format/);
    await expect(open({ 'r.hea': 'r 1 100 9\nd 16' })).rejects.toThrow(
      /names the signal file "d", which is not there/,
    );
    await expect(open({ 'r.hea': 'r 1 100 9\nd 516', d: [1] })).rejects.toThrow(
      /FLAC-compressed format 516, which cannot be read\. Convert it: `python3 -c .*fmt=\["16"\].* r`/,
    );
    await expect(open({ 'r.hea': 'r 1 100 9\nd 16', d: [1] })).rejects.toThrow(/without a sample/);
  });
});

describe('parseWfdbHeader', () => {
  it('fills in the defaults of the standard', () => {
    const header = parseWfdbHeader('# before\n\nr 2\r\n\na.dat 16\nb.dat 212 0 12 8\n#after\n', 'r.hea');
    expect(header).toMatchObject({
      record: 'r',
      rate: 250,
      frames: undefined,
      comments: ['before', 'after'],
    });
    expect(header.signals[0]).toMatchObject({
      gain: 200,
      baseline: 0,
      unit: 'mV',
      skew: 0,
      byteOffset: 0,
      label: '',
    });
    expect(header.signals[1]).toMatchObject({ gain: 200, baseline: 8 });
    expect(header.notes.length).toBe(2);
  });

  it('takes everything that a line can say', () => {
    const { rate, frames, startTime, signals } = parseWfdbHeader(
      'r 1 250.5/25(10) 1000 10:44:18.529 04/05/2101\nx.mat 16x2:3+24 1.052e+04(-7)/mmHg 16 5 9127 -301 0 ECG lead II',
      'r.hea',
    );
    expect({ rate, frames, startTime }).toEqual({
      rate: 250.5,
      frames: 1000,
      startTime: '2101-05-04T10:44:18.529',
    });
    expect(signals[0]).toEqual({
      fileName: 'x.mat',
      format: 16,
      samplesPerFrame: 2,
      skew: 3,
      byteOffset: 24,
      gain: 10520,
      baseline: -7,
      unit: 'mmHg',
      initial: 9127,
      checksum: -301,
      label: 'ECG lead II',
    });
  });
});
