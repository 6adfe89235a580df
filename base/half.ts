/** Numbers of 16 bits: IEEE 754's half precision (f16), and bfloat16, the upper half of a float32. */

/** Half the distance from 1 to the next half: the largest relative error of storing a number that is not subnormal. */
export const HALF_EPSILON = 2 ** -11;

/** The largest finite half. */
export const LARGEST_HALF = 65_504;

/** Bits of the nearest halves, ties to even; what is too large becomes infinite. */
export function toHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    halves[i] = ((word >>> 16) & 0x8000) | magnitudeToHalf(word & 0x7fffffff);
  }
  return halves;
}

function magnitudeToHalf(bits: number): number {
  if (bits > 0x7f800000) return 0x7e00;
  // From 65,520 on, half way to the number after the largest, the nearest is infinity.
  if (bits >= 0x477ff000) return 0x7c00;
  if (bits >= 0x38800000) return roundShifted(bits - 0x38000000, 13);
  // Subnormal: a count of 2^-24, from the f32's fraction with its leading one.
  const exponent = bits >>> 23;
  return exponent < 102 ? 0 : roundShifted((bits & 0x7fffff) | 0x800000, 126 - exponent);
}

/** value / 2^shift, to the nearest integer, ties to even; shift at most 24. */
function roundShifted(value: number, shift: number): number {
  const whole = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (whole & 1) === 1) ? whole + 1 : whole;
}

/** Values of halves by their bits, exactly: subnormal numbers and NaN payloads included. */
export function fromHalf(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) words[i] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent > 0) words[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else if (fraction === 0) words[i] = sign;
    else {
      // A subnormal half is a normal float: its leading one moves up into the exponent.
      const shift = Math.clz32(fraction) - 21;
      words[i] = sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
    }
  }
  return new Float32Array(words.buffer);
}

/** Values of bfloat16 numbers by their bits, exactly. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}
