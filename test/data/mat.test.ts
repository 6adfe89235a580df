import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mat } from '../../data/formats/mat/mat.ts';
import { openPaths } from '../../data/open-node.ts';
import { elementBytes, type MatSpec, matBytes, matTexts } from './array-writers.ts';
import { goldenBytes } from './golden-arrays.ts';
import { openBytes, samplesOf } from './open-bytes.ts';
import { sharedSignals } from './shared-signals.ts';

const WHOLE = [
  [0, 1, 2, 3, 4],
  [5, 6, 7, 8, 9],
];

describe('LabChart', () => {
  const cells = (name: string, shape: readonly [number, number], values: readonly number[]): MatSpec => ({
    name,
    shape,
    values,
    kind: 'float64',
  });
  /** Two channels, ECG of 1000 Hz and Temp of 500 Hz, in two blocks of 6 and 4 ms half an hour apart. */
  const arrays = (changes: Readonly<Record<string, readonly number[]>> = {}) => [
    cells(
      'data',
      [1, 15],
      Array.from({ length: 15 }, (_, i) => i + 1),
    ),
    cells('datastart', [2, 2], changes.datastart ?? [1, 11, 7, 14]),
    cells('dataend', [2, 2], changes.dataend ?? [6, 13, 10, 15]),
    cells('samplerate', [2, 2], changes.samplerate ?? [1000, 500, 1000, 500]),
    cells('blocktimes', [1, 2], [737_000, 737_000 + 1 / 48]),
    matTexts('titles', ['ECG', 'Temp']),
    matTexts('unittext', ['mV', 'C']),
    cells('unittextmap', [2, 2], [1, 2, 1, 2]),
  ];

  it('has each channel with its blocks, rate and unit', async () => {
    for (const isCompressed of [false, true]) {
      // A rate that is given is that of no channel.
      const recording = await openBytes(mat, 'a.mat', matBytes(arrays(), isCompressed));
      expect(recording).toMatchObject({ format: 'LabChart MAT 5', modality: 'ecg' });
      expect(recording.channels).toEqual([
        { label: 'ECG', unit: 'mV', rate: 1000, length: 10 },
        { label: 'Temp', unit: 'C', rate: 500, length: 5 },
      ]);
      expect(recording.gaps).toEqual([{ at: 0.006, seconds: expect.closeTo(1800 - 0.006, 3) }]);
      expect((await recording.read([0], 4, 5)).map((own) => [...own])).toEqual([[5, 6, 7, 8, 9]]);
      expect((await recording.read([1], 0, 5)).map((own) => [...own])).toEqual([[11, 12, 13, 14, 15]]);
    }
  });

  it('of 16 bits is scaled, each block of a channel by its own factor and offset', async () => {
    const scaled = [
      ...arrays(),
      cells('scaleunits', [2, 2], [0.5, 2, 0.25, 2]),
      cells('scaleoffset', [2, 2], [-1, 0, 1, 0]),
    ];
    const recording = await openBytes(mat, 'a.mat', matBytes(scaled));
    expect((await recording.read([0], 4, 5)).map((own) => [...own])).toEqual([[2, 2.5, 2, 2.25, 2.5]]);
    expect((await recording.read([1], 0, 2)).map((own) => [...own])).toEqual([[22, 24]]);
    await expect(openBytes(mat, 'a.mat', matBytes(scaled.slice(0, -1)))).rejects.toThrow(
      'has "scaleunits" without the other one',
    );
  });

  it('is one channel of one block, and leaves out channels that lack one', async () => {
    const one = [
      cells('data', [1, 4], [5, 6, 7, 8]),
      ...['datastart', 'dataend', 'samplerate'].map((name, i) =>
        cells(name, [1, 1], [[1], [4], [250]][i] ?? []),
      ),
    ];
    const single = await openBytes(mat, 'a.mat', matBytes(one));
    expect(single.channels).toEqual([{ label: '1', unit: '', rate: 250, length: 4 }]);
    expect(single.gaps).toEqual([]);
    const half = await openBytes(
      mat,
      'a.mat',
      matBytes(arrays({ datastart: [1, 11, 7, -1], dataend: [6, 13, 10, -1] })),
    );
    expect(half.channels.map(({ label }) => label)).toEqual(['ECG']);
    expect(half.notes.join()).toMatch(/"Temp" has no samples in some of its blocks/);
  });

  it.each<[Readonly<Record<string, readonly number[]>>, RegExp]>([
    [{ dataend: [6, 13, 10, 99] }, /places channel "Temp" at 14 to 99, at 500 Hz, in data of 15/],
    [{ datastart: [1, 11.5, 7, 14] }, /places channel "Temp" at 11\.5/],
    [{ samplerate: [1000, 500, 1000, Number.NaN] }, /at NaN Hz/],
    [{ samplerate: [1000, 500, 1000, 250] }, /different rates \(500, 250 Hz\) in channel "Temp"/],
    [{ dataend: [6, 11, 10, 15] }, /different lengths in block 1/],
  ])('refuses %j', async (changes, message) => {
    await expect(openBytes(mat, 'a.mat', matBytes(arrays(changes)))).rejects.toThrow(message);
  });
});

describe('MAT 4 and 5', () => {
  it('reads what SciPy writes: plain, compressed, in a structure, and of version 4', async () => {
    for (const [name, labels, rate] of [
      ['mat5', ['C3', 'Cz'], 250],
      ['mat5Compressed', ['C3', 'Oz'], 128],
      ['mat4', ['1', '2'], 360],
    ] as const) {
      const recording = await openBytes(mat, 'a.mat', goldenBytes(name));
      expect(recording.channels.map(({ label }) => label)).toEqual(labels);
      expect(recording.channels[0]).toMatchObject({ rate, length: 5 });
      const factor = name === 'mat5' ? 2 : 1;
      expect((await samplesOf(recording)).map((row) => row.map((v) => factor * v))).toEqual(WHOLE);
    }
  });

  it('reads every number type either way round, compressed or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'int8' as const,
          'uint8' as const,
          'int16' as const,
          'uint16' as const,
          'int32' as const,
          'uint32' as const,
          'int64' as const,
          'uint64' as const,
          'float32' as const,
          'float64' as const,
        ),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 5, max: 60 }),
        async (kind, isTurned, isCompressed, channels, samples) => {
          const value = (c: number, t: number) => (17 * c + 5 * t) % 100;
          const shape = isTurned ? ([samples, channels] as const) : ([channels, samples] as const);
          const values = Array.from({ length: channels * samples }, (_, i) =>
            isTurned
              ? value(Math.floor(i / samples), i % samples)
              : value(i % channels, Math.floor(i / channels)),
          );
          const fs: MatSpec = { name: 'fs', shape: [1, 1], values: [500], kind: 'float64' };
          const bytes = matBytes([fs, { name: 'x', shape, values, kind }], isCompressed);
          const read = await samplesOf(await openBytes(mat, 'a.mat', bytes));
          expect(read).toEqual(
            Array.from({ length: channels }, (_, c) =>
              Array.from({ length: samples }, (__, t) => value(c, t)),
            ),
          );
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  it('says what is wrong', async () => {
    const array = (name: string, shape: readonly [number, number]): MatSpec => ({
      name,
      shape,
      values: new Array<number>(shape[0] * shape[1]).fill(1),
      kind: 'int16',
    });
    const wrong = (arrays: MatSpec[], isCompressed = false) =>
      expect(openBytes(mat, 'a.mat', matBytes(arrays, isCompressed), { rate: 100 })).rejects;
    await wrong([array('a', [2, 50]), array('b', [2, 60])]).toThrow(/"a" \(2 x 50 int16\), "b" .*--variable/);
    await wrong([array('seg', [30, 50]), array('labels', [30, 1])], true).toThrow(
      /30 windows of 50 samples, not like a recording/,
    );
    const whole = matBytes([array('a', [2, 50])]);
    const open = (bytes: Uint8Array) => openBytes(mat, 'a.mat', bytes, { rate: 100 });
    await expect(open(whole.subarray(0, 200))).rejects.toThrow(/, byte 128: has an element of type 14/);
    await expect(open(Uint8Array.from({ length: 200 }, () => 65))).rejects.toThrow(/starts as no MAT file/);
    const lying = matBytes([array('a', [2, 50])], true);
    // The compressed size is short by the last bytes, which hold the checksum.
    await expect(open(lying.subarray(0, lying.length - 2)).then(samplesOf)).rejects.toThrow(/byte 128/);
    const version4 = Uint8Array.from([
      ...elementBytes([30, 2, 1_000_000, 0, 4], 'uint32', 'little'),
      118,
      97,
      108,
      0,
    ]);
    await expect(open(version4)).rejects.toThrow(/declares 2 x 1000000 numbers of 2 bytes, but 0 bytes/);
  });
});

const shared = sharedSignals('mat.test.ts');
if (shared) {
  describe('known MAT files', () => {
    it('hold the numbers of the EDF and WFDB files beside them', async () => {
      const open = async (path: string) =>
        (await openPaths([join(shared, path)], { rate: 512 })).recordings[0] as NonNullable<unknown> &
          Awaited<ReturnType<typeof openBytes>>;
      for (const [one, other] of [
        ['eeg/edf-bdf/mne/test_edf_eeglab.mat', 'eeg/edf-bdf/mne/test.edf'],
        ['ecg/wfdb/a103l.mat', 'ecg/wfdb/a103l.hea'],
      ] as const) {
        const [a, b] = [await open(one), await open(other)];
        expect(a.channels.length).toBe(b.channels.length);
        const [x, y] = [await a.read([1], 100, 500), await b.read([1], 100, 500)];
        // The WFDB header scales; the array does not.
        const gain = (x[0]?.[0] ?? 1) / (y[0]?.[0] ?? 1);
        x[0]?.forEach((value, i) => {
          expect(Math.abs(value - gain * (y[0]?.[i] as number))).toBeLessThan(
            1e-3 * Math.max(1, Math.abs(value)),
          );
        });
      }
      await expect(openPaths([join(shared, 'ppg/af-rhythm/MPA_191123102150.mat')])).rejects.toThrow(
        /79 windows of 1000 samples/,
      );
    });
  });
}
