import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/read.ts';
import {
  CheckpointError,
  decodeSafetensors,
  encodeSafetensors,
  type NamedTensors,
} from '../../checkpoint/safetensors.ts';

const tensor = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
  .chain((shape) =>
    fc
      .float32Array({ minLength: product(shape), maxLength: product(shape) })
      .map((data) => ({ shape, data })),
  );
const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', '0', 'constructor', '\ud800'),
);
const tensors = fc
  .uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 8 })
  .map((entries): NamedTensors => new Map(entries));
const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** A file with any header one likes. */
function file(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });

describe('safetensors', () => {
  it('gives back what was put in, bit for bit', () => {
    fc.assert(
      fc.property(tensors, metadata, (given, about) => {
        const read = decodeSafetensors(encodeSafetensors(given, about), 'a.safetensors');
        expect(new Set(read.tensors.keys())).toEqual(new Set(given.keys()));
        for (const [key, { shape, data }] of given) {
          expect(read.tensors.get(key)?.shape).toEqual(shape);
          expect(bits(read.tensors.get(key)?.data)).toEqual(bits(data));
        }
        expect(read.metadata).toEqual(about);
      }),
    );
  });

  it('lays a file out as the format says', () => {
    const bytes = encodeSafetensors(
      new Map([
        ['b', { shape: [2], data: Float32Array.of(1, -2) }],
        ['a', { shape: [], data: Float32Array.of(0.5) }],
      ]),
      { step: '3' },
    );
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerLength));
    expect(text).toMatch(/} *$/);
    expect(JSON.parse(text)).toEqual({
      __metadata__: { step: '3' },
      b: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      a: { dtype: 'F32', shape: [], data_offsets: [8, 12] },
    });
    expect([...new Float32Array(bytes.buffer, 8 + headerLength)]).toEqual([1, -2, 0.5]);
  });

  it('reads a file whose values are not aligned, at any place in memory', () => {
    const data = new Uint8Array(Float32Array.of(1.5, 2.5).buffer);
    for (let shift = 0; shift < 4; shift++) {
      const whole = file(`{"x":${JSON.stringify(f32([2], [0, 8]))}}${' '.repeat(shift)}`, data);
      const moved = new Uint8Array(whole.length + 1);
      moved.set(whole, 1);
      for (const bytes of [whole, moved.subarray(1)])
        expect([...(decodeSafetensors(bytes, 'x').tensors.get('x')?.data ?? [])]).toEqual([1.5, 2.5]);
    }
  });

  it('ends every damaged file in a CheckpointError that names it, or reads it', () => {
    const whole = encodeSafetensors(
      new Map([
        ['w', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ['b', { shape: [3], data: Float32Array.of(7, 8, 9) }],
      ]),
      { made: 'here' },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(whole.length),
        (flips, length) => {
          const bytes = whole.slice(0, length);
          for (const [at, value] of flips) if (at < length) bytes[at] = value;
          try {
            for (const { shape, data } of decodeSafetensors(bytes, 'torn.safetensors').tensors.values())
              expect(data.length).toBe(product(shape));
          } catch (error) {
            expect(error).toBeInstanceOf(CheckpointError);
            expect((error as Error).message).toMatch(/^torn\.safetensors: /);
          }
        },
      ),
      { numRuns: 2000 },
    );
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeSafetensors(whole.subarray(0, length), 'torn')).toThrow(CheckpointError);
  });

  const eight = new Uint8Array(8);
  it.each([
    ['a header longer than the file', file({}).fill(255, 0, 8), /header of 18446744073709551615 bytes/],
    [
      'a header of many megabytes',
      file(' '.repeat(2 ** 23 + 1)),
      /header of 8388609 bytes, more than the 8388608 that are read/,
    ],
    [
      'a header of too many names',
      file(Object.fromEntries(Array.from({ length: 2 ** 16 + 1 }, (_, i) => [i.toString(36), 0]))),
      /names 65537 tensors, more than the 65536 that are read/,
    ],
    ['a header that is no JSON', file('{"x":'), /not JSON/],
    ['a header that is not UTF-8', file('{}').fill(0xff, 8), /not JSON/],
    ['a header that is a list', file([]), /not a JSON object/],
    [
      'eight-bit floats',
      file({ x: { dtype: 'F8_E4M3', shape: [8], data_offsets: [0, 8] } }, eight),
      /F8_E4M3.*float32/,
    ],
    ['integers', file({ x: { dtype: 'I32', shape: [2], data_offsets: [0, 8] } }, eight), /"x" \(I32\)/],
    ['no type', file({ x: { shape: [2], data_offsets: [0, 8] } }, eight), /type missing; read are F64/],
    [
      'a name twice',
      file(`{"x":${JSON.stringify(f32([1], [0, 4]))},"\\u0078":${JSON.stringify(f32([2], [0, 8]))}}`, eight),
      /its header says "x" twice/,
    ],
    [
      'a field twice',
      file('{"x":{"dtype":"F32","dtype":"I32","shape":[2],"data_offsets":[0,8]}}', eight),
      /says "dtype" twice/,
    ],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /says "__metadata__" twice/],
    ['an entry of metadata twice', file('{"__metadata__":{"a":"1","a":"2"}}'), /says "a" twice/],
    ['an entry that is none', file({ x: 3 }), /"x"/],
    ['a negative extent', file({ x: f32([-2], [0, 8]) }, eight), /\[-2\]/],
    ['a fractional extent', file({ x: f32([1.5], [0, 6]) }, eight), /\[1\.5\]/],
    ['a product beyond numbers', file({ x: f32([2 ** 52, 2 ** 52], [0, 8]) }, eight), /8 bytes/],
    ['offsets beyond the end', file({ x: f32([4], [0, 16]) }, eight), /\[0,16\].*has 8/],
    ['offsets backwards', file({ x: f32([1], [8, 4]) }, eight), /\[8,4\]/],
    ['three offsets', file({ x: f32([1], [0, 4, 8]) }, eight), /\[0,4,8\]/],
    ['a shape that is not the data', file({ x: f32([3], [0, 8]) }, eight), /\[3\] and type F32 has 8 bytes/],
    ['overlapping tensors', file({ x: f32([2], [0, 8]), y: f32([1], [4, 8]) }, eight), /"y" overlaps/],
    ['a hole', file({ x: f32([1], [4, 8]) }, eight), /"x" leaves a hole/],
    ['bytes of no tensor', file({ x: f32([1], [0, 4]) }, eight), /4 bytes after the last/],
    ['metadata of numbers', file({ __metadata__: { step: 3 } }), /"step" is not a text/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'bad.safetensors')).toThrow(CheckpointError);
    expect(() => decodeSafetensors(bytes, 'bad.safetensors')).toThrow(message);
  });

  const deep = `${'['.repeat(5e4)}${']'.repeat(5e4)}`;
  const ones = `[${'1,'.repeat(5e4)}1]`;
  it.each([
    ['a type nested deep', `{"x":{"dtype":${deep}}}`, /of type something nested/],
    ['a shape nested deep', `{"x":{"dtype":"F32","shape":${deep}}}`, /proper shape, but something nested/],
    [
      'offsets nested deep',
      `{"x":{"dtype":"F32","shape":[],"data_offsets":${deep}}}`,
      /at bytes something nested of/,
    ],
    ['a type without end', `{"x":{"dtype":"${'x'.repeat(5e4)}"}}`, /of type "x{120}\.\.\."; read are/],
    [
      'extents without end',
      `{"x":{"dtype":"F32","shape":${ones},"data_offsets":[0,0]}}`,
      /of shape \[(1,){59}1\.\.\. and type/,
    ],
  ])('says shortly that a header has %s', (_, header, message) => {
    const read = () => decodeSafetensors(file(header), 'bad.safetensors');
    expect(read).toThrow(CheckpointError);
    expect(read).toThrow(message);
  });

  it('takes no text for a name, and no name of one tensor for that of another', () => {
    const header = {
      __metadata__: { a: '{"x":1,"x":2}', b: '\\":{"b":', x: ':' },
      x: f32([1], [0, 4]),
      'y":': f32([1], [4, 8]),
    };
    const { tensors, metadata } = decodeSafetensors(file(header, eight), 'odd');
    expect([...tensors.keys()]).toEqual(['x', 'y":']);
    expect(metadata).toEqual(header.__metadata__);
  });

  it('names few of many tensors that are no weights', () => {
    const flags = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`t${i}`, { dtype: 'I32', shape: [0], data_offsets: [0, 0] }]),
    );
    expect(() => decodeSafetensors(file(flags), 'many')).toThrow(/"t19" \(I32\) and 30 more; leave them out/);
  });

  it('reads no tensor that is larger than any weight', async () => {
    const read = (size: number) => {
      const head = file({ x: f32([size / 4], [0, size]) });
      return openCheckpoint(
        {
          size: head.length + size,
          read: async (offset, length) => {
            expect(length).toBeLessThan(1000);
            return head.subarray(offset, offset + length);
          },
        },
        'large',
      );
    };
    await expect(read(2 ** 30 + 4)).rejects.toThrow(
      /"x" of shape \[268435457\] has 1073741828 bytes, more than the 1073741824 that are read/,
    );
    await expect(read(2 ** 30)).resolves.toMatchObject({ tensors: [{ name: 'x' }] });
  });

  it('refuses to write what could not be read back', () => {
    const data = Float32Array.of(1, 2);
    expect(() => encodeSafetensors(new Map([['x', { shape: [3], data }]]))).toThrow(
      /"x" has 2 values.*\[3\]/,
    );
    expect(() => encodeSafetensors(new Map([['__metadata__', { shape: [2], data }]]))).toThrow(/rename/);
  });
});

function bits(data: Float32Array | undefined): Uint32Array | undefined {
  return data && new Uint32Array(data.slice().buffer);
}
