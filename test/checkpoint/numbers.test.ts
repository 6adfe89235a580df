import { createHash } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../base/crc32.ts';
import { toFloat32 } from '../../checkpoint/dtypes.ts';
import { Sha256 } from '../../checkpoint/sha256.ts';

describe('numbers of checkpoints', () => {
  it('widens bfloat16, rounds doubles, and takes integers', () => {
    const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer as ArrayBuffer);
    expect(toFloat32('BF16', bytes(Uint16Array.of(0x3f80, 0xc000, 0x8000)))).toEqual(
      Float32Array.of(1, -2, -0),
    );
    expect(toFloat32('F64', bytes(Float64Array.of(0.1, -Infinity)))).toEqual(Float32Array.of(0.1, -Infinity));
    expect(toFloat32('F64', bytes(Float64Array.of(1e300)))).toBeUndefined();
    expect(toFloat32('I64', bytes(BigInt64Array.of(-3n, 9n)))).toEqual(Float32Array.of(-3, 9));
    expect(toFloat32('BOOL', Uint8Array.of(0, 1))).toEqual(Float32Array.of(0, 1));
    // Node's Buffer shares memory where other arrays copy it.
    const shifted = Buffer.concat([Buffer.of(9), Buffer.from(Float32Array.of(1.5, 2.5).buffer)]).subarray(1);
    expect(toFloat32('F32', shifted)).toEqual(Float32Array.of(1.5, 2.5));
  });

  it('has the checksums of others, in pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
        const whole = Buffer.concat(pieces);
        const hash = new Sha256();
        for (const piece of pieces) hash.update(piece);
        expect(hash.hex()).toBe(createHash('sha256').update(whole).digest('hex'));
        expect(pieces.reduce((crc, piece) => crc32(piece, crc), 0)).toBe(zlibCrc32(whole));
      }),
    );
  });
});
