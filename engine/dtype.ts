/**
 * Element types: f32 and f16 for values, u32 for labels and indices. f16 is a way to store: every sum and every
 * statistic is f32 whatever its operands are kept in.
 */
export type DType = 'f32' | 'f16' | 'u32';

/** The element types that hold values. */
export type FloatType = Exclude<DType, 'u32'>;

/** Half the distance from 1 to the next f16: the largest relative error of storing a number that is not subnormal. */
export const HALF_EPSILON = 2 ** -11;

export const ELEMENT_BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, u32: 4 };

/**
 * Bytes that `size` elements take, rounded up to whole words of 4: what copies and bindings are counted in. f16 takes at
 * least the 16 of an f32 vector, as whose stand-in a tensor may be bound.
 */
export function storageBytes(size: number, dtype: DType): number {
  const bytes = Math.ceil((size * ELEMENT_BYTES[dtype]) / 4) * 4;
  return dtype === 'f16' ? Math.max(16, bytes) : bytes;
}

/** IEEE half precision, rounded to nearest even; what is too large becomes infinite. */
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

/** IEEE half precision, subnormal numbers and NaN payloads included. */
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
