import { expect } from 'vitest';
import { backward, type Engine, registeredOps, type Tensor } from '../../engine/index.ts';
import { at, type NdArray, noise, norm, randomArray } from './ndarray.ts';
import type { AnyReference, OpCase } from './reference.ts';

type Apply = (inputs: readonly Tensor[], attributes: unknown) => Tensor;

/** Relative L2 error, absolute below `floor`. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  const difference = new Float64Array(expected.length);
  for (let i = 0; i < expected.length; i++) difference[i] = (actual[i] as number) - (expected[i] as number);
  const size = Math.max(norm(expected), floor);
  const error = norm(difference);
  return error === 0 ? 0 : error / size;
}

function expectClose(
  what: string,
  actual: Float32Array,
  expected: NdArray,
  tolerance: number,
  floor: number,
): void {
  expect(actual.length, `${what}: size`).toBe(expected.data.length);
  const error = relativeError(actual, expected.data, floor);
  expect(error, `${what} ${JSON.stringify(expected.shape)}: relative error`).toBeLessThanOrEqual(tolerance);
}

function upload(engine: Engine, reference: AnyReference, { inputs }: OpCase<unknown>): Tensor[] {
  return inputs.map((input, index) =>
    reference.integers?.includes(index)
      ? engine.tensor(Uint32Array.from(input.data), input.shape)
      : engine.tensor(Float32Array.from(input.data), input.shape, {
          requiresGrad: reference.backward !== undefined,
        }),
  );
}

/** Forward and every gradient of one case on the device against the reference. */
export async function checkOp(
  engine: Engine,
  reference: AnyReference,
  opCase: OpCase<unknown>,
): Promise<void> {
  const { inputs, attributes } = opCase;
  const op = registeredOps().get(reference.op) as unknown as Apply;
  const label = `${reference.op}(${inputs.map(({ shape }) => `[${shape}]`).join(', ')}; ${JSON.stringify(attributes)})`;
  const expected = reference.forward(inputs, attributes);
  using _scope = engine.scope();
  const tensors = upload(engine, reference, opCase);
  const output = op(tensors, attributes);
  expect(output.shape, `${label}: shape`).toEqual(expected.shape);
  const { forward = 1e-5, backward: backwardTolerance = 1e-4 } = reference.tolerance ?? {};
  const floor = reference.floor ?? 0;
  expectClose(label, await engine.read(output), expected, forward, floor);
  if (!reference.backward) return;

  const seed = randomArray(expected.shape, 77);
  const gradients = backward(output, { seed: engine.tensor(Float32Array.from(seed.data), seed.shape) });
  const expectedGradients = reference.backward(inputs, attributes, seed);
  for (const [index, wanted] of expectedGradients.entries()) {
    if (!wanted) continue;
    const gradient = gradients.get(tensors[index] as Tensor);
    expect(gradient, `${label}: gradient of input ${index}`).toBeDefined();
    expect(gradient?.shape).toEqual(wanted.shape);
    const values = await engine.read(gradient as Tensor);
    expectClose(`${label}: gradient of input ${index}`, values, wanted, backwardTolerance, floor);
  }
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
    expect(gradient.shape, `${reference.op}: the reference's gradient of input ${index}`).toEqual(
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
    expect(
      Math.abs(measured - claimed),
      `${reference.op}: reference gradient of input ${index} against differences`,
    ).toBeLessThanOrEqual((reference.differences ?? 1e-5) * scale + 10 * rounding);
  }
}
