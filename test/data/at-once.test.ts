/** One recording read by several flows at once, and one whose file goes meanwhile: the right samples, or a sentence. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../data/errors.ts';
import type { FileEntry, OpenOptions } from '../../data/formats/format.ts';
import { openFile } from '../../data/open.ts';
import type { Recording } from '../../data/recording.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { WindowStream } from '../../data/windows/stream.ts';
import { matBytes, npyBytes, zipBytes } from './array-writers.ts';
import { memoryRecording } from './memory-recording.ts';
import { brainVisionFiles, edfBytes, entriesOf, format8, format212, interleave } from './writers.ts';

/** More than twice the frames between which sums of differences are kept. */
const SAMPLES = 34_000;
/** Three-bit steps, so that differences of 8 bits hold them; no two stretches are alike. */
const value = (channel: number, i: number) => ((i * 7 + channel * 13 + (i >> 9)) % 100) - 50;
const channelOf = (channel: number, length = SAMPLES) => Array.from({ length }, (_, i) => value(channel, i));
const [one, two] = [channelOf(0), channelOf(1)];
const wfdb = (format: number, bytes: number[]) => ({
  'r.hea': `r 2 500 ${SAMPLES}\n${['a', 'b'].map((name) => `r.dat ${format} 1/uV 12 0 0 0 0 ${name}`).join('\n')}\n`,
  'r.dat': bytes,
});
const npy = (kind: 'int16' | 'float32', endian: 'little' | 'big') =>
  npyBytes({ kind, shape: [2, SAMPLES], values: [...one, ...two], endian });
const signals = ['EEG Cz', 'EEG Pz'].map((label, i) => ({
  ...{ label, unit: 'uV', perRecord: 500, values: i === 0 ? one : two },
  ...{ digital: [-50, 50] as [number, number], physical: [-50, 50] as [number, number] },
}));

type Files = Record<string, string | number[] | Uint8Array>;
const FORMATS: Record<string, [first: string, Files, OpenOptions?]> = {
  EDF: ['r.edf', { 'r.edf': edfBytes({ records: SAMPLES / 500, signals }) }],
  'WFDB 212': ['r.hea', wfdb(212, format212(interleave([one, two])))],
  // Of differences: sums are kept on the way.
  'WFDB 8': ['r.hea', wfdb(8, format8(interleave([one, two]), 2))],
  BrainVision: ['r.vhdr', brainVisionFiles({ signals: [one, two] })],
  'NPY, big-endian': ['r.npy', { 'r.npy': npy('int16', 'big') }, { rate: 500 }],
  'NPZ, deflated': [
    'r.npz',
    { 'r.npz': zipBytes({ 'x.npy': npy('float32', 'little') }, true) },
    { rate: 500 },
  ],
  'MAT, compressed': [
    'r.mat',
    {
      'r.mat': matBytes([{ name: 'x', shape: [SAMPLES, 2], values: [...one, ...two], kind: 'int16' }], true),
    },
    { rate: 500 },
  ],
  CSV: ['r.csv', { 'r.csv': `a,b\n${one.map((x, i) => `${x},${two[i]}`).join('\n')}\n` }, { rate: 500 }],
  HDF5: [
    'scale.h5',
    {
      'scale.h5': new Uint8Array(
        readFileSync(fileURLToPath(new URL('cases/hdf5-scale-factor/scale.h5', import.meta.url))),
      ),
    },
    { rate: 500 },
  ],
};

const open = ([first, files, options]: [string, Files, OpenOptions?]): Promise<Recording> => {
  const entries = entriesOf(files);
  return openFile(entries.find(({ path }) => path === first) as FileEntry, entries, options);
};

describe.each(Object.keys(FORMATS))('a recording of %s', (name) => {
  it('read by several flows at once gives each its own samples, which are its to change', async () => {
    const spec = FORMATS[name] as [string, Files, OpenOptions?];
    const alone = await open(spec);
    const length = alone.channels[0]?.length ?? 0;
    const all = alone.channels.map((_, channel) => channel);
    const ranges = [
      [length - 200, 200],
      [0, length],
      [Math.floor(length / 2), 300],
      [Math.floor(length / 3), Math.floor(length / 3)],
      [0, 1],
    ].map(([start = 0, count = 0]) => [Math.max(0, start), Math.min(count, length)] as const);
    const whole = await alone.read(all, 0, length);
    if (name !== 'HDF5') expect(Number(whole[1]?.[length - 1]) !== Number(whole[0]?.[0])).toBe(true);
    const expected = ranges.map(([start, count]) =>
      whole.map((signal) => signal.slice(start, start + count)),
    );
    const shared = await open(spec);
    const read = () => Promise.all(ranges.map(([start, count]) => shared.read(all, start, count)));
    const [first, second] = await Promise.all([read(), read()]);
    expect(first).toEqual(expected);
    for (const signal of first.flat()) signal.fill(Number.NaN);
    expect(second).toEqual(expected);
    expect(await read()).toEqual(expected);
  });
});

describe('a file on disk', () => {
  it('that goes, or is cut, while its recording is open is named by whatever reads it next', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spotr-at-once-'));
    const path = join(folder, 'r.edf');
    const [, files] = FORMATS.EDF as [string, Files];
    writeFileSync(path, files['r.edf'] as Uint8Array);
    const recording = await openFile({ path, open: () => nodeFileSource(path) }, []);
    const read = () => recording.read([0, 1], 0, SAMPLES);
    const right = await read();
    // Under way when it goes: the samples, or a sentence.
    const under = Promise.allSettled([read(), read()]);
    truncateSync(path, 5000);
    rmSync(path);
    for (const result of await under)
      if (result.status === 'fulfilled') expect(result.value).toEqual(right);
      else expect(result.reason).toBeInstanceOf(FormatError);
    await expect(read()).rejects.toThrow(FormatError);
    await expect(read()).rejects.toThrow('r.edf');
    writeFileSync(path, (files['r.edf'] as Uint8Array).subarray(0, 5000));
    await expect(read()).rejects.toThrow(FormatError);
    rmSync(folder, { recursive: true });
  });
});

describe('the windows of a recording', () => {
  const stream = () => {
    const lively = (seed: number) =>
      Array.from({ length: 4000 }, (_, i) => Math.sin(i / 7 + seed) + (i % 11) / 9);
    const [good, bad] = [lively(1), lively(2)];
    bad[10] = Number.NaN;
    bad.fill(1e9, 850, 860);
    bad.fill(0.1, 1700, 1950);
    return WindowStream.open(memoryRecording({ rate: 200, signals: [good, bad], modality: 'eeg' }), {
      seconds: 2,
      mains: 'none',
    });
  };
  const walked = async (from: WindowStream) => {
    const found: [number, number[]][] = [];
    for await (const { start, copy } of from.windows()) {
      const out = new Float32Array(800);
      copy(out, 0);
      found.push([start, [...out]]);
    }
    return found;
  };

  it('are the same walked again and at once, and none that is dropped counts twice', async () => {
    const alone = await stream();
    const expected = await walked(alone);
    const { dropped, blamed, remarks } = alone;
    expect(dropped).toMatchObject({ missing: 1, impossible: 1 });
    const shared = await stream();
    expect(await Promise.all([walked(shared), walked(shared)])).toEqual([expected, expected]);
    expect(await walked(shared)).toEqual(expected);
    // Looked at first, and left.
    const peeked = await stream();
    await peeked.windows().next();
    expect(await walked(peeked)).toEqual(expected);
    for (const one of [shared, peeked])
      expect([one.dropped, one.blamed, one.remarks]).toEqual([dropped, blamed, remarks]);
  });
});
