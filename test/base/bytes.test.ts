import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunks, memorySource, partSource, readExactly } from '../../base/bytes.ts';
import { crc32, hex32 } from '../../base/crc32.ts';
import { refuse } from './refusal.ts';

const BYTES = Uint8Array.from({ length: 10 }, (_, i) => i);
const source = memorySource('ten', BYTES);

describe('sources of bytes', () => {
  it('give what lies in a range, and fewer bytes at the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.nat(12), fc.nat(12), fc.nat(12), async (offset, size, at, length) => {
        const part = partSource(source, offset, size);
        const truth = BYTES.subarray(offset, offset + size);
        expect([part.name, part.size]).toEqual(['ten', truth.length]);
        expect([...(await part.read(at, length))]).toEqual([...truth.subarray(at, at + length)]);
      }),
      { seed: 43 },
    );
  });

  it('give exactly a range or refuse it, unread where it is not there', async () => {
    expect([...(await readExactly(source, 8, 2, 'the end', refuse))]).toEqual([8, 9]);
    expect((await readExactly(source, 10, 0, 'nothing', refuse)).length).toBe(0);
    const unread = { size: 10, read: () => expect.unreachable() };
    for (const [offset, length] of [
      [8, 3],
      [-1, 2],
      [3, -1],
      [11, 0],
    ] as const)
      await expect(readExactly(unread, offset, length, 'the end', refuse)).rejects.toMatchObject({
        ...{ fault: 'truncated', offset },
        message: `the end should lie at bytes ${offset} to ${offset + length} of 10; the file is cut short or damaged.`,
      });
    const shrunk = { size: 12, read: source.read };
    await expect(readExactly(shrunk, 8, 4, 'the end', refuse)).rejects.toMatchObject({
      ...{ fault: 'truncated', offset: 10 },
      message: 'the end ended early; the file changed while it was read.',
    });
  });

  it('come in pieces that are all of them, none of which is large', async () => {
    const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 7) % 251);
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks(memorySource('x', bytes), 3, 2_400_000, 'it', refuse))
      pieces.push(piece);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(2 ** 20);
    expect(Buffer.concat(pieces).equals(bytes.subarray(3, 2_400_003))).toBe(true);
  });
});

describe('crc32', () => {
  it('is that of zlib, in pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
        const found = pieces.reduce((crc, piece) => crc32(piece, crc), 0);
        expect(found).toBe(zlibCrc32(Buffer.concat(pieces)));
        expect(Number.parseInt(hex32(found), 16)).toBe(found);
      }),
      { seed: 44 },
    );
    expect(hex32(0xab)).toBe('000000ab');
  });
});
