import { expect, it } from 'vitest';
import { type DType, type StoredTensor, toFloat32 } from '../../checkpoint/dtypes.ts';
import { asHalf } from '../../checkpoint/half.ts';
import { decodeSafetensors, encodeStored } from '../../checkpoint/safetensors.ts';

const stored = (
  values: Float32Array | Float64Array | Int32Array,
  dtype: DType,
  name = 'w',
): StoredTensor => ({
  ...{ name, dtype, shape: [values.length], offset: 0 },
  read: async () => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

const E = 2 ** -11;

it.each<[what: string, values: readonly number[], rounded: readonly number[]]>([
  ['what half precision has stays', [0, -0, 1, -1.5, 65504, -65504, 2 ** -14, 2 ** -24], []],
  ['ties go to the even one', [1 + E, 1 + 3 * E, -1 - E, 2049, 2051], [1, 1 + 4 * E, -1, 2048, 2052]],
  ['others to the nearest', [1 + 1.01 * E, 1 + 2.99 * E, 65519.9], [1 + 2 * E, 1 + 2 * E, 65504]],
  ['small ones are counts of 2^-24', [2 ** -25, 1.5 * 2 ** -24, 2 ** -26], [0, 2 ** -23, 0]],
])('%s', async (_, values, rounded) => {
  const half = asHalf(stored(Float32Array.from(values), 'F32'));
  expect(half).toMatchObject({ name: 'w', dtype: 'F16', shape: [values.length] });
  const bytes = await half.read();
  expect(bytes).toHaveLength(2 * values.length);
  expect([...(toFloat32('F16', bytes) as Float32Array)]).toEqual(
    [...(rounded.length > 0 ? rounded : values)].map(Math.fround),
  );
});

it('refuses by name what half precision has no number for', async () => {
  for (const value of [65520, -1e6, Number.POSITIVE_INFINITY, Number.NaN])
    await expect(asHalf(stored(Float32Array.of(1, value), 'F32', 'block.w')).read()).rejects.toThrow(
      `The tensor "block.w" holds ${Math.fround(value)} at place 1, which is not a number of half precision`,
    );
  await expect(asHalf(stored(Float64Array.of(1e300), 'F64')).read()).rejects.toThrow(
    /a number beyond f32 at/,
  );
  expect(() => asHalf(stored(Int32Array.of(2049), 'I32', 'steps'))).toThrow(/"steps" holds I32/);
});

it('is a file of half the bytes whose values read back, also of halves', async () => {
  const values = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i) * 3);
  const once = asHalf(stored(values, 'F32'));
  const file = await encodeStored([once, { ...asHalf(once), name: 'twice' }]);
  const { tensors } = decodeSafetensors(file, 'f');
  const read = tensors.get('w')?.data as Float32Array;
  expect(tensors.get('twice')?.data).toEqual(read);
  expect(Math.max(...read.map((value, i) => Math.abs(value - (values[i] as number))))).toBeLessThan(3 * E);
  expect(new Set(read).size).toBeGreaterThan(90);
});
