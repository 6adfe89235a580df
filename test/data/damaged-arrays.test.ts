import fc from 'fast-check';
import * as h5wasm from 'h5wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { SignalError } from '../../data/errors.ts';
import { npy } from '../../data/formats/array/npy.ts';
import { npz } from '../../data/formats/array/npz.ts';
import { FileSet, type Format } from '../../data/formats/format.ts';
import { hdf5 } from '../../data/formats/hdf5/hdf5.ts';
import { mat } from '../../data/formats/mat/mat.ts';
import { arff } from '../../data/formats/text/arff.ts';
import { text } from '../../data/formats/text/csv.ts';
import { matBytes, npyBytes, npyTexts, zipBytes } from './array-writers.ts';
import { goldenBytes } from './golden-arrays.ts';
import { countingEntry } from './open-bytes.ts';

/** Cases of each file; more for long runs. */
const { FAST_CHECK_NUM_RUNS, SPOTR_FUZZ } = process.env;
const RUNS = Number(FAST_CHECK_NUM_RUNS ?? 150 * Number(SPOTR_FUZZ ?? 1));

const values = Array.from({ length: 120 }, (_, i) => (7 * i) % 100);
const npyFile = npyBytes({ kind: 'int16', shape: [3, 40], values });
const members = {
  'x.npy': npyFile,
  'fs.npy': npyBytes({ kind: 'float64', shape: [], values: [250] }),
  'labels.npy': npyTexts(['a', 'b', 'c']),
};
const array = { name: 'x', shape: [3, 40] as const, values, kind: 'int16' as const };
const utf8 = (content: string) => new TextEncoder().encode(content);

const FILES: readonly (readonly [string, Format, Uint8Array])[] = [
  ['a.npy', npy, npyFile],
  ['stored.npz', npz, zipBytes(members)],
  ['deflated.npz', npz, zipBytes(members, true)],
  ['plain.mat', mat, matBytes([array])],
  ['compressed.mat', mat, matBytes([array], true)],
  ['structure.mat', mat, goldenBytes('mat5')],
  ['four.mat', mat, goldenBytes('mat4')],
  ['a.arff', arff, utf8("@relation x\n@attribute a real\n@attribute b {u, v}\n@data\n1,u\n2,v\n'3',?\n")],
  [
    'a.csv',
    text,
    utf8(
      'time,ECG,state\n0,1,a\n0.01,2,a\n0.02,4,"b"\n60,3,b\n60.01,3,b\n60.02,5,c\n60.03,5,c\n60.04,5,c\n60.05,5,c\n60.06,5,c\n60.07,5,c\n',
    ),
  ],
];

/** Places and bytes to write there, words to write there, and a length to cut to. */
const damage = (size: number) =>
  fc.record({
    edits: fc.array(fc.tuple(fc.nat(size - 1), fc.oneof(fc.constantFrom(0, 32, 48, 57, 255), fc.nat(255))), {
      maxLength: 5,
    }),
    words: fc.array(
      fc.tuple(fc.nat(size - 1), fc.oneof(fc.constantFrom(0x7fff_ffff, 0xffff_ffff), fc.nat())),
      {
        maxLength: 1,
      },
    ),
    length: fc.oneof(fc.constant(size), fc.nat(size)),
  });

type Damage = { edits: [number, number][]; words: [number, number][]; length: number };

function damaged(bytes: Uint8Array, { edits, words, length }: Damage): Uint8Array {
  const copy = Uint8Array.from([...bytes, 0, 0, 0, 0]);
  for (const [place, value] of edits) copy[place] = value;
  for (const [place, word] of words) new DataView(copy.buffer).setUint32(place, word, true);
  return copy.slice(0, length);
}

/** Opens and reads everything, or fails with a sentence of ours; never asks for more than there is. */
async function readOrRefuse(name: string, format: Format, bytes: Uint8Array): Promise<void> {
  const entry = countingEntry(name, bytes);
  try {
    const recording = await format.open(entry, new FileSet([entry]), { rate: 100 });
    for (const [index, { length, rate }] of recording.channels.entries()) {
      expect(Number.isInteger(length) && rate > 0).toBe(true);
      const count = Math.min(length, 1000);
      const [read] = (await recording.read([index], length - count, count)) as [Float64Array];
      expect(read.length).toBe(count);
      expect(read.every((value) => Number.isNaN(value) || Number.isFinite(value))).toBe(true);
    }
    await recording.annotations?.();
  } catch (error) {
    expect(error).toBeInstanceOf(SignalError);
    expect((error as Error).message.startsWith(name)).toBe(true);
  }
  expect(entry.largest).toBeLessThanOrEqual(2 * bytes.length + 65_536);
}

describe('damaged files are read as far as they make sense, or refused in a sentence', () => {
  it.each(FILES)('%s', async (name, format, bytes) => {
    await readOrRefuse(name, format, bytes);
    await fc.assert(
      fc.asyncProperty(damage(bytes.length), (how) => readOrRefuse(name, format, damaged(bytes, how))),
      { numRuns: RUNS, seed: 31 },
    );
  });
});

describe('damaged HDF5', () => {
  let bytes = new Uint8Array();

  beforeAll(async () => {
    await h5wasm.ready;
    const file = new h5wasm.File('damaged.h5', 'w', { libver: ['earliest', 'v108'] });
    file.create_dataset({
      name: 'x',
      data: Int16Array.from(values),
      shape: [3, 40],
      chunks: [1, 20],
      compression: 4,
    });
    file.create_attribute('fs', 250);
    file.create_dataset({ name: 'labels', data: ['a', 'b', 'c'] });
    file.close();
    bytes = (h5wasm.FS as unknown as { readFile(path: string): Uint8Array }).readFile('damaged.h5').slice();
  });

  it('is read or refused, and leaves the library able to read the next file', async () => {
    await fc.assert(
      fc.asyncProperty(damage(bytes.length), async (how) => {
        await readOrRefuse('a.h5', hdf5, damaged(bytes, how));
        const entry = countingEntry('whole.h5', bytes);
        const recording = await hdf5.open(entry, new FileSet([entry]), {});
        expect([...((await recording.read([1], 0, 3))[0] as Float64Array)]).toEqual(values.slice(40, 43));
      }),
      { numRuns: Math.ceil(RUNS / 3), seed: 32 },
    );
  });
});
