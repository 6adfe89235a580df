import { describe, expect, it } from 'vitest';
import { fromBfloat16, fromHalf, LARGEST_HALF, toHalf } from '../../base/half.ts';

const EVERY_HALF = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

describe('half precision', () => {
  it('reads every half, and writes it back as it was', () => {
    const values = fromHalf(EVERY_HALF);
    const back = toHalf(values);
    for (const [bits, value] of values.entries()) {
      if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(back.subarray(bits, bits + 1))[0])).toBe(true);
      else expect(back[bits]).toBe(bits);
    }
    expect([...values.subarray(0, 2)]).toEqual([0, 2 ** -24]);
    expect(values[0x7bff]).toBe(LARGEST_HALF);
  });

  it('rounds what lies between two halves to the nearer one, and to the even one from half way', () => {
    const finite = fromHalf(EVERY_HALF.subarray(0, 0x7c00));
    for (let bits = 0; bits + 1 < finite.length; bits++) {
      const [low, high] = [finite[bits] as number, finite[bits + 1] as number];
      const middle = (low + high) / 2;
      const below = middle - (high - low) / 64;
      const above = middle + (high - low) / 64;
      const even = bits % 2 === 0 ? bits : bits + 1;
      expect([...toHalf(Float32Array.of(below, middle, above, -middle))]).toEqual([
        bits,
        even,
        bits + 1,
        even | 0x8000,
      ]);
    }
    expect([...toHalf(Float32Array.of(65519, 65520, 1e30, -1e30))]).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00]);
    expect([...toHalf(Float32Array.of(2 ** -25, 2 ** -25 * 1.001, 1e-30, -0))]).toEqual([0, 1, 0, 0x8000]);
  });

  it('reads every half as IEEE 754 defines it', () => {
    for (const [half, value] of fromHalf(EVERY_HALF).entries()) {
      const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
      const normal =
        exponent === 31 ? (fraction ? Number.NaN : Infinity) : 2 ** (exponent - 15) * (1 + fraction / 1024);
      const expected = sign * (exponent === 0 ? fraction * 2 ** -24 : normal);
      if (!Object.is(value, expected)) expect(value, `half ${half}`).toBe(expected);
    }
  });
});

describe('bfloat16', () => {
  it('is the upper half of a float32, sign, infinity and NaN included', () => {
    const bits = Uint16Array.of(0x3f80, 0xc000, 0x8000, 0x0001, 0x7f80, 0xff80, 0x7fc0);
    expect([...fromBfloat16(bits)]).toEqual([1, -2, -0, 2 ** -133, Infinity, -Infinity, Number.NaN]);
  });
});
