import * as h5wasm from 'h5wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { FileSet } from '../../data/formats/format.ts';
import { hdf5 } from '../../data/formats/hdf5/hdf5.ts';
import { mat } from '../../data/formats/mat/mat.ts';
import { openFile } from '../../data/open.ts';
import { countingEntry, entryOf, openBytes } from './open-bytes.ts';

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
      /is a GDF file.*read_raw_gdf\("a\.h5"/,
    );
  });
});
