import fc from 'fast-check';
import { fromHalf, HALF_EPSILON, toHalf } from '../../base/half.ts';
import { type RegisteredOp, typesOf } from '../../engine/autograd/define-op.ts';
import type { FloatType } from '../../engine/dtype.ts';
import { backward, type Engine, registeredOps, type Tensor } from '../../engine/index.ts';
import { at, type NdArray, noise, norm, randomArray } from './ndarray.ts';
import type { AnyReference, OpCase, Sharpness } from './reference.ts';

/** Relative L2 error, absolute below `floor`. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  const difference = new Float64Array(expected.length);
  for (let i = 0; i < expected.length; i++) difference[i] = (actual[i] as number) - (expected[i] as number);
  const size = Math.max(norm(expected), floor);
  const error = norm(difference);
  return error === 0 ? 0 : error / size;
}

/** Half the distance between subnormal f16s: the absolute error of storing a tiny number. */
const HALF_TINY = 2 ** -25;
/** Most that a stored value may be, with room for what a kernel adds. */
const HALF_MOST = 3e4;

interface Allowed {
  /** Relative to the norm of what is expected, or to `floor` where that is larger. */
  readonly relative: number;
  readonly floor: number;
  /** Of every element, besides. */
  readonly absolute: number;
}

function requireClose(what: string, actual: Float32Array, expected: NdArray, allowed: Allowed): void {
  const { relative, floor, absolute } = allowed;
  requireSame(`${what}: size`, actual.length, expected.data.length);
  const size = Math.max(norm(expected.data), floor);
  const error = relativeError(actual, expected.data, floor);
  const tiny = (absolute * Math.sqrt(expected.data.length)) / size;
  requireAtMost(`${what} [${expected.shape}]: relative error`, error, size === 0 ? 0 : relative + tiny);
}

// These throw themselves: a page has no vitest.

/** As text, for types and shapes. */
function requireSame(what: string, found: unknown, expected: unknown): void {
  if (String(found) !== String(expected)) throw new Error(`${what} is [${found}]; it must be [${expected}]`);
}

function requireAtMost(what: string, found: number, most: number): void {
  // Put so that it fails for NaN.
  if (!(found <= most)) throw new Error(`${what} is ${found}; it may be ${most}`);
}

/** The same case with f16 asked for, and the inputs that may be stored as that rounded to it. */
function halfCase(reference: AnyReference, { inputs, attributes: given }: OpCase<unknown>): OpCase<unknown> {
  const attributes = reference.storing?.(given, 'f16') ?? given;
  const op = registeredOps().get(reference.op) as RegisteredOp;
  const rounded = inputs.map((input, index) =>
    isStored(op, index, attributes) ? roundedArray(input) : input,
  );
  return { inputs: rounded, attributes };
}

/** Whether any of an operation's tensors may be stored as f16. */
export function canStoreHalf(reference: AnyReference): boolean {
  const declared = registeredOps().get(reference.op)?.spec.inputs ?? [];
  return reference.storing !== undefined || typeof declared === 'function' || declared.includes('stored');
}

/** Whether an input may be stored as f16. */
export function isStored({ spec }: RegisteredOp, index: number, attributes: unknown): boolean {
  const type = typesOf(spec.inputs, index + 1, attributes)[index];
  return type === 'stored' || type === 'weight';
}

const roundedArray = ({ shape, data }: NdArray): NdArray => ({
  shape,
  data: Float64Array.from(fromHalf(toHalf(Float32Array.from(data)))),
});

const fits = (arrays: readonly (NdArray | null)[]) =>
  arrays.every((array) => array?.data.every((value) => Math.abs(value) <= HALF_MOST) ?? true);

/**
 * Forward and every gradient of one case on the device against the reference. With `stored` f16 the inputs that may
 * be are rounded to f16 first, and results may be off by the rounding of what the operation stores; cases whose values
 * f16 cannot hold are passed over.
 */
export async function checkOp(
  engine: Engine,
  reference: AnyReference,
  given: OpCase<unknown>,
  stored: FloatType = 'f32',
  sharpness?: Sharpness,
): Promise<void> {
  const op = registeredOps().get(reference.op) as RegisteredOp;
  const half = stored === 'f16';
  const { inputs, attributes } = half ? halfCase(reference, given) : given;
  const label = `${reference.op}(${inputs.map(({ shape }) => `[${shape}]`).join(', ')}; ${JSON.stringify(attributes)}; ${stored})`;
  const expected = reference.forward(inputs, attributes);
  const seed = half ? roundedArray(randomArray(expected.shape, 77)) : randomArray(expected.shape, 77);
  const expectedGradients = reference.backward?.(inputs, attributes, seed) ?? [];
  if (half) fc.pre(fits(inputs) && fits([expected]) && fits(expectedGradients));
  const roundings = { forward: 1, backward: 2, ...reference.roundings };
  const floor = reference.floor ?? 0;
  const allowed = (pass: 'forward' | 'backward', fallback: number): Allowed => {
    const relative = sharpness?.[pass] ?? reference.tolerance?.[pass] ?? fallback;
    if (!half) return { relative, floor, absolute: 0 };
    const count = roundings[pass];
    return { relative: relative + count * HALF_EPSILON, floor, absolute: count * HALF_TINY };
  };

  using _scope = engine.scope();
  const tensors = inputs.map((input, index) =>
    upload(engine, reference, input, index, isStored(op, index, attributes) ? stored : 'f32'),
  );
  const output = op(tensors, attributes);
  requireSame(`${label}: shape`, output.shape, expected.shape);
  requireClose(label, await engine.read(output), expected, allowed('forward', 1e-5));
  if (!reference.backward) return;

  const gradients = backward(output, {
    seed: engine.tensor(Float32Array.from(seed.data), seed.shape, { dtype: output.dtype }),
  });
  for (const [index, wanted] of expectedGradients.entries()) {
    if (!wanted) continue;
    const what = `${label}: gradient of input ${index}`;
    const input = tensors[index] as Tensor;
    const gradient = gradients.get(input);
    if (!gradient) throw new Error(`${what} is missing`);
    requireSame(`${what}: shape`, gradient.shape, wanted.shape);
    requireSame(`${what}: type`, gradient.dtype, input.dtype);
    requireClose(what, await engine.read(gradient), wanted, allowed('backward', 1e-4));
  }
}

export function upload(
  engine: Engine,
  reference: AnyReference,
  { data, shape }: NdArray,
  index: number,
  dtype: FloatType,
): Tensor {
  if (reference.integers?.includes(index)) return engine.tensor(Uint32Array.from(data), shape);
  const requiresGrad = reference.backward !== undefined;
  return engine.tensor(Float32Array.from(data), shape, { requiresGrad, dtype });
}

/** The reference's gradient along a random direction against central differences, in float64. */
export function checkReference(reference: AnyReference, { inputs, attributes }: OpCase<unknown>): void {
  if (!reference.backward || reference.kinked?.(inputs)) return;
  const output = reference.forward(inputs, attributes);
  const seed = randomArray(output.shape, 78);
  const gradients = reference.backward(inputs, attributes, seed);
  for (const [index, gradient] of gradients.entries()) {
    const input = inputs[index];
    if (!gradient || !input) continue;
    requireSame(
      `${reference.op}: shape of the reference's gradient of input ${index}`,
      gradient.shape,
      input.shape,
    );
    const next = noise(79 + index);
    const direction = Float64Array.from(input.data, () => next());
    const rms = norm(input.data) / Math.sqrt(input.data.length);
    const h = 1e-6 * Math.max(rms, 1e-3);
    const along = (sign: number): number => {
      const moved = {
        shape: input.shape,
        data: input.data.map((x, i) => x + sign * h * (direction[i] as number)),
      };
      const result = reference.forward(
        inputs.map((other, i) => (i === index ? moved : other)),
        attributes,
      );
      return result.data.reduce((sum, y, i) => sum + y * at(seed, i), 0);
    };
    const measured = (along(1) - along(-1)) / (2 * h);
    const claimed = gradient.data.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
    const scale = norm(gradient.data) * norm(direction) + (reference.floor ?? 0);
    const rounding = (1e-15 * Math.abs(along(1))) / h;
    requireAtMost(
      `${reference.op}: the reference's gradient of input ${index}: distance from differences`,
      Math.abs(measured - claimed),
      (reference.differences ?? 1e-5) * scale + 10 * rounding,
    );
  }
}
