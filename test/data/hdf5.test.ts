import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Metadata } from 'h5wasm';
import * as h5wasm from 'h5wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeElements } from '../../data/formats/array/elements.ts';
import { FileSet } from '../../data/formats/format.ts';
import { h5Numbers } from '../../data/formats/hdf5/h5-numbers.ts';
import { hdf5 } from '../../data/formats/hdf5/hdf5.ts';
import type { LazyH5File } from '../../data/formats/hdf5/lazy-file.ts';
import { mat } from '../../data/formats/mat/mat.ts';
import { openFile } from '../../data/open.ts';
import { countingEntry, entryOf, openBytes } from './open-bytes.ts';

const caseOf = (path: string) => fileURLToPath(new URL(`cases/${path}`, import.meta.url));

interface WrittenFiles {
  readFile(path: string): Uint8Array;
  unlink(path: string): void;
}

let written = 0;

/** The bytes of a file that the library writes in its own memory. */
function h5Bytes(write: (file: h5wasm.File) => void): Uint8Array {
  const name = `written-${written++}.h5`;
  const file = new h5wasm.File(name, 'w', { libver: ['earliest', 'v108'] });
  write(file);
  file.close();
  const system = h5wasm.FS as unknown as WrittenFiles;
  const bytes = system.readFile(name).slice();
  system.unlink(name);
  return bytes;
}

const SAMPLES = 60_000;
const value = (channel: number, sample: number) => ((sample + 1000 * channel) % 4096) - 2048;
const data = (isTurned: boolean) =>
  Int16Array.from({ length: 3 * SAMPLES }, (_, i) =>
    isTurned ? value(i % 3, Math.floor(i / 3)) : value(Math.floor(i / SAMPLES), i % SAMPLES),
  );
const expected = (channel: number, start: number, count: number) =>
  Array.from({ length: count }, (_, i) => value(channel, start + i));

beforeAll(() => h5wasm.ready);

describe('HDF5', () => {
  it('reads contiguous and chunked, deflated datasets either way round, by hyperslabs', async () => {
    for (const isTurned of [false, true]) {
      for (const chunks of [null, isTurned ? [2000, 3] : [1, 5000]]) {
        const bytes = h5Bytes((file) => {
          const group = file.create_group('recording');
          const dataset = group.create_dataset({
            name: 'ecg',
            data: data(isTurned),
            shape: isTurned ? [SAMPLES, 3] : [3, SAMPLES],
            ...(chunks ? { chunks, compression: 4 } : {}),
          });
          dataset.create_attribute('fs', 360.5);
          dataset.create_attribute('channels', ['I', 'II', 'V1']);
          dataset.create_attribute('units', 'mV');
        });
        const recording = await openBytes(hdf5, 'a.h5', bytes);
        expect(recording.channels[2]).toEqual({ label: 'V1', unit: 'mV', rate: 360.5, length: SAMPLES });
        expect(recording.modality).toBe('ecg');
        const read = await recording.read([2, 0], 33_333, 70);
        expect([...(read[0] as Float64Array)]).toEqual(expected(2, 33_333, 70));
        expect([...(read[1] as Float64Array)]).toEqual(expected(0, 33_333, 70));
      }
    }
  });

  it('fetches parts of the file only', async () => {
    const long = new Float64Array(2_000_000).map((_, i) => i);
    const bytes = h5Bytes((file) => {
      file.create_dataset({ name: 'ppg', data: long });
      file.create_attribute('sampling_rate', 100);
    });
    const entry = countingEntry('a.h5', bytes);
    const recording = await hdf5.open(entry, new FileSet([entry]), {});
    expect(recording.channels).toEqual([{ label: 'ppg', unit: '', rate: 100, length: 2_000_000 }]);
    expect([...((await recording.read([0], 1_500_000, 3))[0] as Float64Array)]).toEqual([
      1_500_000, 1_500_001, 1_500_002,
    ]);
    expect(entry.asked).toBeLessThan(bytes.length / 8);
  });

  it('reads numbers of the other byte order', async () => {
    const bytes = h5Bytes((file) => file.create_dataset({ name: 'x', data: Int16Array.of(1, 2, 256, -1) }));
    // Says big-endian in the datatype message (class 0, version 1, signed; 2 bytes; 16 bits).
    const at = Buffer.from(bytes).indexOf(Buffer.from([0x10, 0x08, 0, 0, 2, 0, 0, 0, 0, 0, 16, 0]));
    expect(at).toBeGreaterThan(0);
    bytes[at + 1] = 0x09;
    const recording = await openBytes(hdf5, 'a.h5', bytes, { rate: 1 });
    expect([...((await recording.read([0], 0, 4))[0] as Float64Array)]).toEqual([256, 512, 1, -1]);
  });

  it('does not take other numbers of 16 bits for halves', async () => {
    const bytes = Uint8Array.from(readFileSync(caseOf('hdf5-float16/f16.h5')));
    // Exponent, fraction and bias of halves, and of bfloat16.
    const [half, brain] = [
      [16, 0, 10, 5, 0, 10, 15, 0, 0, 0],
      [16, 0, 7, 8, 0, 7, 127, 0, 0, 0],
    ];
    const at = bytes.findIndex((_, i) => half.every((byte, k) => bytes[i + k] === byte));
    expect(at).toBeGreaterThan(0);
    bytes.set(brain, at);
    await expect(openBytes(hdf5, 'b.h5', bytes)).rejects.toThrow(
      /no array that can be a signal: .*3 x 2000 bfloat16/,
    );
  });

  it('reads half floats, of either byte order', async () => {
    const bytes = readFileSync(caseOf('hdf5-float16/f16.h5'));
    const half = await openBytes(hdf5, 'a.h5', bytes);
    expect(half.channels[0]).toMatchObject({ rate: 250, length: 2000 });
    // 16267 is 0x3f8b: 2^0 (1 + 907/1024); 52818 is 0xce52: -2^4 (1 + 594/1024).
    const [first, , last] = await half.read([0, 1, 2], 0, 4);
    expect(first?.[0]).toBe(1 + 907 / 1024);
    expect(last?.[3]).toBe(-16 * (1 + 594 / 1024) * 2 ** (((0xce52 >> 10) & 31) - 15 - 4));
    // Says big-endian in the datatype message (class 1, version 1; implied mantissa; sign at bit 15).
    const at = bytes.indexOf(Buffer.from([0x11, 0x20, 0x0f, 0, 2, 0, 0, 0]));
    expect(at).toBeGreaterThan(0);
    bytes[at + 1] = 0x21;
    const swapped = await (await openBytes(hdf5, 'b.h5', bytes)).read([0], 0, 1);
    // 0x8b3f: -2^(2-15) (1 + 831/1024).
    expect(swapped[0]?.[0]).toBe(-(2 ** -13) * (1 + 831 / 1024));
  });

  it('applies what says how stored numbers become physical ones, or refuses it', async () => {
    const scaled = await openBytes(hdf5, 'a.h5', readFileSync(caseOf('hdf5-scale-factor/scale.h5')));
    const [values] = await scaled.read([0], 0, 3);
    expect([...(values as Float64Array)].map((one) => Number(one.toFixed(6)))).toEqual([0.501, 0.499, 0.506]);
    expect(scaled.channels[0]?.unit).toBe('mV');
    expect(scaled.notes.join()).toMatch(/"scale_factor" and "add_offset" are applied/);
    type Attributes = Readonly<Record<string, number | string | Float64Array | Int16Array>>;
    const open = (attributes: Attributes, isFloat = false, siblings: Attributes = {}) =>
      openBytes(
        hdf5,
        'b.h5',
        h5Bytes((file) => {
          const stored = [1, 2, 3, -999, 10, 20, 30, 40];
          const data = isFloat ? Float32Array.from(stored) : Int16Array.from(stored);
          const dataset = file.create_dataset({ name: 'x', data, shape: [2, 4] });
          for (const [name, value] of Object.entries(attributes)) dataset.create_attribute(name, value);
          for (const [name, value] of Object.entries(siblings))
            file.create_dataset({ name, data: typeof value === 'number' ? Float64Array.of(value) : value });
        }),
        { rate: 1 },
      );
    const read = async (...given: Parameters<typeof open>) =>
      (await (await open(...given)).read([1, 0], 0, 4)).map((one) => [...one]);
    const nan = Number.NaN;
    expect(await read({ scale_factor: 2 })).toEqual([
      [20, 40, 60, 80],
      [2, 4, 6, -1998],
    ]);
    expect(await read({ _FillValue: -999, scale_factor: 2 })).toEqual([
      [20, 40, 60, 80],
      [2, 4, 6, nan],
    ]);
    expect(await read({ missing_value: 20 }, true)).toEqual([
      [10, nan, 30, 40],
      [1, 2, 3, -999],
    ]);
    expect(await read({ valid_range: Int16Array.of(2, 30) })).toEqual([
      [10, 20, 30, nan],
      [nan, 2, 3, nan],
    ]);
    expect(await read({ valid_min: 0, valid_max: 30 })).toEqual([
      [10, 20, 30, nan],
      [1, 2, 3, nan],
    ]);
    expect(await read({ scale_factor: Float64Array.of(2, 3) })).toEqual([
      [30, 60, 90, 120],
      [2, 4, 6, -1998],
    ]);
    // NWB's: all channels, then each.
    expect(
      await read({ conversion: 2, offset: 1 }, false, { channel_conversion: Float64Array.of(1, 10) }),
    ).toEqual([
      [201, 401, 601, 801],
      [3, 5, 7, -1997],
    ]);
    expect(await read({}, false, { scale_factor: 4 })).toEqual([
      [40, 80, 120, 160],
      [4, 8, 12, -3996],
    ]);
    // What changes nothing may be called anything.
    expect(await read({ gain: 1, offset: 0 })).toEqual([
      [10, 20, 30, 40],
      [1, 2, 3, -999],
    ]);
    await expect(open({ gain: 200 })).rejects.toThrow(/b\.h5: has "x@gain" \(200\), and nothing shows how/);
    await expect(open({ gain: 200 }, true)).rejects.toThrow(/"x@gain"/);
    await expect(open({ offset: -5 })).rejects.toThrow(/"x@offset" \(-5\)/);
    await expect(open({}, false, { gain: 200 })).rejects.toThrow(/"gain" \(200\)/);
    expect(await read({}, true, { gain: 200 })).toEqual([
      [10, 20, 30, 40],
      [1, 2, 3, -999],
    ]);
    await expect(open({ scale_factor: Float64Array.of(1, 2, 3) })).rejects.toThrow(
      /3 numbers in "x@scale_factor" for 2 channels/,
    );
    await expect(open({ scale_factor: 0 })).rejects.toThrow(/has a 0 in "x@scale_factor"/);
    await expect(open({ scale_factor: '0.001' })).rejects.toThrow(/"x@scale_factor" as a text/);
    for (const name of [
      'resolution',
      'uV/bit',
      'mV_per_LSB',
      'scl_slope',
      'factor',
      'physical_max',
      'digital_min',
    ])
      await expect(open({ [name]: 0.5 }), name).rejects.toThrow(`"x@${name}" (0.5), and nothing shows how`);
    // Bits of a converter.
    expect(await read({ adc_resolution: 16 })).toEqual(await read({}));
    await expect(open({ scale_factor: Number.NaN })).rejects.toThrow(/finite number/);
  });

  it('takes nothing smaller for the signal in place of what cannot be read', async () => {
    const open = (write: (file: h5wasm.File) => void) => openBytes(hdf5, 'c.h5', h5Bytes(write), { rate: 1 });
    const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));
    const tracings = (file: h5wasm.File) =>
      file.create_dataset({ name: 'tracings', data: numbers(40 * 64 * 12), shape: [40, 64, 12] });
    for (const name of ['exam_id', 'age', 'is_male', 'something'])
      await expect(
        open((file) => {
          tracings(file);
          file.create_dataset({ name, data: Int32Array.from({ length: 400 }, (_, i) => i) });
        }),
      ).rejects.toThrow(/"tracings" \(?(of )?40 x 64 x 12 float32/);
    // Ids and ages alone are no signal either.
    await expect(
      open((file) => file.create_dataset({ name: 'exam_id', data: Int32Array.of(1, 2, 3) })),
    ).rejects.toThrow(/no array that can be a signal: "exam_id"/);
    // Of a small thing with an axis too many, a signal takes no notice.
    const signal = await open((file) => {
      file.create_dataset({ name: 'ecg', data: numbers(3000), shape: [3, 1000] });
      file.create_dataset({ name: 'small', data: numbers(8), shape: [2, 2, 2] });
    });
    expect(signal.channels).toHaveLength(3);
  });

  it('keeps many files apart', async () => {
    const recordings = [];
    for (let i = 0; i < 9; i++) {
      const bytes = h5Bytes((file) =>
        file.create_dataset({ name: 'x', data: Float32Array.of(i, i + 1, i + 2) }),
      );
      recordings.push(await openBytes(hdf5, `${i}.h5`, bytes, { rate: 1 }));
    }
    const read = await Promise.all(recordings.map((recording) => recording.read([0], 0, 3)));
    read.forEach(([values], i) => {
      expect([...(values as Float64Array)]).toEqual([i, i + 1, i + 2]);
    });
  });

  it('reads MAT 7.3: a block before HDF5, letters as numbers, cells as references', async () => {
    const letters = (text: string) => Uint16Array.from(text, (letter) => letter.charCodeAt(0));
    const inner = h5Bytes((file) => {
      const tagged = (dataset: h5wasm.Dataset, name: string) => {
        dataset.create_attribute('MATLAB_class', name);
        return dataset;
      };
      tagged(file.create_dataset({ name: 'X', data: data(true), shape: [SAMPLES, 3] }), 'int16');
      tagged(file.create_dataset({ name: 'srate', data: Float64Array.of(512), shape: [1, 1] }), 'double');
      const group = file.create_group('#refs#');
      const references = ['Fp1', 'Fp2', 'Oz'].map((text, i) =>
        tagged(
          group.create_dataset({ name: `r${i}`, data: letters(text), shape: [text.length, 1] }),
          'char',
        ).create_reference(),
      );
      tagged(file.create_dataset({ name: 'labels', data: references, shape: [3, 1] }), 'cell');
      tagged(file.create_dataset({ name: 'note', data: letters('hello'), shape: [5, 1] }), 'char');
    });
    const bytes = new Uint8Array(512 + inner.length);
    bytes.set(new TextEncoder().encode('MATLAB 7.3 MAT-file'));
    bytes.set(inner, 512);
    const recording = await openBytes(mat, 'a.mat', bytes);
    expect(recording).toMatchObject({ format: 'MAT 7.3', modality: 'eeg' });
    expect(recording.channels.map(({ label, rate }) => [label, rate])).toEqual([
      ['Fp1', 512],
      ['Fp2', 512],
      ['Oz', 512],
    ]);
    expect([...((await recording.read([1], 5, 20))[0] as Float64Array)]).toEqual(expected(1, 5, 20));
  });

  it('refuses a damaged heap of texts, in which the library would go round for ever', async () => {
    const bytes = h5Bytes((file) => {
      file.create_dataset({ name: 'x', data: data(false), shape: [3, SAMPLES] });
      file.create_dataset({ name: 'labels', data: ['a', 'b', 'c'] });
    });
    // The third text (16 bytes of header, 24 for each object) then ends in the midst of the free space, which is zeros.
    bytes[Buffer.from(bytes).indexOf('GCOL') + 16 + 2 * 24 + 8] = 50;
    await expect(openBytes(hdf5, 'a.h5', bytes, { rate: 1 })).rejects.toThrow(
      /texts of "labels".*file read failed/,
    );
  });

  it('says what is wrong: several arrays, none, a file cut short, another format', async () => {
    const two = h5Bytes((file) => {
      file.create_dataset({ name: 'a', data: Float32Array.of(1, 2, 3) });
      file.create_group('g').create_dataset({ name: 'b', data: Float32Array.of(1, 2, 3) });
      file.create_soft_link('/nowhere', 'broken');
    });
    await expect(openBytes(hdf5, 'a.h5', two, { rate: 1 })).rejects.toThrow(
      /"a" \(3 float32\), "g\/b" .*--variable/,
    );
    expect((await openBytes(hdf5, 'a.h5', two, { rate: 1, variable: 'g/b' })).channels[0]?.label).toBe('b');
    await expect(openBytes(hdf5, 'a.h5', two.subarray(0, 700), { rate: 1 })).rejects.toThrow(
      /a\.h5: cannot be read at its superblock: the HDF5 library says "truncated file/,
    );
    const none = h5Bytes((file) => file.create_dataset({ name: 'words', data: ['a', 'b'] }));
    await expect(openBytes(hdf5, 'a.h5', none)).rejects.toThrow(
      /no array that can be a signal: "words" \(2 text\)/,
    );
    await expect(openFile(entryOf('a.h5', 'GDF 2.2'), [])).rejects.toThrow(
      /is a GDF file.*read_raw_gdf\(.* a\.h5 a\.edf`/,
    );
  });
});

describe('what a file declares', () => {
  it('is not inflated where one chunk is larger than what is read at once', async () => {
    const touched = (size: number) =>
      ({
        name: 'big.h5',
        size,
        run: () => Promise.reject(new Error('was read')),
      }) as unknown as LazyH5File;
    const reading = (chunk: number, size = 2 ** 26) =>
      h5Numbers(touched(size), 'ecg', { shape: [2 ** 30], chunks: [chunk], size: 4, type: 1 } as Metadata, [
        1,
        2 ** 30,
      ]).read(1, [0], 0, 8);
    await expect(reading(2 ** 26 + 1)).rejects.toThrow(
      /big\.h5: stores "ecg" in chunks of 268435460 bytes, more than/,
    );
    await expect(reading(2 ** 26)).rejects.toThrow('was read');
    // Of a small file so much comes only where nothing is in it.
    await expect(reading(2 ** 26, 300_000)).rejects.toThrow(/more than the 16777216 that are inflated/);
    await expect(reading(2 ** 22, 300_000)).rejects.toThrow('was read');
  });
});

describe('numbers by themselves', () => {
  it('are read as arrays of one are: rates and factors of h5py', async () => {
    const bytes = h5Bytes((file) => {
      file.create_dataset({ name: 'ecg', data: Int16Array.from({ length: 600 }, (_, i) => (i * 7) % 100) });
      for (const [name, own] of [
        ['fs', 250],
        ['scale_factor', 0.5],
      ] as const)
        file.create_dataset({ name, data: own, dtype: '<d' });
      file.create_dataset({ name: 'add_offset', data: 3, dtype: '<i' });
    });
    const recording = await openBytes(hdf5, 'a.h5', bytes);
    expect(recording.channels).toMatchObject([{ rate: 250, length: 600 }]);
    expect([...((await recording.read([0], 0, 3))[0] as Float64Array)]).toEqual([3, 6.5, 10]);
  });
});

describe('half floats', () => {
  it.each([
    [0x0001, 2 ** -24],
    [0x83ff, -1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c01, 1 + 2 ** -10],
    [0x7bff, 65_504],
    [0x8000, -0],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('%i', (bits, value) => {
    const bytes = Uint8Array.of(bits & 255, bits >> 8);
    expect(decodeElements(bytes, { kind: 'float16', bigEndian: false })[0]).toBe(value);
  });
});
