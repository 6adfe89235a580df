import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, memorySource } from '../../base/bytes.ts';
import { type Compressed, inflated, inflatedSource, inflatedStart } from '../../base/inflate.ts';
import { RandomStream } from '../../base/random-stream.ts';
import { Refusal, refuse } from './refusal.ts';

const PACKERS = { deflate: deflateSync, 'deflate-raw': deflateRawSync, gzip: gzipSync } as const;
const CONTENT = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);

function packed(
  content: Uint8Array,
  format: Compressed['format'] = 'deflate-raw',
  before = 0,
): Compressed<ByteSource> & { size: number } {
  const bytes = PACKERS[format](content);
  const file = Buffer.concat([Buffer.alloc(before, 0xff), bytes]);
  return {
    source: memorySource('x', file),
    ...{ offset: before, length: bytes.length, format, size: content.length, crc: crc32(content) },
  };
}

describe('compressed data', () => {
  it('come out as zlib packed them: the start, all, and any ranges asked for at once and out of order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.constantFrom('deflate' as const, 'deflate-raw' as const, 'gzip' as const),
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(3000), fc.nat(3000)), { maxLength: 5 }),
        async (content, format, isSizeKnown, ranges) => {
          const { size, ...compressed } = packed(content, format, 3);
          const given = isSizeKnown ? { ...compressed, size } : compressed;
          expect(Buffer.from(await inflated({ ...compressed, size }, refuse))).toEqual(Buffer.from(content));
          expect(Buffer.from(await inflatedStart(given, 5, refuse))).toEqual(
            Buffer.from(content.subarray(0, 5)),
          );
          const whole = await inflatedSource(given, refuse);
          expect(whole.size).toBe(size);
          const read = await Promise.all(ranges.map(([at, length]) => whole.read(at, length)));
          ranges.forEach(([at, length], i) => {
            expect(Buffer.from(read[i] as Uint8Array)).toEqual(
              Buffer.from(content.subarray(at, at + length)),
            );
          });
        },
      ),
      { numRuns: 100, seed: 42 },
    );
  });

  it('may end in the padding that is allowed, and in no byte more', async () => {
    const { size, crc: _, ...compressed } = packed(CONTENT);
    const short = (by: number, padding?: number) => ({
      ...compressed,
      size: size - by,
      ...(padding !== undefined && { padding }),
    });
    expect((await inflated(short(7, 7), refuse)).length).toBe(size - 7);
    await expect(inflated(short(8, 7), refuse)).rejects.toThrow(
      /holds more compressed data than the 4992 bytes/,
    );
    await expect(inflated(short(1), refuse)).rejects.toThrow(/more compressed data than the 4999 bytes/);
    await expect(inflated(short(-1, 7), refuse)).rejects.toThrow('ends after 5000 of 5001 bytes');
  });

  it('of a wrong checksum are read up to the last bytes, which are refused each time they are asked for', async () => {
    const source = await inflatedSource({ ...packed(CONTENT), crc: 7 }, refuse);
    expect([...(await source.read(0, 3))]).toEqual([0, 1, 4]);
    for (let time = 0; time < 2; time++)
      await expect(source.read(4000, 1000)).rejects.toThrow(
        /checksum is wrong: \w{8}, but 00000007 was saved/,
      );
    expect([...(await source.read(0, 3))]).toEqual([0, 1, 4]);
  });

  it('that are cut short or damaged are refused at their place, with what they are', async () => {
    const whole = packed(CONTENT, 'deflate-raw', 10);
    const refusal: Refusal = await inflated(
      { ...whole, length: whole.length - 5, what: 'the record "a"' },
      refuse,
    ).then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(refusal).toMatchObject({ fault: 'damaged', offset: 10 });
    expect(refusal.message).toMatch(/^the record "a" (holds|ends)/);
    // Bytes that no block begins with.
    const nonsense = memorySource('x', new Uint8Array(50).fill(0xff));
    await expect(
      inflated({ source: nonsense, offset: 0, length: 50, format: 'deflate-raw', size: 100 }, refuse),
    ).rejects.toThrow(/^holds compressed data that are damaged/);
  });

  it('of a size that deflate cannot reach are refused unread, and of one that it can are not', async () => {
    const nothing = { name: 'x', size: 10, read: () => expect.unreachable() };
    const open = (size: number) =>
      inflatedSource({ source: nothing, offset: 0, length: 10, format: 'deflate-raw', size }, refuse);
    expect((await open(10_320 + 64)).size).toBe(10_384);
    await expect(open(10_385)).rejects.toThrow(
      'says that 10 compressed bytes hold 10385, but they hold at most 10320.',
    );
  });

  it('throw what their source throws, which is no damage of theirs, and are read when it works again', async () => {
    const whole = packed(CONTENT);
    let isGone = true;
    const source = {
      ...whole.source,
      read: async (at: number, length: number) => {
        if (isGone) throw new RangeError('the file has gone');
        return whole.source.read(at, length);
      },
    };
    const opened = await inflatedSource({ ...whole, source }, refuse);
    await expect(opened.read(0, 10)).rejects.toThrow(new RangeError('the file has gone'));
    isGone = false;
    expect(Buffer.from(await opened.read(0, 5000))).toEqual(Buffer.from(CONTENT));
    expect(await inflated(whole, refuse).catch((error) => error)).not.toBeInstanceOf(Refusal);
  });

  it('of a source that fails once in their midst fail for the reader of that moment, and for no other', async () => {
    // What does not shrink, so that the source is asked for it several times.
    const random = new RandomStream(1);
    const content = new Uint8Array(600_000).map(() => random.u32());
    const { source, ...compressed } = packed(content);
    let failures = 1;
    const read = async (at: number, length: number) => {
      if (at > 0 && failures-- > 0) throw new RangeError('not now');
      return source.read(at, length);
    };
    const opened = await inflatedSource({ ...compressed, source: { ...source, read } }, refuse);
    const [first, second] = await Promise.allSettled([opened.read(0, 600_000), opened.read(0, 600_000)]);
    expect(first).toEqual({ status: 'rejected', reason: new RangeError('not now') });
    expect(second.status === 'fulfilled' && Buffer.from(second.value).equals(content)).toBe(true);
  });
});
