import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, memorySource } from '../../base/bytes.ts';
import { readRecord, readZip, recordSource, verifyRecord, type ZipOptions } from '../../base/zip.ts';
import { Refusal, refuse } from './refusal.ts';
import { type WrittenEnd, type WrittenRecord, zipOf } from './zip-writer.ts';

const text = (content: string) => new TextEncoder().encode(content);
const source = (bytes: Uint8Array): ByteSource => memorySource('a.zip', bytes);
const A: WrittenRecord = { name: 'a', content: text('first, first, first'), deflated: true };
const B: WrittenRecord = { name: 'b', content: text('second') };

async function contents(bytes: Uint8Array, options: ZipOptions = {}): Promise<Map<string, string>> {
  const read = new Map<string, string>();
  for (const [name, record] of await readZip(source(bytes), refuse, options))
    read.set(name, Buffer.from(await readRecord(source(bytes), record, refuse)).toString('hex'));
  return read;
}

const records = fc.uniqueArray(
  fc.record({
    name: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('µV.npy', 'x.npy', '😀')),
    content: fc.uint8Array({ maxLength: 300 }),
    deflated: fc.boolean(),
    sizesFollow: fc.boolean(),
    long: fc.constantFrom('beside' as const, 'instead' as const, undefined),
    longEntry: fc.boolean(),
    gap: fc.nat(3),
    more: fc.constantFrom(0, 0, 200),
  }),
  { selector: ({ name }) => name, maxLength: 5 },
);
const ends = fc.record({
  long: fc.constantFrom('beside' as const, 'instead' as const, undefined),
  comment: fc.constantFrom('', 'PK\u0005\u0006 in a comment'),
});

describe('a ZIP archive', () => {
  it('is read however its sizes are written, whole, record by record and range by range', async () => {
    await fc.assert(
      fc.asyncProperty(records, ends, fc.nat(300), fc.nat(300), async (written, end, at, length) => {
        const bytes = zipOf(written, end);
        const found = await readZip(source(bytes), refuse);
        // The order of the directory.
        expect([...found.keys()]).toEqual(written.map(({ name }) => name));
        for (const { name, content, deflated } of written) {
          const record = found.get(name) as NonNullable<ReturnType<typeof found.get>>;
          expect(Buffer.from(await readRecord(source(bytes), record, refuse))).toEqual(Buffer.from(content));
          if (!deflated) await verifyRecord(source(bytes), record, refuse);
          const part = await recordSource(source(bytes), record, refuse);
          expect(part.size).toBe(content.length);
          expect([...(await part.read(at, length))]).toEqual([...content.subarray(at, at + length)]);
        }
      }),
      { numRuns: 150, seed: 41 },
    );
  });

  it('that is damaged anywhere is refused, or gives the true contents of what it still names', async () => {
    const written = [
      A,
      { ...B, sizesFollow: true, longEntry: true },
      { ...A, name: 'c', long: 'instead' as const },
    ];
    const whole = zipOf(written, { long: 'beside' });
    const truth = new Set((await contents(whole)).values());
    let refused = 0;
    for (let at = 0; at < whole.length; at++)
      for (const bit of [0, 6]) {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const read = await contents(bytes).catch((error: unknown) => error);
        if (read instanceof Map) for (const content of read.values()) expect(truth).toContain(content);
        else {
          expect(read).toBeInstanceOf(Refusal);
          refused++;
        }
      }
    for (let length = 0; length < whole.length; length++)
      await expect(contents(whole.subarray(0, length))).rejects.toBeInstanceOf(Refusal);
    expect(refused).toBeGreaterThan(whole.length);
  });

  it.each<[string, readonly WrittenRecord[], WrittenEnd, RegExp, ZipOptions?]>([
    ['one name twice', [A, { ...B, name: 'a' }], {}, /damaged: the record "a" is there twice/],
    [
      'two records in one place',
      [A, { ...A, name: 'b', header: 0 }],
      {},
      /damaged: the record "b" overlaps another/,
    ],
    [
      'a record within another',
      [
        { name: 'x', content: zipOf([A]) },
        { ...A, header: 31 },
      ],
      {},
      /damaged: the record "a" overlaps another/,
    ],
    [
      'a place with no record',
      [{ ...A, header: 1 }],
      {},
      /damaged: there is no record "a" where the ZIP directory says/,
    ],
    [
      'a record that reaches into the directory',
      [{ ...A, packedSize: deflateRawSync(A.content).length + 1 }],
      {},
      /damaged: the record "a" reaches into the ZIP directory/,
    ],
    [
      'a record behind the end',
      [{ ...A, header: 999 }],
      {},
      /truncated: the header of "a" should lie at bytes 999 to 1029/,
    ],
    ['another name in the record', [{ ...A, own: { name: 'z' } }], {}, /"a" calls itself "z"/],
    [
      'another size in the record',
      [{ ...A, own: { size: 3 } }],
      {},
      /"a" and the ZIP directory contradict each other/,
    ],
    ['another checksum in the record', [{ ...A, own: { crc: 3 } }], {}, /contradict each other/],
    ['another method in the record', [{ ...A, own: { method: 0 } }], {}, /packed in another way/],
    ['a record that alone says it is encrypted', [{ ...A, own: { flags: 1 } }], {}, /packed in another way/],
    ['an encrypted record', [{ ...A, flags: 1 }], {}, /unsupported: the record "a" is encrypted/],
    ['another method', [{ ...A, method: 14 }], {}, /unsupported: the record "a" is compressed by method 14/],
    ['a stored record of two sizes', [{ ...B, size: 7 }], {}, /"b" is not compressed, but of 6 and 7 bytes/],
    [
      'a wrong checksum',
      [{ ...A, crc: 1 }],
      {},
      /damaged: the record "a" holds compressed data whose checksum is wrong: \w{8}, but 00000001/,
    ],
    [
      'a wrong checksum of a stored record',
      [{ ...B, crc: 1 }],
      {},
      /damaged: the record "b" has the checksum \w{8}, but was saved with 00000001/,
    ],
    ['more than was said', [{ ...A, size: 18 }], {}, /"a" holds more compressed data than the 18 bytes/],
    ['less than was said', [{ ...A, size: 20 }], {}, /"a" ends after 19 of 20 bytes/],
    ['bytes behind its end', [A, B], { after: 1 }, /truncated: there is no ZIP directory at its end/],
    [
      'bytes between the directory and its end',
      [A, B],
      { gap: 1 },
      /damaged: the ZIP directory should lie at/,
    ],
    [
      'fewer records than there are',
      [A, B],
      { count: 1 },
      /damaged: the ZIP directory goes on after its 1 entries/,
    ],
    ['more records than there are', [A, B], { count: 3 }, /damaged: .*(3 records do not fit|entry 2 of 3)/],
    [
      'two ends that contradict',
      [A, B],
      { long: 'beside', longCount: 1 },
      /the two ends of the ZIP archive contradict/,
    ],
    ['one part of several', [A], { disk: 1 }, /claims to be one of several parts/],
    ['more than may be unpacked', [A], {}, /too-large: \d+ bytes that unpack to 19/, { mostUnpacked: 18 }],
    [
      'a name that is not UTF-8',
      [{ ...A, name: Uint8Array.of(0xb5, 0x56) }],
      {},
      /damaged: the name of a record is not UTF-8/,
    ],
    [
      'a name that is none though it is said to be UTF-8',
      [{ ...A, name: Uint8Array.of(0xb5), flags: 0x800 }],
      {},
      /not UTF-8/,
      { legacyNames: true },
    ],
    [
      'two names that are one in an old encoding',
      [
        { ...A, name: Uint8Array.of(0xb5) },
        { ...B, name: 'µ' },
      ],
      {},
      /"µ" is there twice/,
      { legacyNames: true },
    ],
  ])('is refused with %s', async (_, written, end, message, options) => {
    const reading = contents(zipOf(written, end), options).catch((error: Refusal) => {
      throw new Error(`${error.fault}: ${error.message}`);
    });
    await expect(reading).rejects.toThrow(message);
  });

  it('with names in an old encoding is read where that is asked for', async () => {
    const bytes = zipOf([{ ...A, name: Uint8Array.of(0xb5, 0x56) }, B, { ...B, name: 'µ', flags: 0x800 }]);
    expect([...(await contents(bytes, { legacyNames: true })).keys()]).toEqual(['µV', 'b', 'µ']);
  });

  it('may unpack to as much as is allowed', async () => {
    expect((await contents(zipOf([A]), { mostUnpacked: 19 })).size).toBe(1);
    // Stored records are as large as they are.
    expect((await contents(zipOf([B]), { mostUnpacked: 0 })).size).toBe(1);
  });

  it('is not looked at where its records are not wanted', async () => {
    const bytes = zipOf([{ ...A, own: { name: 'z' } }, B]);
    const found = await readZip(source(bytes), refuse, { wanted: (name) => name === 'b' });
    expect([...found.keys()]).toEqual(['a', 'b']);
    await expect(readZip(source(bytes), refuse, { wanted: (name) => name === 'a' })).rejects.toThrow(
      /calls itself/,
    );
  });

  it('reads no more of a stored record than is asked for', async () => {
    const content = new Uint8Array(100_000).fill(7);
    const bytes = zipOf([{ name: 'x', content }]);
    let asked = 0;
    const counting: ByteSource = {
      ...source(bytes),
      read: async (at, length) => {
        asked += length;
        return bytes.subarray(at, at + length);
      },
    };
    const [record] = [...(await readZip(counting, refuse)).values()];
    const opened = asked;
    const part = await recordSource(counting, record as NonNullable<typeof record>, refuse);
    expect([...(await part.read(99_999, 10))]).toEqual([7]);
    expect(asked - opened).toBe(1);
  });
});
