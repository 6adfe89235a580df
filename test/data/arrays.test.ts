import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementKind } from '../../data/formats/array/elements.ts';
import { npy } from '../../data/formats/array/npy.ts';
import { npz } from '../../data/formats/array/npz.ts';
import { FileSet } from '../../data/formats/format.ts';
import { npyBytes, npyOf, npyTexts, zipBytes } from './array-writers.ts';
import { goldenBytes } from './golden-arrays.ts';
import { countingEntry, openBytes, samplesOf } from './open-bytes.ts';

const KINDS: readonly ElementKind[] = [
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float16',
  'float32',
  'float64',
];
const ROWS = [
  [0, 0.5, 1, 1.5, 2],
  [2.5, 3, 3.5, 4, 4.5],
];

describe('NPY', () => {
  it('reads every type, either order of bytes and axes, all versions, any range', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...KINDS),
        fc.constantFrom('little' as const, 'big' as const),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(1 as const, 2 as const, 3 as const),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 6, max: 40 }),
        fc.nat(),
        async (kind, endian, fortran, isTurned, version, channels, samples, seed) => {
          const lowest = kind.startsWith('u') ? 0 : -60;
          const value = (c: number, t: number) => lowest + ((seed + 31 * c + 7 * t) % 120);
          const [rows, columns] = isTurned ? [samples, channels] : [channels, samples];
          const at = (r: number, c: number) => (isTurned ? value(c, r) : value(r, c));
          const values = Array.from({ length: rows * columns }, (_, i) =>
            fortran ? at(i % rows, Math.floor(i / rows)) : at(Math.floor(i / columns), i % columns),
          );
          const bytes = npyBytes({ kind, endian, fortran, version, shape: [rows, columns], values });
          const recording = await openBytes(npy, 'a.npy', bytes, { rate: 100 });
          expect(recording.channels.length).toBe(channels);
          const [start, count] = [seed % 5, 1 + (seed % (samples - 5))];
          const asked = [channels - 1, 0];
          const read = await recording.read(asked, start, count);
          asked.forEach((channel, i) => {
            expect([...(read[i] as Float64Array)]).toEqual(
              Array.from({ length: count }, (_, t) => value(channel, start + t)),
            );
          });
        },
      ),
      { numRuns: 150, seed: 21 },
    );
  });

  it('reads what NumPy writes', async () => {
    for (const name of ['npyBigEndianFortran', 'npyVersion3Half'] as const)
      expect(await samplesOf(await openBytes(npy, 'a.npy', goldenBytes(name), { rate: 1 }))).toEqual(ROWS);
  });

  it('reads a long array by seeking', async () => {
    const length = 100_000;
    const values = Array.from({ length }, (_, i) => i % 1000);
    const entry = countingEntry('a.npy', npyBytes({ kind: 'int16', shape: [length], values }));
    const recording = await npy.open(entry, new FileSet([entry]), { rate: 200 });
    expect([...((await recording.read([0], 70_000, 3))[0] as Float64Array)]).toEqual([0, 1, 2]);
    expect(entry.asked).toBeLessThan(1000);
  });

  it('takes the longer axis for time and says so; infinite samples are missing', async () => {
    const values = [1, 2, 3, Number.POSITIVE_INFINITY, 5, 6];
    const recording = await openBytes(npy, 'a.npy', npyBytes({ kind: 'float64', shape: [1, 3, 2], values }), {
      rate: 5,
    });
    expect(recording.notes.join()).toMatch(/1 x 3 x 2; its longer axis is taken for time/);
    expect(await samplesOf(recording)).toEqual([
      [1, 3, 5],
      [2, Number.NaN, 6],
    ]);
  });

  it('says what is wrong, with the place', async () => {
    const wrong = (bytes: Uint8Array) => expect(openBytes(npy, 'a.npy', bytes, { rate: 100 })).rejects;
    const square = npyBytes({ kind: 'int8', shape: [2, 2], values: [1, 2, 3, 4] });
    await wrong(square).toThrow(/2 x 2, where nothing distinguishes time from channels/);
    await wrong(npyBytes({ kind: 'int8', shape: [2, 2, 2], values: new Array(8).fill(1) })).toThrow(
      /the array \(2 x 2 x 2 int8\).*\[channels, samples\]/,
    );
    const shape = (text: string, descr = '<f8') =>
      npyOf(`{'descr': '${descr}', 'fortran_order': False, 'shape': (${text}), }`, new Uint8Array(80));
    await wrong(shape('2, 999999999')).toThrow(/, byte 10: declares 2 x 999999999.*but 80 bytes follow/);
    await wrong(shape('99999999999, 99999999999')).toThrow(/but 80 bytes follow/);
    await wrong(shape('2, 5', '<c8')).toThrow(/complex numbers/);
    await wrong(shape('2, 5', '|O')).toThrow(/Python objects/);
    await wrong(shape('600, 0')).toThrow(/no array that can be a signal/);
    await wrong(square.subarray(0, 5)).toThrow(/does not start as an NPY array/);
    await expect(
      openBytes(npy, 'a.npy', npyBytes({ kind: 'int8', shape: [3], values: [1, 2, 3] })),
    ).rejects.toThrow(/does not say its sampling rate.*--rate HZ/);
  });
});

describe('NPZ', () => {
  const x = npyBytes({ kind: 'int16', shape: [2, 40], values: Array.from({ length: 80 }, (_, i) => i) });
  const rate = npyBytes({ kind: 'float64', shape: [], values: [250] });
  const texts = npyTexts(['Fp1', 'Oz']);

  it('reads what NumPy writes, with rate and labels', async () => {
    for (const [name, hz, rows] of [
      ['npz', 250, ROWS],
      ['npzCompressed', 256, ROWS.map((row) => row.map(Math.trunc))],
      // savez_compressed into what cannot be rewound: the sizes follow the data.
      ['npzStreamed', 250, ROWS],
    ] as const) {
      const recording = await openBytes(npz, 'a.npz', goldenBytes(name));
      expect(recording.channels.map(({ label, rate }) => [label, rate])).toEqual([
        ['Fp1', hz],
        ['Oz', hz],
      ]);
      expect(recording.modality).toBe('eeg');
      expect(await samplesOf(recording)).toEqual(rows);
      const told = await openBytes(npz, 'a.npz', goldenBytes(name), { rate: 100 });
      expect(told.channels[0]?.rate).toBe(100);
      expect(told.notes.join()).toMatch(`makes ${hz} Hz; the 100 Hz given are used`);
    }
  });

  it('leaves the choice among several arrays to --variable', async () => {
    const zip = zipBytes({ 'x.npy': x, 'y.npy': x, 'fs.npy': rate }, true);
    await expect(openBytes(npz, 'a.npz', zip)).rejects.toThrow(
      /2 arrays that could be the signal: "x" \(2 x 40 int16\), "y" .*--variable/,
    );
    expect((await openBytes(npz, 'a.npz', zip, { variable: 'y' })).channels[1]).toMatchObject({
      rate: 250,
      length: 40,
    });
    await expect(openBytes(npz, 'a.npz', zip, { variable: 'z' })).rejects.toThrow(/no array "z".*"x"/);
  });

  it('takes no side array for the signal in place of one that cannot be read, and applies scale factors', async () => {
    const ids = npyBytes({ kind: 'int32', shape: [12], values: Array.from({ length: 12 }, (_, i) => i) });
    const cube = npyBytes({ kind: 'int16', shape: [3, 4, 5], values: new Array<number>(60).fill(1) });
    const complex = npyOf(
      "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 40), }",
      new Uint8Array(640),
    );
    await expect(
      openBytes(npz, 'a.npz', zipBytes({ 'b.npy': ids, 'c.npy': cube }), { rate: 1 }),
    ).rejects.toThrow(/holds "c" of 3 x 4 x 5 int16, which has an axis too many .*beside "b" \(12 int32\)/);
    await expect(
      openBytes(npz, 'a.npz', zipBytes({ 'b.npy': ids, 'c.npy': complex }), { rate: 1 }),
    ).rejects.toThrow(/"c" of 2 x 40 complex numbers, which are not read.*astype float32/);
    const named = await openBytes(npz, 'a.npz', zipBytes({ 'b.npy': ids, 'c.npy': cube }), {
      rate: 1,
      variable: 'b',
    });
    expect(named.channels[0]?.length).toBe(12);
    const number = (value: number) => npyBytes({ kind: 'float64', shape: [], values: [value] });
    const scaled = zipBytes({
      'x.npy': x,
      'scale_factor.npy': number(0.5),
      'add_offset.npy': number(3),
      'fs.npy': rate,
    });
    const plain = await samplesOf(await openBytes(npz, 'a.npz', zipBytes({ 'x.npy': x, 'fs.npy': rate })));
    expect(await samplesOf(await openBytes(npz, 'a.npz', scaled))).toEqual(
      plain.map((values) => values.map((value) => 0.5 * value + 3)),
    );
    const unclear = zipBytes({ 'x.npy': x, 'gain.npy': number(200), 'fs.npy': rate });
    await expect(openBytes(npz, 'a.npz', unclear)).rejects.toThrow(/has "gain" \(200\), and nothing shows/);
  });

  it('takes the rate from times, and labels only where they fit', async () => {
    const times = Array.from({ length: 40 }, (_, i) => 7 + i / 125);
    const members = {
      'x.npy': x,
      'times.npy': npyBytes({ kind: 'float64', shape: [40], values: times }),
      'ch_names.npy': npyTexts(['a', 'b', 'c']),
    };
    const recording = await openBytes(npz, 'a.npz', zipBytes(members));
    expect(recording.channels).toMatchObject([
      { label: '1', rate: 125 },
      { label: '2', rate: 125 },
    ]);
    expect(recording.notes.join()).toMatch(/3 labels are left out/);
    times[20] = 7.17;
    members['times.npy'] = npyBytes({ kind: 'float64', shape: [40], values: times });
    await expect(openBytes(npz, 'a.npz', zipBytes(members))).rejects.toThrow(/do not come evenly/);
  });

  it('refuses windows with a class each, and damage', async () => {
    const classes = npyBytes({ kind: 'int8', shape: [2], values: [0, 1] });
    await expect(
      openBytes(npz, 'a.npz', zipBytes({ 'x.npy': x, 'labels.npy': classes }), { rate: 1 }),
    ).rejects.toThrow(/looks like 2 windows of 40 samples/);
    const packed = zipBytes({ 'x.npy': x, 'fs.npy': rate, 'ch_names.npy': texts }, true);
    await expect(openBytes(npz, 'a.npz', packed.subarray(0, 200))).rejects.toThrow(/no ZIP directory/);
    const damaged = packed.slice();
    damaged[60] = 255 - (damaged[60] as number);
    await expect(openBytes(npz, 'a.npz', damaged).then(samplesOf)).rejects.toThrow(/a\.npz, byte \d+: /);
  });
});
