import fc from 'fast-check';

/** A float64 tensor on the host, row-major: what the references compute with. */
export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function zeros(shape: readonly number[]): NdArray {
  return { shape, data: new Float64Array(sizeOf(shape)) };
}

/** Element at a flat index; a reference that reads outside of its array is a mistake worth stopping for. */
export function at(array: NdArray, index: number): number {
  const value = array.data[index];
  if (value === undefined) throw new RangeError(`index ${index} of an array of ${array.data.length}`);
  return value;
}

export function norm(data: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) ** 2;
  return Math.sqrt(sum);
}

/** Uniform numbers in [-1, 1) from a seed (mulberry32): test data, not the engine's generator. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A tensor of f32 values of rms about `scale`, shifted by `offset`. */
export function randomArray(shape: readonly number[], seed: number, scale = 1, offset = 0): NdArray {
  const next = noise(seed);
  return {
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(offset + scale * 1.7 * next())),
  };
}

/** Small magnitudes, large ones and ordinary ones. */
export const magnitudes = fc.constantFrom(1, 1, 1, 1e-3, 20, 1e-5, 1e4);

export function arrays(
  shape: readonly number[],
  options: { scale?: fc.Arbitrary<number>; offset?: number } = {},
): fc.Arbitrary<NdArray> {
  return fc
    .tuple(fc.nat(1e6), options.scale ?? magnitudes)
    .map(([seed, scale]) => randomArray(shape, seed, scale, options.offset ?? 0));
}

/** Extents that tiles and workgroups trip over: 1s, edges and their neighbours, and anything between. */
export function extents(most: number): fc.Arbitrary<number> {
  const edges = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129].filter(
    (e) => e <= most,
  );
  return fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 1, max: most }));
}
