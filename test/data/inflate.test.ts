/** Compressed data that come to more than their budget: refused before they are in memory. */
import { createGzip, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../base/bytes.ts';
import { inflatedSource } from '../../base/inflate.ts';
import { formatRefuser } from '../../data/errors.ts';
import { npz } from '../../data/formats/array/npz.ts';
import { npyBytes, npyOf, zipBytes } from './array-writers.ts';
import { openBytes } from './open-bytes.ts';

const MIB = 2 ** 20;

/** A gzip file of so many MiB of zeros, which are never in memory together. */
async function zeros(mebibytes: number): Promise<Uint8Array> {
  const packer = createGzip();
  const parts: Buffer[] = [];
  packer.on('data', (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve) => packer.once('end', resolve));
  const block = Buffer.alloc(MIB);
  for (let i = 0; i < mebibytes; i++)
    if (!packer.write(block)) await new Promise((resolve) => packer.once('drain', resolve));
  packer.end();
  await ended;
  return Buffer.concat(parts);
}

describe('compressed data', () => {
  it('of which the file says more than their budget are refused before they are inflated', async () => {
    const length = 2_000_000;
    let asked = 0;
    const source = {
      name: 'bomb',
      size: length,
      read: async (_: number, count: number) => {
        asked += count;
        return new Uint8Array(count);
      },
    };
    const open = (size: number, packed = length) =>
      inflatedSource(
        { source, offset: 0, length: packed, format: 'deflate-raw', size },
        formatRefuser('bomb'),
      );
    // 2 GB in 2 MB: deflate can do that, signals cannot.
    await expect(open(2_000_000_000)).rejects.toThrow(
      'bomb, byte 0: holds 2000000000 bytes in 2000000 compressed ones, more than the 268435456 that are inflated of so many.',
    );
    await expect(open(2 ** 28 + 1)).rejects.toThrow(/more than the 268435456/);
    expect((await open(2 ** 28)).size).toBe(2 ** 28);
    // What is large itself may come to more: 64 times, up to 2 GiB.
    expect((await open(64 * 5_000_000, 5_000_000)).size).toBe(320_000_000);
    await expect(open(64 * 5_000_000 + 1, 5_000_000)).rejects.toThrow(/more than the 320000000/);
    await expect(open(2 ** 31 + 1, 2 ** 28)).rejects.toThrow(/more than the 2147483648/);
    expect(asked).toBe(0);
  });

  it('of which the file does not say how much they are come to their budget and no further', async () => {
    const bomb = await zeros(257);
    const source = memorySource('bomb.gz', bomb);
    await expect(
      inflatedSource({ source, offset: 0, length: bomb.length, format: 'gzip' }, formatRefuser('bomb.gz')),
    ).rejects.toThrow(/bomb\.gz, byte 0: holds more than 268435456 bytes in \d+ compressed ones/);
    const whole = await zeros(16);
    const inflated = await inflatedSource(
      {
        source: memorySource('whole.gz', whole),
        offset: 0,
        length: whole.length,
        format: 'gzip',
      },
      formatRefuser('whole.gz'),
    );
    expect(inflated.size).toBe(16 * MIB);
  });

  it('of several files read at once are not forgotten before each has what it asked for', async () => {
    // More together than what stays in memory.
    const mebibytes = 190;
    const packed = await zeros(mebibytes);
    const source = memorySource('zeros', packed);
    const open = () =>
      inflatedSource({ source, offset: 0, length: packed.length, format: 'gzip' }, formatRefuser('zeros'));
    const sources = await Promise.all([open(), open(), open()]);
    expect(sources.map(({ size }) => size / MIB)).toEqual([mebibytes, mebibytes, mebibytes]);
    const ends = await Promise.all(sources.map(({ read, size }) => read(size - 4, 8)));
    expect(ends).toEqual([0, 1, 2].map(() => new Uint8Array(4)));
  });

  it('in an archive of too many arrays are not begun', async () => {
    const one = npyBytes({ kind: 'int8', shape: [1], values: [1] });
    const many = zipBytes(Object.fromEntries(Array.from({ length: 4097 }, (_, i) => [`${i}.npy`, one])));
    await expect(openBytes(npz, 'many.npz', many)).rejects.toThrow(
      /many\.npz: holds 4097 arrays, more than the 4096 that are looked at/,
    );
  });

  it('that shrink well, as flat signals do, are read', async () => {
    const flat = npyOf(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4000000), }",
      new Uint8Array(32_000_000),
    );
    expect(deflateRawSync(flat).length).toBeLessThan(40_000);
    const recording = await openBytes(npz, 'flat.npz', zipBytes({ 'x.npy': flat }, true), { rate: 250 });
    expect((await recording.read([1], 3_999_990, 10))[0]).toEqual(new Float64Array(10));
  });
});
